import type { Connector, ConnectorScan, ServerTool } from '../api/shapes.ts'
import { Badge, type Meaning, Status } from '../ui/status.tsx'
import { Time } from '../ui/time.tsx'

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

const risks: Record<ConnectorScan['risk'], readonly [Meaning, string]> = {
  none: ['good', 'Nothing found'],
  low: ['good', 'Low risk'],
  medium: ['warning', 'Medium risk'],
  high: ['danger', 'High risk'],
}

/** The worst that the guards see in a connector's definitions. */
export function ScanState({ scan }: { scan: ConnectorScan | undefined }) {
  if (scan === undefined) return <Status meaning="none">Not scanned</Status>
  const [meaning, word] = risks[scan.risk]
  return (
    <span title={scan.reason === null || scan.risk === 'none' ? undefined : `${scan.tool}: ${scan.reason}`}>
      <Status meaning={meaning}>{word}</Status>
    </span>
  )
}

/** The same with what, when, and by which detectors. */
export function ScanFacts({ scan }: { scan: ConnectorScan | undefined }) {
  return (
    <span className="grid gap-0.5">
      <ScanState scan={scan} />
      {scan !== undefined && (scan.risk === 'medium' || scan.risk === 'high') && (
        <span>
          <code className="font-mono text-12">{scan.tool}</code>: {scan.reason}
          {scan.flagged > 1 && ` And ${scan.flagged - 1} more.`}
        </span>
      )}
      {scan !== undefined && (
        <span className="text-12 text-n11">
          {scan.scanned_at === null ? 'Scanned' : <Time iso={scan.scanned_at} />} by detectors{' '}
          <code className="font-mono">{scan.detector_version}</code>
        </span>
      )}
    </span>
  )
}
