import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import { api, cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { ApiKey } from '../api/shapes.ts'
import { ConfirmChange } from '../components/confirm-change.tsx'
import { SearchBox, Toolbar } from '../components/filters.tsx'
import { RowButton } from '../components/row-button.tsx'
import { useNames } from '../components/use-names.ts'
import { KeyForm } from '../forms/key-form.tsx'
import { Button } from '../ui/button.tsx'
import { Segments } from '../ui/choice.tsx'
import { Empty, PageHead } from '../ui/page.tsx'
import { type Column, Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'

const route = getRouteApi('/shell/keys')

export async function loader(): Promise<void> {
  await cache.ensureQueryData(queries.keys())
}

const roleNames: Record<NonNullable<ApiKey['role']>, string> = {
  deploy: 'Deploy',
  detect_scan: 'Detect Scan',
  security_scan: 'Security Scan',
  management: 'Management',
}

/** Whom a key acts as, in words. */
function belongsTo(key: ApiKey, owner: (id: string) => string): string {
  if (key.user_id !== null) return owner(key.user_id)
  if (key.kind === 'enrollment') return 'Workspace: Enrollment'
  if (key.role === null) return 'Workspace'
  const role = roleNames[key.role]
  return key.platform_role === null ? `Workspace: ${role}` : `Workspace: ${role} as ${key.platform_role}`
}

function columns(
  owner: ((id: string) => string) | undefined,
  revoke: (key: ApiKey) => void,
): readonly Column<ApiKey>[] {
  return [
    { name: 'Name', width: 'md:w-[26%]', cell: (row) => <span className="font-medium">{row.name}</span> },
    ...(owner === undefined ? [] : [{ name: 'Owner', cell: (row: ApiKey) => belongsTo(row, owner) }]),
    { name: 'Created', width: 'w-28', extra: true, cell: (row) => <Time iso={row.created_at} /> },
    { name: 'Last used', width: 'w-28', cell: (row) => <Time iso={row.last_used_at} /> },
    {
      name: 'From',
      width: 'w-36',
      extra: true,
      cell: (row) => <span className="font-mono text-12 text-n11">{row.last_used_ip ?? ''}</span>,
    },
    { name: 'Expires', width: 'w-28', extra: true, cell: (row) => <Time iso={row.expires_at} /> },
    {
      name: 'Revoke',
      width: 'w-24',
      end: true,
      cell: (row) => (
        <RowButton label={`Revoke ${row.name}`} onPress={() => revoke(row)}>
          Revoke
        </RowButton>
      ),
    },
  ]
}

export function KeysPage() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/keys' })
  const me = useSuspenseQuery(queries.me()).data
  const all = useSuspenseQuery(queries.keys()).data.data
  const names = useNames()
  const [ending, setEnding] = useState<ApiKey>()
  const set = (change: {
    query?: string | undefined
    whose?: string | undefined
    new?: string | undefined
  }) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const seesOthers = ['keys.manage', 'organization_keys.read', 'deploy_keys.write'].some((one) =>
    me.capabilities.includes(one),
  )
  const everyone = seesOthers && search.whose === 'all'
  const rows = all.filter(
    (key) =>
      (everyone || key.user_id === me.id) &&
      (search.query === undefined || key.name.toLowerCase().includes(search.query.toLowerCase())),
  )
  const add = (
    <Button look="primary" icon={<Plus aria-hidden="true" />} onClick={() => set({ new: '1' })}>
      Create key
    </Button>
  )
  return (
    <>
      <PageHead
        title="API keys"
        purpose="A key lets an AI client or a script act as its owner, or a pipeline act for the workspace within one role. The secret is shown once, when it is made."
        actions={add}
      />
      <Toolbar>
        <SearchBox label="Search keys" value={search.query} onChange={(query) => set({ query })} />
        {seesOthers && (
          <Segments
            legend="Whose keys"
            value={everyone ? 'all' : 'mine'}
            options={[
              { value: 'mine', label: 'Mine' },
              { value: 'all', label: 'Everybody’s' },
            ]}
            onChange={(whose) => set({ whose: whose === 'all' ? 'all' : undefined })}
          />
        )}
      </Toolbar>
      {rows.length === 0 ? (
        <Empty
          icon={<KeyRound />}
          title={search.query === undefined ? 'No keys yet' : 'No key fits this search'}
          action={search.query === undefined && add}
        >
          Make one key per client, so that revoking one leaves the others alone.
        </Empty>
      ) : (
        <Table
          label="API keys"
          columns={columns(everyone ? names.user : undefined, setEnding)}
          rows={rows}
          id={(row) => row.id}
        />
      )}
      {search.new !== undefined && <KeyForm me={me} onClose={() => set({ new: undefined })} />}
      {ending !== undefined && (
        <ConfirmChange
          title={`Revoke ${ending.name}`}
          about="Whatever uses it is refused from the next request on. This cannot be undone."
          verb="Revoke key"
          run={() => api.call('deleteApiKey', { params: { id: ending.id } })}
          done="Key revoked"
          onClose={() => setEnding(undefined)}
        />
      )}
    </>
  )
}
