import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Handshake, Plus } from 'lucide-react'
import { useState } from 'react'
import { api, cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { Delegation } from '../api/shapes.ts'
import { ConfirmChange } from '../components/confirm-change.tsx'
import { LentSignIns } from '../components/lent-sign-ins.tsx'
import { useChange } from '../components/use-change.ts'
import { useNames } from '../components/use-names.ts'
import { DelegationForm } from '../forms/delegation-form.tsx'
import { Button } from '../ui/button.tsx'
import { Empty, PageHead } from '../ui/page.tsx'
import { Badge } from '../ui/status.tsx'
import { type Column, overRow, Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'

const route = getRouteApi('/shell/delegations')

export async function loader(): Promise<void> {
  await Promise.all([
    cache.ensureQueryData(queries.delegations()),
    cache.ensureQueryData(queries.sessionGrants()),
  ])
}

const states = { active: 'good', expired: 'warning', revoked: 'none' } as const
const words = { active: 'In force', expired: 'Expired', revoked: 'Revoked' } as const

function columns(
  server: (id: string) => string,
  act: { renew(row: Delegation): void; end(row: Delegation): void },
): readonly Column<Delegation>[] {
  return [
    {
      name: 'Agent',
      width: 'md:w-[22%]',
      cell: (row) => <span className="font-medium">{row.agent_name}</span>,
    },
    {
      name: 'State',
      width: 'w-28',
      cell: (row) => <Badge meaning={states[row.status]}>{words[row.status]}</Badge>,
    },
    {
      name: 'Connectors',
      extra: true,
      cell: (row) => row.server_ids?.map(server).join(', ') ?? 'All that both of you may use',
    },
    { name: 'Last used', width: 'w-28', cell: (row) => <Time iso={row.last_used_at} /> },
    { name: 'Ends', width: 'w-28', extra: true, cell: (row) => <Time iso={row.expires_at} /> },
    {
      name: 'Renew or revoke',
      width: 'w-44',
      end: true,
      cell: (row) =>
        row.status !== 'revoked' && (
          <span className={`${overRow} flex justify-end gap-1`}>
            <Button
              size="small"
              look="quiet"
              aria-label={`Renew ${row.agent_name}`}
              onClick={() => act.renew(row)}
            >
              Renew
            </Button>
            <Button
              size="small"
              look="quiet"
              data-row
              aria-label={`Revoke ${row.agent_name}`}
              onClick={() => act.end(row)}
            >
              Revoke
            </Button>
          </span>
        ),
    },
  ]
}

export function DelegationsPage() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/delegations' })
  const rows = useSuspenseQuery(queries.delegations()).data.data
  const names = useNames()
  const [ending, setEnding] = useState<Delegation>()
  const set = (isNew: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, new: isNew }), replace: true })
  const renew = useChange({
    run: ({ id }: Delegation) => api.call('updateDelegation', { params: { id }, body: { renew: true } }),
    done: 'Renewed for 90 days',
    loud: true,
  })
  const add = (
    <Button look="primary" icon={<Plus aria-hidden="true" />} onClick={() => set('1')}>
      Let an agent act for you
    </Button>
  )
  return (
    <>
      <PageHead
        title="Delegations"
        purpose="Agents you let act for you. Each may do only what both of you may, and what it does stands in your own audit."
        actions={add}
      />
      {rows.length === 0 ? (
        <Empty icon={<Handshake />} title="No agent acts for you" action={add}>
          An agent with an account here can act for you once you let it. You can end that at any time.
        </Empty>
      ) : (
        <Table
          label="Delegations"
          columns={columns(names.server, { renew: renew.mutate, end: setEnding })}
          rows={rows}
          id={(row) => row.id}
        />
      )}
      <LentSignIns delegations={rows.filter(({ status }) => status === 'active')} />
      {search.new !== undefined && <DelegationForm onClose={() => set(undefined)} />}
      {ending !== undefined && (
        <ConfirmChange
          title={`Stop ${ending.agent_name} acting for you`}
          about="It is refused from its next request on, and the sign-ins you lent it are taken back."
          verb="Revoke delegation"
          run={() => api.call('revokeDelegation', { params: { id: ending.id } })}
          done="Delegation revoked"
          onClose={() => setEnding(undefined)}
        />
      )}
    </>
  )
}
