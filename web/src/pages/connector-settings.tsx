import { queryOptions, useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { Connector } from '../api/shapes.ts'
import { ConfirmChange } from '../components/confirm-change.tsx'
import { TroubleNote } from '../components/trouble-note.tsx'
import { useChange } from '../components/use-change.ts'
import { type ConnectorDraft, connectorBody, draftOf } from '../forms/connector-draft.ts'
import { ConnectorForm } from '../forms/connector-form.tsx'
import { MemberPicker } from '../forms/member-picker.tsx'
import { paths } from '../paths.ts'
import { Button } from '../ui/button.tsx'
import { Panel, Section } from '../ui/page.tsx'

export function ConnectorSettings({ connector }: { connector: Connector }) {
  const save = useChange({
    run: (draft: ConnectorDraft) =>
      api.call('updateServer', {
        params: { id: connector.id },
        body: { ...connectorBody(draft), revision: connector.revision },
      }),
    done: 'Settings saved',
  })
  return (
    <div className="grid gap-10">
      <ConnectorForm
        key={connector.revision}
        start={draftOf(connector)}
        verb="Save settings"
        busy={save.isPending}
        error={save.error}
        isStored
        onSubmit={(draft) => save.mutate(draft)}
      />
      <Administrators connector={connector} />
      <Danger connector={connector} />
    </div>
  )
}

const administratorsOf = (id: string) =>
  queryOptions({
    queryKey: ['servers', id, 'admins'],
    queryFn: () => api.call('listServerAdmins', { params: { id } }),
  })

function Administrators({ connector }: { connector: Connector }) {
  const me = useSuspenseQuery(queries.me()).data
  const { data } = useQuery(administratorsOf(connector.id))
  const [chosen, setChosen] = useState<string[]>()
  const save = useChange({
    run: () =>
      api.call('updateServerAdmins', { params: { id: connector.id }, body: { user_ids: chosen ?? [] } }),
    done: 'Administrators saved',
    after: () => setChosen(undefined),
  })
  if (!me.capabilities.includes('connectors.write') || data === undefined) return null
  return (
    <Section
      title="Who administers it"
      about="They change this connector and review its tools, without a role over anything else."
    >
      <Panel>
        <div className="grid justify-items-start gap-3">
          <MemberPicker label="Administrators" value={chosen ?? data.user_ids} onChange={setChosen} />
          <TroubleNote error={save.error} />
          <Button
            busy={save.isPending}
            why={chosen === undefined ? 'Nothing has changed' : undefined}
            onClick={() => save.mutate(undefined)}
          >
            Save administrators
          </Button>
        </div>
      </Panel>
    </Section>
  )
}

function Danger({ connector }: { connector: Connector }) {
  const navigate = useNavigate()
  const [asking, setAsking] = useState(false)
  const isOff = connector.status === 'disabled'
  const toggle = useChange({
    run: () =>
      api.call('updateServer', {
        params: { id: connector.id },
        body: { status: isOff ? 'active' : 'disabled' },
      }),
    done: isOff ? 'Connector is active' : 'Connector is disabled',
    loud: true,
  })
  return (
    <Section title="Turn off or delete">
      <Panel>
        <div className="grid gap-4 text-13">
          <div className="flex flex-wrap items-center justify-between gap-3">
            <p className="text-n11">
              {isOff
                ? 'Its tools are hidden and not callable.'
                : 'Disabling hides its tools from everybody at once and keeps its rules.'}
            </p>
            <Button busy={toggle.isPending} onClick={() => toggle.mutate(undefined)}>
              {isOff ? 'Make active' : 'Disable connector'}
            </Button>
          </div>
          <div className="flex flex-wrap items-center justify-between gap-3 border-t border-n5 pt-4">
            <p className="text-n11">
              Deleting removes its secrets, tools and sessions, and the rules that name only this connector.
            </p>
            <Button look="danger" onClick={() => setAsking(true)}>
              Delete connector
            </Button>
          </div>
        </div>
      </Panel>
      {asking && (
        <ConfirmChange
          title={`Delete ${connector.name}`}
          about="Clients lose its tools at once. This cannot be undone; the audit keeps what happened."
          verb="Delete connector"
          word={connector.name}
          run={() => api.call('deleteServer', { params: { id: connector.id } })}
          done="Connector deleted"
          after={() => void navigate({ ...paths.connectors(), ignoreBlocker: true })}
          onClose={() => setAsking(false)}
        />
      )}
    </Section>
  )
}
