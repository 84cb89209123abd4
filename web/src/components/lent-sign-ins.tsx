import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { Delegation } from '../api/shapes.ts'
import { Button } from '../ui/button.tsx'
import { SelectField } from '../ui/field.tsx'
import { Section } from '../ui/page.tsx'
import { Time } from '../ui/time.tsx'
import { useChange } from './use-change.ts'
import { useNames } from './use-names.ts'

/** Which of the person's own sign-ins at connectors their agents may use. */
export function LentSignIns({ delegations }: { delegations: readonly Delegation[] }) {
  const grants = useSuspenseQuery(queries.sessionGrants()).data.data
  const names = useNames()
  const takeBack = useChange({
    run: (id: string) => api.call('revokeSessionGrant', { params: { id } }),
    done: 'Taken back',
    loud: true,
  })
  if (delegations.length === 0) return null
  return (
    <Section title="Sign-ins you lend">
      <ul className="grid gap-1 text-13">
        {grants.length === 0 && (
          <li className="text-n11">
            None. An agent that acts for you cannot use connectors that need your own sign-in.
          </li>
        )}
        {grants.map((grant) => (
          <li key={grant.id} className="flex flex-wrap items-center gap-2">
            <span>
              <span className="font-medium">{names.server(grant.server_id)}</span> to {grant.agent_name}, last
              used <Time iso={grant.last_used_at} />, ends <Time iso={grant.expires_at} />
            </span>
            <Button
              size="small"
              look="quiet"
              aria-label={`Take ${names.server(grant.server_id)} back from ${grant.agent_name}`}
              onClick={() => takeBack.mutate(grant.id)}
            >
              Take back
            </Button>
          </li>
        ))}
      </ul>
      <Lend delegations={delegations} />
    </Section>
  )
}

function Lend({ delegations }: { delegations: readonly Delegation[] }) {
  const servers = useQuery(queries.servers()).data?.data ?? []
  const [agent, setAgent] = useState(delegations[0]?.id ?? '')
  const [server, setServer] = useState('')
  const lend = useChange({
    run: () => api.call('createSessionGrant', { body: { delegation_id: agent, server_id: server } }),
    done: 'Lent for 90 days',
    loud: true,
  })
  return (
    <form
      noValidate
      className="mt-3 flex flex-wrap items-end gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        if (server !== '') lend.mutate(undefined)
      }}
    >
      <SelectField
        label="Lend your sign-in at"
        value={server}
        options={[
          { value: '', label: 'Choose a connector' },
          ...servers.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        onChange={(event) => setServer(event.target.value)}
      />
      <SelectField
        label="To"
        value={agent}
        options={delegations.map(({ id, agent_name }) => ({ value: id, label: agent_name }))}
        onChange={(event) => setAgent(event.target.value)}
      />
      <Button
        type="submit"
        busy={lend.isPending}
        why={server === '' ? 'Choose a connector first' : undefined}
      >
        Lend
      </Button>
    </form>
  )
}
