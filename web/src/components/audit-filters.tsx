import { useQuery } from '@tanstack/react-query'
import * as queries from '../api/queries.ts'
import type { AuditSearch } from '../paths.ts'
import { actionWords } from './audit-table.tsx'
import { FilterChip, FilterSelect, SearchBox, Toolbar } from './filters.tsx'
import { useNames } from './use-names.ts'

type Filters = Omit<AuditSearch, 'entry'>

const actions = [
  'tool_call_success',
  'tool_call_failure',
  'policy_denied',
  'tool_searched',
  'session_created',
  'authentication_failed',
  'server_created',
  'server_updated',
  'server_deleted',
  'policy_created',
  'policy_updated',
  'policy_deleted',
  'user_created',
  'user_updated',
  'user_deleted',
  'group_created',
  'group_updated',
  'group_deleted',
  'api_key_created',
  'api_key_revoked',
  'connection_updated',
]
const outcomes = ['success', 'failure', 'denied', 'pending', 'interrupted']
const hours: readonly (readonly [string, string, number])[] = [
  ['1', 'Last hour', 1],
  ['24', 'Last 24 hours', 24],
  ['168', 'Last 7 days', 168],
  ['720', 'Last 30 days', 720],
]
const named = (values: readonly string[]) => values.map((value) => ({ value, label: actionWords(value) }))
const moment = (iso: string) =>
  new Date(iso).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })

/** Filters live in the URL; those that hold show as chips that can be taken off one by one. */
export function AuditFilters({ filters, set }: { filters: Filters; set(change: AuditSearch): void }) {
  const names = useNames()
  const me = useQuery(queries.me()).data
  const servers = useQuery(queries.servers()).data?.data ?? []
  const people =
    useQuery({ ...queries.people(), enabled: me?.capabilities.includes('people.read') === true }).data
      ?.data ?? []
  const change = (name: keyof Filters) => (value: string | undefined) => set({ [name]: value } as AuditSearch)
  const shown: Record<keyof Filters, (value: string) => readonly [string, string]> = {
    action: (value) => ['Action', actionWords(value)],
    outcome: (value) => ['Outcome', actionWords(value)],
    actor_id: (value) => ['Actor', names.user(value)],
    agent_client_id: (value) => ['Agent', value],
    server_id: (value) => ['Connector', names.server(value)],
    correlation_id: (value) => ['Conversation', value],
    from: (value) => ['From', moment(value)],
    to: (value) => ['To', moment(value)],
  }
  const held = Object.entries(filters) as [keyof Filters, string][]
  return (
    <div className="grid gap-2">
      <Toolbar>
        <SearchBox
          narrow
          label="Conversation id"
          value={filters.correlation_id}
          onChange={change('correlation_id')}
        />
        <FilterSelect
          label="Action"
          value={filters.action}
          options={named(actions)}
          onChange={change('action')}
        />
        <FilterSelect
          label="Outcome"
          value={filters.outcome}
          options={named(outcomes)}
          onChange={change('outcome')}
        />
        <FilterSelect
          label="Connector"
          value={filters.server_id}
          options={servers.map((server) => ({ value: server.id, label: server.name }))}
          onChange={change('server_id')}
        />
        {people.length > 0 && (
          <FilterSelect
            label="Actor"
            value={filters.actor_id}
            options={people.map((user) => ({ value: user.id, label: user.name || user.email }))}
            onChange={change('actor_id')}
          />
        )}
        <FilterSelect
          label="Time"
          value={undefined}
          options={hours.map(([value, label]) => ({ value, label }))}
          onChange={(value) => {
            const span = hours.find(([key]) => key === value)?.[2]
            if (span !== undefined) set({ from: new Date(Date.now() - span * 3_600_000).toISOString() })
          }}
        />
      </Toolbar>
      {held.length > 0 && (
        <div className="flex flex-wrap items-center gap-1.5">
          {held.map(([name, value]) => {
            const [label, words] = shown[name](value)
            return (
              <FilterChip key={name} name={label} value={words} onRemove={() => change(name)(undefined)} />
            )
          })}
          <button
            type="button"
            className="h-7 rounded px-2 text-12 text-n11 hover:text-n12"
            onClick={() => set(Object.fromEntries(held.map(([name]) => [name, undefined])) as AuditSearch)}
          >
            Clear all
          </button>
        </div>
      )}
    </div>
  )
}
