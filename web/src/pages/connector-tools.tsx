import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Wrench } from 'lucide-react'
import * as queries from '../api/queries.ts'
import type { Connector, Me, ServerTool } from '../api/shapes.ts'
import { ToolState } from '../components/connector-marks.tsx'
import { FilterChip, FilterSelect, SearchBox, Toolbar } from '../components/filters.tsx'
import { ToolDrawer } from '../components/tool-drawer.tsx'
import { paths } from '../paths.ts'
import { Empty } from '../ui/page.tsx'
import { Reveal } from '../ui/reveal.tsx'
import { type Column, rowLink, Table } from '../ui/table.tsx'

const route = getRouteApi('/shell/connectors/$serverId/$tab')

const states = [
  { value: 'active', label: 'Active' },
  { value: 'quarantined', label: 'Waits for review' },
  { value: 'gone', label: 'No longer offered' },
]

function columns(serverId: string): readonly Column<ServerTool>[] {
  return [
    {
      name: 'Tool',
      width: 'md:w-[32%]',
      cell: (row) => (
        <Link
          {...paths.connectorTool(serverId, row.name)}
          data-row
          className={`${rowLink} font-mono text-12`}
        >
          {row.name}
        </Link>
      ),
    },
    { name: 'State', width: 'w-40', cell: (row) => <ToolState state={row.state} /> },
    {
      name: 'Description, in the words of the server',
      extra: true,
      cell: (row) => (
        <span className="text-n11">
          <Reveal text={row.description.replace(/\s+/g, ' ')} limit={160} inline />
        </span>
      ),
    },
  ]
}

export function ConnectorTools({ connector, me }: { connector: Connector; me: Me }) {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/connectors/$serverId/$tab' })
  const tools = useQuery(queries.serverTools(connector.id)).data?.data ?? []
  const set = (change: {
    query?: string | undefined
    state?: string | undefined
    tool?: string | undefined
  }) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const rows = tools.filter(
    (tool) =>
      (search.state === undefined || tool.state === search.state) &&
      (search.query === undefined ||
        `${tool.name} ${tool.description}`.toLowerCase().includes(search.query.toLowerCase())),
  )
  const open = tools.find((tool) => tool.name === search.tool)
  if (tools.length === 0) {
    return (
      <Empty icon={<Wrench />} title="No tools learned yet">
        Tools appear as soon as the server answers. Whatever changes later waits here for review, with its
        definition before and after.
      </Empty>
    )
  }
  return (
    <>
      <Toolbar>
        <SearchBox label="Search tools" value={search.query} onChange={(query) => set({ query })} />
        <FilterSelect
          label="State"
          value={search.state}
          options={states}
          onChange={(state) => set({ state })}
        />
        {search.state !== undefined && (
          <FilterChip
            name="State"
            value={states.find((state) => state.value === search.state)?.label}
            onRemove={() => set({ state: undefined })}
          />
        )}
      </Toolbar>
      {rows.length === 0 ? (
        <p className="py-10 text-center text-13 text-n11">No tool fits this search.</p>
      ) : (
        <Table
          label="Tools"
          columns={columns(connector.id)}
          rows={rows}
          id={(row) => row.name}
          selected={search.tool}
        />
      )}
      {open !== undefined && (
        <ToolDrawer connector={connector} tool={open} me={me} onClose={() => set({ tool: undefined })} />
      )}
    </>
  )
}
