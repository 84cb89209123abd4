import type { Connector, ServerTool } from '../api/shapes.ts'
import { Badge, type Meaning, Status } from '../ui/status.tsx'

const health: Record<Connector['health'], readonly [Meaning, string]> = {
  ok: ['good', 'Healthy'],
  failing: ['danger', 'Failing'],
  needs_connection: ['warning', 'Needs connection'],
  unknown: ['none', 'Not checked'],
}

/** One mark for both: a connector that is off has no health worth showing. */
export function ConnectorState({
  connector,
}: {
  connector: Pick<Connector, 'status' | 'health' | 'health_message'>
}) {
  if (connector.status === 'draft') return <Status meaning="none">Draft</Status>
  if (connector.status === 'disabled') return <Status meaning="none">Disabled</Status>
  const [meaning, word] = health[connector.health]
  return (
    <span title={connector.health_message ?? undefined}>
      <Status meaning={meaning}>{word}</Status>
    </span>
  )
}

export const transports: Record<Connector['transport'], string> = {
  streamable_http: 'Streaming HTTP',
  sse: 'SSE',
  stdio: 'STDIO',
}

const toolStates: Record<ServerTool['state'], readonly [Meaning, string]> = {
  active: ['good', 'Active'],
  quarantined: ['warning', 'Waits for review'],
  gone: ['none', 'No longer offered'],
}

export function ToolState({ state }: { state: ServerTool['state'] }) {
  const [meaning, word] = toolStates[state]
  return <Badge meaning={meaning}>{word}</Badge>
}
