import { useSuspenseQuery } from '@tanstack/react-query'
import { Cable } from 'lucide-react'
import { useState } from 'react'
import { api, cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { ConnectedClient } from '../api/shapes.ts'
import { ConfirmChange } from '../components/confirm-change.tsx'
import { RowButton } from '../components/row-button.tsx'
import { Empty, PageHead } from '../ui/page.tsx'
import { type Column, Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'

export async function loader(): Promise<void> {
  await cache.ensureQueryData(queries.connectedClients())
}

const nameOf = (client: ConnectedClient) => client.client_name || client.client_id

function columns(end: (client: ConnectedClient) => void): readonly Column<ConnectedClient>[] {
  return [
    {
      name: 'Client',
      width: 'md:w-[24%]',
      cell: (row) => <span className="font-medium">{nameOf(row)}</span>,
    },
    {
      name: 'Address',
      cell: (row) => <span className="font-mono text-12 text-n11">{row.redirect_uri}</span>,
    },
    {
      name: 'May use',
      extra: true,
      cell: (row) => row.resources.map(({ name }) => name).join(', '),
    },
    { name: 'Connected', width: 'w-28', extra: true, cell: (row) => <Time iso={row.created_at} /> },
    { name: 'Last used', width: 'w-28', cell: (row) => <Time iso={row.last_used_at} /> },
    {
      name: 'Disconnect',
      width: 'w-28',
      end: true,
      cell: (row) => (
        <RowButton label={`Disconnect ${nameOf(row)}`} onPress={() => end(row)}>
          Disconnect
        </RowButton>
      ),
    },
  ]
}

export function ClientsPage() {
  const rows = useSuspenseQuery(queries.connectedClients()).data.data
  const [ending, setEnding] = useState<ConnectedClient>()
  return (
    <>
      <PageHead
        title="Connected clients"
        purpose="AI clients you signed in from. Each acts as you, within what you may use, until you disconnect it."
      />
      {rows.length === 0 ? (
        <Empty icon={<Cable />} title="No clients yet">
          Add the MCP address to an AI client; it opens a page here where you agree.
        </Empty>
      ) : (
        <Table label="Connected clients" columns={columns(setEnding)} rows={rows} id={(row) => row.id} />
      )}
      {ending !== undefined && (
        <ConfirmChange
          title={`Disconnect ${nameOf(ending)}`}
          about="It is refused from its next request on, on every machine you use it on. You can connect it again."
          verb="Disconnect client"
          run={() => api.call('disconnectClient', { params: { id: ending.id } })}
          done="Client disconnected"
          onClose={() => setEnding(undefined)}
        />
      )}
    </>
  )
}
