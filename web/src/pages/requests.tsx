import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Inbox } from 'lucide-react'
import { useState } from 'react'
import { api, cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { AdminRequest } from '../api/shapes.ts'
import { ConfirmChange } from '../components/confirm-change.tsx'
import { RedirectRules } from '../components/redirect-rules.tsx'
import { Button } from '../ui/button.tsx'
import { Segments } from '../ui/choice.tsx'
import { TextField } from '../ui/field.tsx'
import { Empty, PageHead } from '../ui/page.tsx'
import { type Column, overRow, Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'

const route = getRouteApi('/shell/requests')

export async function loader(status: string | undefined): Promise<void> {
  await Promise.all([cache.ensureQueryData(queries.requests(status)), cache.ensureQueryData(queries.me())])
}

type Verdict = 'approve' | 'reject'
type Open = { request: AdminRequest; verdict: Verdict }

const kinds: Readonly<Record<string, string>> = { redirect_uri: 'Redirect URI of a client' }
const states = { pending: 'Pending', approved: 'Approved', rejected: 'Rejected' }

function columns(open: ((wanted: Open) => void) | undefined): readonly Column<AdminRequest>[] {
  return [
    { name: 'What', width: 'w-44', cell: (row) => kinds[row.kind] ?? row.kind },
    {
      name: 'Subject',
      cell: (row) => (
        <span className="grid gap-0.5">
          <span className="font-mono text-12 wrap-anywhere">{row.subject}</span>
          <span className="text-12 text-n11">
            {[row.detail['client_name'], row.reason]
              .filter((each) => typeof each === 'string' && each)
              .join(': ')}
          </span>
        </span>
      ),
    },
    { name: 'From', width: 'w-48', extra: true, cell: (row) => row.requested_by.email ?? '' },
    { name: 'Asked', width: 'w-28', extra: true, cell: (row) => <Time iso={row.created_at} /> },
    {
      name: 'State',
      width: 'w-44',
      end: true,
      cell: (row) =>
        row.status !== 'pending' || open === undefined ? (
          states[row.status]
        ) : (
          <span className={overRow}>
            {(['approve', 'reject'] as const).map((verdict) => (
              <Button
                key={verdict}
                size="small"
                look="quiet"
                data-row
                aria-label={`${verdict === 'approve' ? 'Approve' : 'Reject'} ${row.subject}`}
                onClick={() => open({ request: row, verdict })}
              >
                {verdict === 'approve' ? 'Approve' : 'Reject'}
              </Button>
            ))}
          </span>
        ),
    },
  ]
}

function Decide({ request, verdict, onClose }: Open & { onClose(): void }) {
  const [note, setNote] = useState('')
  return (
    <ConfirmChange
      title={`${verdict === 'approve' ? 'Approve' : 'Reject'} ${request.subject}`}
      about={
        verdict === 'approve'
          ? 'Whoever is added here receives tokens for everybody who agrees to a client with this address. Check that it belongs to the maker of that client.'
          : 'Whoever asked sees the refusal and your note. The address stays without a rule; block it below to refuse it for good.'
      }
      verb={verdict === 'approve' ? 'Approve request' : 'Reject request'}
      run={() =>
        api.call(verdict === 'approve' ? 'approveRequest' : 'rejectRequest', {
          params: { id: request.id },
          body: { note: note.trim() },
        })
      }
      done={verdict === 'approve' ? 'Request approved' : 'Request rejected'}
      onClose={onClose}
    >
      <TextField label="Note" value={note} onChange={(event) => setNote(event.target.value)} />
    </ConfirmChange>
  )
}

export function RequestsPage() {
  const { status } = route.useSearch()
  const navigate = useNavigate({ from: '/requests' })
  const me = useSuspenseQuery(queries.me()).data
  const rows = useSuspenseQuery(queries.requests(status)).data.data
  const [open, setOpen] = useState<Open>()
  const decides = me.capabilities.includes('requests.decide')
  return (
    <>
      <PageHead
        title="Requests"
        purpose={
          decides
            ? 'What people asked for. Your answer holds from the next request on.'
            : 'What you asked an administrator for.'
        }
      />
      <Segments
        legend="State"
        value={status === 'all' ? 'all' : 'pending'}
        options={[
          { value: 'pending', label: 'Pending' },
          { value: 'all', label: 'All' },
        ]}
        onChange={(next) => void navigate({ search: next === 'all' ? { status: 'all' } : {}, replace: true })}
      />
      {rows.length === 0 ? (
        <Empty icon={<Inbox />} title={status === 'all' ? 'Nobody asked for anything yet' : 'Nothing waits'}>
          When a client wants to be sent to an address nobody judged, the person using it asks here.
        </Empty>
      ) : (
        <Table
          label="Requests"
          columns={columns(decides ? setOpen : undefined)}
          rows={rows}
          id={(row) => row.id}
        />
      )}
      {me.capabilities.includes('requests.read') && <RedirectRules mayChange={decides} />}
      {open !== undefined && <Decide {...open} onClose={() => setOpen(undefined)} />}
    </>
  )
}
