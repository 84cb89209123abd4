import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Plug, Plus } from 'lucide-react'
import { cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { Connector, ConnectorScan } from '../api/shapes.ts'
import { ConnectorState, ScanState, transports } from '../components/connector-marks.tsx'
import { FilterChip, FilterSelect, SearchBox, Toolbar } from '../components/filters.tsx'
import { paths } from '../paths.ts'
import { buttonClass } from '../ui/button.tsx'
import { Empty, PageHead } from '../ui/page.tsx'
import { type Column, rowLink, Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'

const route = getRouteApi('/shell/connectors')

export async function loader(): Promise<void> {
  await cache.ensureQueryData(queries.servers())
}

const states = [
  { value: 'ok', label: 'Healthy' },
  { value: 'failing', label: 'Failing' },
  { value: 'needs_connection', label: 'Needs connection' },
  { value: 'draft', label: 'Draft' },
  { value: 'disabled', label: 'Disabled' },
]

const columns = (scans: ReadonlyMap<string, ConnectorScan> | undefined): readonly Column<Connector>[] => [
  {
    name: 'Name',
    width: 'md:w-[22%]',
    cell: (row) => (
      <Link {...paths.connector(row.id)} data-row className={rowLink}>
        {row.name}
      </Link>
    ),
  },
  { name: 'State', width: 'w-40', cell: (row) => <ConnectorState connector={row} /> },
  ...(scans === undefined
    ? []
    : [
        {
          name: 'Scan',
          width: 'w-36',
          extra: true,
          cell: (row: Connector) => <ScanState scan={scans.get(row.id)} />,
        },
      ]),
  {
    name: 'Transport',
    width: 'w-32',
    extra: true,
    cell: (row) => <span className="text-n11">{transports[row.transport]}</span>,
  },
  { name: 'About', extra: true, cell: (row) => <span className="text-n11">{row.description}</span> },
  {
    name: 'Changed',
    width: 'w-28',
    end: true,
    cell: (row) => (
      <span className="text-n11">
        <Time iso={row.updated_at} />
      </span>
    ),
  },
]

function fits(row: Connector, query: string | undefined, status: string | undefined): boolean {
  const text = `${row.name} ${row.description} ${row.slug}`.toLowerCase()
  if (query !== undefined && !text.includes(query.toLowerCase())) return false
  if (status === undefined) return true
  return status === row.status || (row.status === 'active' && status === row.health)
}

export function ConnectorsPage() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/connectors' })
  const me = useSuspenseQuery(queries.me()).data
  const all = useSuspenseQuery(queries.servers()).data.data
  const mayRead = me.capabilities.includes('connectors.read')
  const found = useQuery({ ...queries.connectorScans(), enabled: mayRead }).data?.data
  const scans = found === undefined ? undefined : new Map(found.map((scan) => [scan.server_id, scan]))
  const rows = all.filter((row: Connector) => fits(row, search.query, search.status))
  const add = me.capabilities.includes('connectors.write') && (
    <Link {...paths.connectorNew()} className={buttonClass('primary')}>
      <Plus aria-hidden="true" />
      Add connector
    </Link>
  )
  const set = (change: { query?: string | undefined; status?: string | undefined }) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  return (
    <>
      <PageHead
        title="Connectors"
        purpose="The MCP servers this workspace manages. Each has its own address, tools and rules."
        actions={all.length > 0 && add}
      />
      {all.length === 0 ? (
        <Empty icon={<Plug />} title="No connectors yet" action={add}>
          A connector is an MCP server: one that runs elsewhere and has a URL, or an npm package that this
          installation runs for you. Its tools reach people only through rules.
        </Empty>
      ) : (
        <>
          <Toolbar>
            <SearchBox label="Search connectors" value={search.query} onChange={(query) => set({ query })} />
            <FilterSelect
              label="State"
              value={search.status}
              options={states}
              onChange={(status) => set({ status })}
            />
            {search.status !== undefined && (
              <FilterChip
                name="State"
                value={states.find((state) => state.value === search.status)?.label ?? search.status}
                onRemove={() => set({ status: undefined })}
              />
            )}
          </Toolbar>
          {rows.length === 0 ? (
            <p className="py-10 text-center text-13 text-n11">No connector fits this search.</p>
          ) : (
            <Table label="Connectors" columns={columns(scans)} rows={rows} id={(row) => row.id} />
          )}
        </>
      )}
    </>
  )
}
