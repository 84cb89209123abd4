import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../api/client.ts'
import { fieldError } from '../api/errors.ts'
import * as queries from '../api/queries.ts'
import { FormDialog } from '../components/form-dialog.tsx'
import { useChange } from '../components/use-change.ts'
import { TextField } from '../ui/field.tsx'
import { Picker } from '../ui/picker.tsx'

export function DelegationForm({ onClose }: { onClose(): void }) {
  const servers = useQuery(queries.servers()).data?.data ?? []
  const [agent, setAgent] = useState('')
  const [ids, setIds] = useState<string[]>([])
  const create = useChange({
    run: () =>
      api.call('createDelegation', {
        body: { agent_account_id: agent.trim(), ...(ids.length === 0 ? {} : { server_ids: ids }) },
      }),
    done: 'The agent may act for you',
    after: onClose,
  })
  const why = agent.trim() === '' ? 'Say which agent first' : undefined
  return (
    <FormDialog
      title="Let an agent act for you"
      about="For 90 days, renewable. It may do what both of you may, never more than you, and you can end it at any time."
      verb="Let it act for me"
      why={why}
      change={create}
      onClose={onClose}
    >
      <TextField
        label="Agent"
        mono
        required
        autoComplete="off"
        placeholder="client_…"
        hint="Its client id. Whoever runs the agent can tell you."
        value={agent}
        error={fieldError(create.error, 'agent_account_id')}
        onChange={(event) => setAgent(event.target.value)}
      />
      <div className="grid gap-1.5">
        <span className="text-13 font-medium" aria-hidden="true">
          Connectors
        </span>
        <div>
          <Picker
            label="Connectors"
            placeholder="all that both of you may use"
            many
            options={servers.map(({ id, name }) => ({ value: id, label: name }))}
            value={ids}
            onChange={setIds}
          />
        </div>
      </div>
    </FormDialog>
  )
}
