import { Link } from '@tanstack/react-router'
import type { AuditRow } from '../api/shapes.ts'
import { deviceName } from '../lib/device-name.ts'
import { durationWords } from '../lib/duration-words.ts'
import { paths } from '../paths.ts'
import { Avatar } from '../ui/avatar.tsx'
import { type Meaning, Status } from '../ui/status.tsx'
import { type Column, rowLink, Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { useNames } from './use-names.ts'

const outcomes: Record<AuditRow['outcome'], readonly [Meaning, string]> = {
  success: ['good', 'Success'],
  failure: ['danger', 'Failure'],
  denied: ['warning', 'Denied'],
  pending: ['info', 'Pending'],
  interrupted: ['none', 'Interrupted'],
}

export function OutcomeMark({ outcome }: { outcome: AuditRow['outcome'] }) {
  const [meaning, word] = outcomes[outcome]
  return <Status meaning={meaning}>{word}</Status>
}

/** `tool_call_success` as "Tool call success". The raw name stays in filters and exports. */
export function actionWords(action: string): string {
  const words = action.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

export function actorName(row: Pick<AuditRow, 'actor'>): string {
  return row.actor.email ?? (row.actor.type === 'system' ? 'System' : row.actor.id)
}

function Actor({ row }: { row: AuditRow }) {
  return (
    <span className="flex items-center gap-1.5">
      <Avatar name={actorName(row)} />
      <span className="truncate">{actorName(row)}</span>
    </span>
  )
}

/** In a row the outcome stands beside, so the name need not repeat it. */
function rowWords(action: string): string {
  return action === 'tool_call_success' || action === 'tool_call_failure' ? 'Tool call' : actionWords(action)
}

/** The console's own requests come with what the browser says of itself. */
function clientWords(name: string): string {
  return name.startsWith('Mozilla/') ? deviceName(name) : name
}

function Target({ row }: { row: AuditRow }) {
  const names = useNames()
  const server = row.server_id === undefined ? undefined : names.server(row.server_id)
  if (row.tool !== undefined) {
    return (
      <>
        <code className="font-mono text-12">{row.tool}</code>
        {server !== undefined && <span className="text-n11"> on {server}</span>}
      </>
    )
  }
  return (
    <span className="text-n11">
      {server ?? (row.resource_type === undefined ? '' : actionWords(row.resource_type))}
    </span>
  )
}

/** `narrow`: only when, what and how it ended. `link`: keeps the filters of the page it stands on. */
export function AuditTable(props: {
  rows: readonly AuditRow[]
  narrow?: boolean
  selected?: string | undefined
  keep?: Record<string, string>
}) {
  const all: readonly (Column<AuditRow> & { wide?: boolean })[] = [
    {
      name: 'Action',
      width: props.narrow === true ? 'w-32' : 'w-40',
      cell: (row) => (
        <Link {...paths.audit({ ...props.keep, entry: row.id })} data-row className={rowLink}>
          {rowWords(row.action)}
        </Link>
      ),
    },
    { name: 'On', extra: true, cell: (row) => <Target row={row} /> },
    { name: 'Outcome', width: 'w-28', cell: (row) => <OutcomeMark outcome={row.outcome} /> },
    { name: 'Actor', width: 'w-52', extra: true, wide: true, cell: (row) => <Actor row={row} /> },
    {
      name: 'Client',
      width: 'w-36',
      extra: true,
      wide: true,
      cell: (row) => (
        <span className="text-n11" title={row.client_name}>
          {clientWords(row.client_name ?? '')}
        </span>
      ),
    },
    {
      name: 'Took',
      width: 'w-24',
      end: true,
      extra: true,
      wide: true,
      cell: (row) => (
        <span className="text-n11">
          {typeof row.duration_ms === 'number' ? durationWords(row.duration_ms) : ''}
        </span>
      ),
    },
    {
      name: 'When',
      width: 'w-26',
      end: true,
      cell: (row) => (
        <span className="text-n11">
          <Time iso={row.time} />
        </span>
      ),
    },
  ]
  return (
    <Table
      label="Audit entries"
      rows={props.rows}
      id={(row) => row.id}
      selected={props.selected}
      columns={props.narrow === true ? all.filter((column) => column.wide !== true) : all}
    />
  )
}
