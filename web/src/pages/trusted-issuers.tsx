import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { BadgeCheck, Plus } from 'lucide-react'
import { useState } from 'react'
import { api, cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { TrustedIssuer } from '../api/shapes.ts'
import { ConfirmChange } from '../components/confirm-change.tsx'
import { RowButton } from '../components/row-button.tsx'
import { IssuerForm } from '../forms/issuer-form.tsx'
import { Button } from '../ui/button.tsx'
import { Empty, PageHead } from '../ui/page.tsx'
import { type Column, Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'

const route = getRouteApi('/shell/trusted-issuers')

export async function loader(): Promise<void> {
  await cache.ensureQueryData(queries.trustedIssuers())
}

function columns(end: (issuer: TrustedIssuer) => void): readonly Column<TrustedIssuer>[] {
  return [
    { name: 'Issuer', cell: (row) => <span className="truncate font-mono text-12">{row.issuer}</span> },
    { name: 'Algorithms', width: 'w-36', extra: true, cell: (row) => row.algorithms.join(', ') },
    {
      name: 'Finds people by',
      width: 'w-44',
      extra: true,
      cell: (row) => (row.link_by_email ? 'Sign-in, then email' : 'Sign-in'),
    },
    { name: 'Trusted', width: 'w-28', cell: (row) => <Time iso={row.created_at} /> },
    {
      name: 'End',
      width: 'w-28',
      end: true,
      cell: (row) => (
        <RowButton label={`Trust ${row.issuer} no longer`} onPress={() => end(row)}>
          End trust
        </RowButton>
      ),
    },
  ]
}

export function TrustedIssuersPage() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/trusted-issuers' })
  const rows = useSuspenseQuery(queries.trustedIssuers()).data.data
  const [ending, setEnding] = useState<TrustedIssuer>()
  const open = (adding: boolean) =>
    void navigate({ search: { new: adding ? '1' : undefined }, replace: true })
  const add = (
    <Button look="primary" icon={<Plus aria-hidden="true" />} onClick={() => open(true)}>
      Trust an issuer
    </Button>
  )
  return (
    <>
      <PageHead
        title="Trusted issuers"
        purpose="Identity providers whose assertions connect AI clients for their people, without asking each of them."
        actions={rows.length > 0 && add}
      />
      {rows.length === 0 ? (
        <Empty icon={<BadgeCheck />} title="No issuer is trusted" action={add}>
          People agree to each AI client themselves. With enterprise-managed authorization your identity
          provider does it for them.
        </Empty>
      ) : (
        <Table label="Trusted issuers" columns={columns(setEnding)} rows={rows} id={(row) => row.id} />
      )}
      {search.new !== undefined && <IssuerForm onClose={() => open(false)} />}
      {ending !== undefined && (
        <ConfirmChange
          title="End the trust"
          about={`Clients that ${ending.issuer} connected are refused from their next request on. You can trust it again.`}
          verb="End trust"
          run={() => api.call('deleteTrustedIssuer', { params: { id: ending.id } })}
          done="Trust ended"
          onClose={() => setEnding(undefined)}
        />
      )}
    </>
  )
}
