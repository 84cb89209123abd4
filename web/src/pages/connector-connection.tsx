import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../api/client.ts'
import { fieldError } from '../api/errors.ts'
import * as queries from '../api/queries.ts'
import type { Connector } from '../api/shapes.ts'
import { TroubleNote } from '../components/trouble-note.tsx'
import { useChange } from '../components/use-change.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { Panel, Section } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'

/** The caller's own values for the placeholders of a connector. Values go in and never come back. */
export function ConnectorConnection({ connector }: { connector: Connector }) {
  const id = connector.id
  const state = useQuery(queries.connection(id)).data
  const [values, setValues] = useState<Record<string, string>>({})
  const save = useChange({
    run: () => api.call('putConnection', { params: { id }, body: { values } }),
    done: 'Connected',
    after: () => setValues({}),
  })
  const forget = useChange({
    run: () => api.call('deleteConnection', { params: { id } }),
    done: 'Your values are forgotten',
    loud: true,
  })
  const missing = connector.personal_values.find((name) => (values[name] ?? '') === '')
  const connected = state?.state === 'connected'
  return (
    <div className="max-w-140">
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
                <Button look="danger" busy={forget.isPending} onClick={() => forget.mutate(undefined)}>
                  Disconnect
                </Button>
              )}
            </div>
          </form>
        </Panel>
      </Section>
    </div>
  )
}
