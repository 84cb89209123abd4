import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../api/client.ts'
import type { AgentAccount } from '../api/shapes.ts'
import { AgentSecret } from '../forms/agent-form.tsx'
import { MemberPicker } from '../forms/member-picker.tsx'
import { paths } from '../paths.ts'
import { Button } from '../ui/button.tsx'
import { CopyTextButton } from '../ui/copy.tsx'
import { Drawer } from '../ui/drawer.tsx'
import { Section } from '../ui/page.tsx'
import { Time } from '../ui/time.tsx'
import { AgentState } from './agent-state.tsx'
import { ConfirmChange } from './confirm-change.tsx'
import { useChange } from './use-change.ts'
import { useNames } from './use-names.ts'

export function AgentDrawer(props: { agent: AgentAccount; writes: boolean; onClose(): void }) {
  const { agent, writes, onClose } = props
  return (
    <Drawer
      title={agent.name}
      subtitle={agent.description === '' ? undefined : agent.description}
      onClose={onClose}
    >
      <SignIn agent={agent} writes={writes} />
      <Owner agent={agent} writes={writes} />
      <Section title="What it did">
        <p className="text-13">
          <Link
            {...paths.audit({ agent_client_id: agent.client_id })}
            className="text-accent underline underline-offset-2"
          >
            Its entries in the audit, for itself and for people
          </Link>
        </p>
      </Section>
      {writes && <Ending agent={agent} onClose={onClose} />}
    </Drawer>
  )
}

function SignIn({ agent, writes }: { agent: AgentAccount; writes: boolean }) {
  const [asking, setAsking] = useState(false)
  const [secret, setSecret] = useState<string>()
  return (
    <Section title="How it signs in">
      <div className="grid gap-2 text-13">
        <div className="flex flex-wrap items-center gap-2">
          <span className="font-mono text-12 break-all">{agent.client_id}</span>
          <CopyTextButton text={agent.client_id}>Copy client id</CopyTextButton>
        </div>
        <p>
          {agent.auth_method === 'client_secret'
            ? 'By a client secret, made '
            : `By ${agent.public_keys.length === 1 ? 'its own key' : 'its own keys'}, set `}
          <Time iso={agent.rotated_at} />. Last used <Time iso={agent.last_used_at} />
          {agent.last_used_ip === null ? '' : ` from ${agent.last_used_ip}`}.
        </p>
        {writes && (
          <div>
            <Button onClick={() => setAsking(true)}>
              {agent.auth_method === 'client_secret' ? 'Rotate secret' : 'Use a secret instead'}
            </Button>
          </div>
        )}
      </div>
      {asking && (
        <ConfirmChange
          title={`Make a new secret for ${agent.name}`}
          about="What it signs in with now, and every token it holds, is refused from the next request on."
          verb="Make new secret"
          run={() => api.call('rotateAgentAccount', { params: { id: agent.id } })}
          after={(made) => setSecret(made.secret ?? undefined)}
          onClose={() => setAsking(false)}
        />
      )}
      {secret !== undefined && (
        <AgentSecret clientId={agent.client_id} secret={secret} onClose={() => setSecret(undefined)} />
      )}
    </Section>
  )
}

function Owner({ agent, writes }: { agent: AgentAccount; writes: boolean }) {
  const names = useNames()
  const [ids, setIds] = useState<string[]>([])
  const [next] = ids
  const save = useChange({
    run: () =>
      api.call('updateAgentAccount', {
        params: { id: agent.id },
        body: next === undefined ? {} : { owner_id: next },
      }),
    done: 'Owner changed',
    loud: true,
    after: () => setIds([]),
  })
  return (
    <Section title="Who answers for it">
      <p className="text-13">
        {agent.owner_id === null
          ? 'Nobody, so it stands still.'
          : (agent.owner_email ?? names.user(agent.owner_id))}
      </p>
      {writes && (
        <>
          <MemberPicker label="New owner" value={ids} onChange={(chosen) => setIds(chosen.slice(-1))} />
          <div>
            <Button
              busy={save.isPending}
              why={next === undefined ? 'Choose somebody first' : undefined}
              onClick={() => save.mutate(undefined)}
            >
              Hand over
            </Button>
          </div>
        </>
      )}
    </Section>
  )
}

function Ending({ agent, onClose }: { agent: AgentAccount; onClose(): void }) {
  const [asking, setAsking] = useState(false)
  const status = agent.status === 'active' ? 'disabled' : 'active'
  const turn = useChange({
    run: () => api.call('updateAgentAccount', { params: { id: agent.id }, body: { status } }),
    done: status === 'active' ? 'Agent may work again' : 'Agent stopped',
    loud: true,
  })
  return (
    <Section title="Stop or delete">
      <div className="flex flex-wrap items-center gap-2">
        <AgentState agent={agent} />
        <Button busy={turn.isPending} onClick={() => turn.mutate(undefined)}>
          {status === 'active' ? 'Let it work' : 'Stop it'}
        </Button>
        <Button look="danger" onClick={() => setAsking(true)}>
          Delete account
        </Button>
      </div>
      {asking && (
        <ConfirmChange
          title={`Delete ${agent.name}`}
          about="Its tokens are refused from the next request on. Its audit stays. This cannot be undone."
          verb="Delete account"
          run={() => api.call('deleteAgentAccount', { params: { id: agent.id } })}
          done="Agent account deleted"
          after={onClose}
          onClose={() => setAsking(false)}
        />
      )}
    </Section>
  )
}
