import { useState } from 'react'
import { api } from '../api/client.ts'
import type { Connection, Connector } from '../api/shapes.ts'
import { Button } from '../ui/button.tsx'
import { Panel, Section } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { Time } from '../ui/time.tsx'
import { ConfirmChange } from './confirm-change.tsx'
import { TroubleNote } from './trouble-note.tsx'
import { useChange } from './use-change.ts'

const states = {
  connected: ['good', 'Connected'],
  ended: ['danger', 'Ended: connect again'],
  needs_sign_in: ['warning', 'Not connected'],
  needs_values: ['warning', 'Not connected'],
  not_needed: ['none', 'Not connected'],
} as const

/** The sign-in at a connector's upstream: how it stands, and the ways to make and to end it. */
export function UpstreamSignIn({ connector, connection }: { connector: Connector; connection: Connection }) {
  const id = connector.id
  const facts = connection.sign_in
  const [meaning, word] = states[connection.state]
  const isOver = facts?.reason !== null && facts?.reason !== undefined
  const begin = useChange({
    run: () => api.call('authorizeConnection', { params: { id } }),
    after: ({ url }) => window.location.assign(url),
  })
  const [asking, setAsking] = useState(false)
  const hasGrant = facts?.connected_at !== null && facts?.connected_at !== undefined
  return (
    <Section
      title={facts?.shared === true ? 'Sign-in for everybody' : 'Your sign-in'}
      about={
        facts?.shared === true
          ? `One sign-in at ${connector.name} serves everybody who may use it. An administrator makes and ends it.`
          : `You sign in at ${connector.name} as yourself. What it grants is used for your calls, and for nobody else's.`
      }
    >
      <Panel>
        <div className="grid gap-4">
          <p className="text-13">
            <Status meaning={meaning}>{word}</Status>
          </p>
          {isOver && <p className="text-13 text-n11">{facts.reason}</p>}
          {hasGrant && (
            <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1 text-13">
              <dt className="text-n11">Signed in at</dt>
              <dd className="font-mono text-12 break-all">{facts.issuer}</dd>
              {facts.scope !== null && (
                <>
                  <dt className="text-n11">Rights</dt>
                  <dd className="font-mono text-12 break-all">{facts.scope}</dd>
                </>
              )}
              <dt className="text-n11">Connected</dt>
              <dd>
                <Time iso={facts.connected_at} />
              </dd>
              <dt className="text-n11">Renewed</dt>
              <dd>
                <Time iso={facts.refreshed_at} />
              </dd>
            </dl>
          )}
          <TroubleNote error={begin.error} />
          <div className="flex gap-2">
            <Button
              look={connection.state === 'connected' ? 'plain' : 'primary'}
              busy={begin.isPending}
              onClick={() => begin.mutate(undefined)}
            >
              {hasGrant ? 'Connect again' : 'Connect'}
            </Button>
            {hasGrant && (
              <Button look="danger" onClick={() => setAsking(true)}>
                Disconnect
              </Button>
            )}
          </div>
        </div>
      </Panel>
      {asking && (
        <ConfirmChange
          title={`Disconnect ${connector.name}`}
          about={
            facts?.shared === true
              ? 'The sign-in is forgotten, and everybody’s calls to it are refused until an administrator signs in again.'
              : 'Your sign-in is forgotten, and your calls to it are refused until you sign in again.'
          }
          verb="Disconnect"
          run={() => api.call('deleteConnection', { params: { id } })}
          done="Disconnected"
          onClose={() => setAsking(false)}
        />
      )}
    </Section>
  )
}
