import { useNavigate } from '@tanstack/react-router'
import { api } from '../api/client.ts'
import type { Connector } from '../api/shapes.ts'
import { useChange } from '../components/use-change.ts'
import { blankConnector, type ConnectorDraft, connectorBody } from '../forms/connector-draft.ts'
import { ConnectorForm } from '../forms/connector-form.tsx'
import { paths } from '../paths.ts'
import { PageHead } from '../ui/page.tsx'

export function ConnectorNewPage() {
  const navigate = useNavigate()
  const create = useChange({
    run: (draft: ConnectorDraft) => api.call('createServer', { body: connectorBody(draft) }),
    done: 'Connector added',
    after: (connector: Connector) => void navigate({ ...paths.connector(connector.id), ignoreBlocker: true }),
  })
  return (
    <>
      <PageHead title="Add connector" purpose="Nobody reaches its tools until a rule allows it." />
      <ConnectorForm
        start={blankConnector}
        verb="Add connector"
        busy={create.isPending}
        error={create.error}
        isStored={false}
        onSubmit={(draft) => create.mutate(draft)}
      />
    </>
  )
}
