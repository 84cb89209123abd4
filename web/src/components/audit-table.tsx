import { Link } from '@tanstack/react-router'
import type { AuditRow } from '../api/shapes.ts'
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

/** `narrow`: only when, what and how it ended. `link`: keeps the filters of the page it stands on. */
export function AuditTable(props: { rows: readonly AuditRow[]; narrow?: boolean; selected?: string | undefined; keep?: Record<string, string> }) {
  const names = useNames()
  const target = (row: AuditRow) => {
    const server = row.server_id ? names.server(row.server_id) : undefined
    if (row.tool) return `${row.tool}${server === undefined ? '' : ` on ${server}`}`
    return server ?? (row.resource_type ? actionWords(row.resource_type) : '')
  }
  const all: readonly (Column<AuditRow> & { wide?: boolean })[] = [
    {
      name: 'Action',
      width: 'w-52',
      cell: (row) => (
        <Link {...paths.audit({ ...props.keep, entry: row.id })} data-row className={rowLink}>
          {actionWords(row.action)}
        </Link>
      ),
    },
    { name: 'On', extra: true, cell: (row) => <span className="font-mono text-12 text-n11">{target(row)}</span> },
    { name: 'Outcome', width: 'w-32', cell: (row) => <OutcomeMark outcome={row.outcome} /> },
    { name: 'Actor', width: 'w-52', extra: true, wide: true, cell: (row) => <Actor row={row} /> },
    { name: 'Client', width: 'w-36', extra: true, wide: true, cell: (row) => <span className="text-n11">{row.client_name ?? ''}</span> },
    {
      name: 'Took',
      width: 'w-20',
      end: true,
      extra: true,
      wide: true,
      cell: (row) => <span className="text-n11">{typeof row.duration_ms === 'number' ? `${Math.round(row.duration_ms)} ms` : ''}</span>,
    },
    {
      name: 'When',
      width: 'w-28',
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
