import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../api/client.ts'
import { fieldError } from '../api/errors.ts'
import * as queries from '../api/queries.ts'
import type { Connection, Connector } from '../api/shapes.ts'
import { ConfirmChange } from '../components/confirm-change.tsx'
import { TroubleNote } from '../components/trouble-note.tsx'
import { UpstreamSignIn } from '../components/upstream-sign-in.tsx'
import { useChange } from '../components/use-change.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { Panel, Section } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'

/** What the caller brings to a connector: a sign-in at its upstream, own values, or neither. */
export function ConnectorConnection({ connector }: { connector: Connector }) {
  const connection = useQuery(queries.connection(connector.id)).data
  if (connection === undefined) return null
  return (
    <div className="grid max-w-140 gap-6">
      {(connection.sign_in !== null || connector.auth.type === 'oauth') && (
        <UpstreamSignIn connector={connector} connection={connection} />
      )}
      {connector.personal_values.length > 0 && <OwnValues connector={connector} connection={connection} />}
      {connection.state === 'not_needed' && (
        <p className="text-13 text-n11">{connector.name} needs no sign-in and no values of yours.</p>
      )}
    </div>
  )
}

/** The caller's own values for the placeholders of a connector. Values go in and never come back. */
function OwnValues({ connector, connection: state }: { connector: Connector; connection: Connection }) {
  const id = connector.id
  const [values, setValues] = useState<Record<string, string>>({})
  const save = useChange({
    run: () => api.call('putConnection', { params: { id }, body: { values } }),
    done: 'Connected',
    after: () => setValues({}),
  })
  const [asking, setAsking] = useState(false)
  const missing = connector.personal_values.find((name) => (values[name] ?? '') === '')
  const connected = state.missing.length === 0
  return (
    <Section
      title="Your own values"
      about={`${connector.name} gets these with your calls, and with nobody else's. They are sealed at rest and never shown again.`}
    >
      <Panel>
        <form
          className="grid gap-5"
          onSubmit={(event) => {
            event.preventDefault()
            if (missing === undefined) save.mutate(undefined)
          }}
        >
          <p className="text-13">
            {connected ? (
              <Status meaning="good">Connected</Status>
            ) : (
              <Status meaning="warning">Not connected</Status>
            )}
          </p>
          {connector.personal_values.map((name) => (
            <TextField
              key={name}
              label={name}
              type="password"
              mono
              autoComplete="off"
              value={values[name] ?? ''}
              error={fieldError(save.error, `values.${name}`)}
              onChange={(event) => setValues((old) => ({ ...old, [name]: event.target.value }))}
            />
          ))}
          <TroubleNote error={save.error} />
          <div className="flex gap-2">
            <Button
              type="submit"
              look="primary"
              busy={save.isPending}
              why={missing === undefined ? undefined : `${missing} is still empty`}
            >
              {connected ? 'Replace values' : 'Connect'}
            </Button>
            {connected && (
              <Button look="danger" onClick={() => setAsking(true)}>
                Disconnect
              </Button>
            )}
          </div>
        </form>
      </Panel>
      {asking && (
        <ConfirmChange
          title={`Disconnect ${connector.name}`}
          about="Your values are forgotten, and your calls to it are refused until you enter them again."
          verb="Disconnect"
          run={() => api.call('deleteConnection', { params: { id } })}
          done="Your values are forgotten"
          onClose={() => setAsking(false)}
        />
      )}
    </Section>
  )
}
