import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Bot, Plus } from 'lucide-react'
import { cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { AgentAccount } from '../api/shapes.ts'
import { AgentDrawer } from '../components/agent-drawer.tsx'
import { AgentState } from '../components/agent-state.tsx'
import { SearchBox, Toolbar } from '../components/filters.tsx'
import { AgentForm } from '../forms/agent-form.tsx'
import { paths } from '../paths.ts'
import { Button } from '../ui/button.tsx'
import { Empty, PageHead } from '../ui/page.tsx'
import { type Column, rowLink, Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'

const route = getRouteApi('/shell/agents')

export async function loader(): Promise<void> {
  await cache.ensureQueryData(queries.agents())
}

const columns: readonly Column<AgentAccount>[] = [
  {
    name: 'Name',
    width: 'md:w-[26%]',
    cell: (row) => (
      <Link {...paths.agent(row.id)} data-row className={`${rowLink} truncate`}>
        {row.name}
      </Link>
    ),
  },
  { name: 'State', width: 'w-36', cell: (row) => <AgentState agent={row} /> },
  { name: 'Owner', cell: (row) => row.owner_email ?? 'Nobody' },
  { name: 'Created', width: 'w-28', extra: true, cell: (row) => <Time iso={row.created_at} /> },
  { name: 'Last used', width: 'w-28', cell: (row) => <Time iso={row.last_used_at} /> },
  {
    name: 'From',
    width: 'w-36',
    extra: true,
    cell: (row) => <span className="font-mono text-12 text-n11">{row.last_used_ip ?? ''}</span>,
  },
]

export function AgentsPage() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/agents' })
  const me = useSuspenseQuery(queries.me()).data
  const all = useSuspenseQuery(queries.agents()).data.data
  const set = (change: {
    query?: string | undefined
    agent?: string | undefined
    new?: string | undefined
  }) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const writes = me.capabilities.includes('agent_accounts.write')
  const rows = all.filter(
    ({ name }) => search.query === undefined || name.toLowerCase().includes(search.query.toLowerCase()),
  )
  const open = all.find(({ id }) => id === search.agent)
  const add = writes && (
    <Button look="primary" icon={<Plus aria-hidden="true" />} onClick={() => set({ new: '1' })}>
      Make agent account
    </Button>
  )
  return (
    <>
      <PageHead
        title="Agent accounts"
        purpose="Programs that work by themselves. Each signs in with its own credential and may use only what rules for it or for everyone allow."
        actions={add}
      />
      <Toolbar>
        <SearchBox label="Search agents" value={search.query} onChange={(query) => set({ query })} />
      </Toolbar>
      {rows.length === 0 ? (
        <Empty
          icon={<Bot />}
          title={search.query === undefined ? 'No agent accounts yet' : 'No agent fits this search'}
          action={search.query === undefined && add}
        >
          Make one for each program, so that stopping one leaves the others alone.
        </Empty>
      ) : (
        <Table
          label="Agent accounts"
          columns={columns}
          rows={rows}
          id={(row) => row.id}
          selected={search.agent}
        />
      )}
      {search.new !== undefined && <AgentForm onClose={() => set({ new: undefined })} />}
      {open !== undefined && (
        <AgentDrawer key={open.id} agent={open} writes={writes} onClose={() => set({ agent: undefined })} />
      )}
    </>
  )
}
