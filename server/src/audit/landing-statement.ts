import type { Landing } from './build-rows.ts'

type Row = Landing['rows'][number]
type End = Landing['ends'][number]
type Column<Source> = readonly [name: string, value: (from: Source) => string | number | null, cast?: string]

const time = (name: string) => `to_timestamp(r.${name}::float8 / 1000)`
const asJson = (value: object | null | undefined) =>
  value === null || value === undefined ? null : JSON.stringify(value)

/** Columns that the end of a call sets, whether its row exists already or not. */
const endColumns: readonly Column<Pick<End, 'close' | 'closeBodies'> | undefined>[] = [
  ['closed_at', (end) => end?.close.fields[2] ?? null, time('closed_at')],
  ['reason', (end) => end?.close.fields[5] ?? null],
  ['rules', (end) => asJson(end?.close.fields[9])],
  ['scans', (end) => asJson(end?.close.fields[10])],
  ['close_hashes', (end) => end?.close.hashes ?? null],
  ['close_bodies', (end) => end?.closeBodies ?? null],
  ['close_seq', (end) => end?.close.seq ?? null, 'r.close_seq::bigint'],
]
const rowColumns: readonly Column<Row>[] = [
  ['id', ({ open }) => open.fields[1], 'r.id::uuid'],
  ['time', ({ open }) => open.fields[2], time('time')],
  ['action', ({ open, close }) => close?.fields[3] ?? open.fields[3]],
  ['outcome', ({ close }) => close?.fields[4] ?? 'pending'],
  ['actor_type', ({ open }) => open.fields[4]],
  ['actor_id', ({ open }) => open.fields[5]],
  ['actor_email', ({ open }) => open.fields[6]],
  ['proof', ({ open }) => open.fields[7]],
  ['request_id', ({ open }) => open.fields[8]],
  ['correlation_id', ({ open }) => open.fields[9]],
  ['server_id', ({ open, close }) => (close === undefined ? open.fields[10] : close.fields[6])],
  ['tool', ({ open, close }) => (close === undefined ? open.fields[11] : close.fields[7])],
  ['plugin_id', ({ open }) => open.fields[12]],
  ['resource_type', ({ open }) => open.fields[13]],
  ['resource_id', ({ open, close }) => (close === undefined ? open.fields[14] : close.fields[8])],
  ['client_name', ({ open }) => open.fields[15]],
  ['client_version', ({ open }) => open.fields[16]],
  ['ip', ({ open }) => open.fields[17]],
  ['via', ({ open }) => open.fields[18]],
  ['meta', ({ open }) => open.fields[19]],
  ['opened', openedDifferently],
  ['open_hashes', ({ open }) => open.hashes],
  ['open_bodies', ({ openBodies }) => openBodies],
  ['open_seq', ({ open }) => open.seq, 'r.open_seq::bigint'],
]
const lateColumns: readonly Column<End>[] = [
  ['id', ({ close }) => close.fields[1], 'r.id::uuid'],
  ['action', ({ close }) => close.fields[3]],
  ['outcome', ({ close }) => close.fields[4]],
  ['server_id', ({ close }) => close.fields[6]],
  ['tool', ({ close }) => close.fields[7]],
  ['resource_id', ({ close }) => close.fields[8]],
]

function openedDifferently({ open: { fields }, close }: Row): string | null {
  if (close === undefined) return null
  const [, , , action, , , server, tool, resource] = close.fields
  if (fields[3] === action && fields[10] === server && fields[11] === tool && fields[14] === resource)
    return null
  return JSON.stringify([fields[3], fields[10], fields[11], fields[14]])
}

const names = (columns: readonly Column<never>[]) => columns.map(([name]) => name)
const casts = (columns: readonly Column<never>[]) => columns.map(([name, , cast]) => cast ?? `r.${name}`)
/** Values hold no control characters, so a column of a batch travels as one text: cheaper than arrays or JSON. */
const arrays = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => `string_to_array($${from + at}::text, E'\\n', E'\\x02')`).join(
    ', ',
  )

function texts<Source>(columns: readonly Column<Source>[], sources: readonly Source[]): string[] {
  return columns.map(([, value]) => {
    let text = ''
    for (let at = 0; at < sources.length; at++) {
      const one = value(sources[at] as Source) ?? '\x02'
      text += at === 0 ? one : `\n${one}`
    }
    return text
  })
}

const landSql = (() => {
  const all = [...names(rowColumns), ...names(endColumns)]
  const late = [...names(lateColumns), ...names(endColumns)]
  const set = [...lateColumns.slice(1), ...endColumns].map(
    ([name, , cast]) => `${name} = ${cast ?? `r.${name}`}`,
  )
  const as = ['action', 'server_id', 'tool', 'resource_id']
  const changed = `(${as.map((name) => `e.${name}`)}) IS DISTINCT FROM (${as.map((name) => `r.${name}`)})`
  return `WITH writer AS (
  UPDATE audit_writers SET seq = $2, hash = $3, heartbeat_at = now() WHERE id = $1 AND seq = $4 RETURNING id
), head AS (
  INSERT INTO audit_heads (writer, from_seq, to_seq, prev_hash, hash, digests, signed_at, key_id, signature)
  SELECT id, $4::bigint + 1, $2, $5, $3, $6, $7, $8, $9 FROM writer
), whole AS (
  INSERT INTO audit_entries (writer, ${all})
  SELECT writer.id, ${[...casts(rowColumns), ...casts(endColumns)]}
  FROM unnest(${arrays(10, all.length)}) AS r(${all}) CROSS JOIN writer
  ON CONFLICT (id) DO NOTHING
), late AS (
  UPDATE audit_entries e SET ${set},
    opened = CASE WHEN ${changed} THEN json_build_array(${as.map((name) => `e.${name}`)})::text END
  FROM unnest(${arrays(10 + all.length, late.length)}) AS r(${late}) CROSS JOIN writer
  WHERE e.id = r.id::uuid AND e.close_seq IS NULL
)
SELECT id FROM writer`
})()

const endOf = ({ close, closeBodies }: Row) => (close === undefined ? undefined : { close, closeBodies })

/** The columns of an entry but its bodies, as read back. */
export const entryColumns = [...names(rowColumns), ...names(endColumns)].filter(
  (name) => !name.endsWith('_bodies'),
)

/**
 * The one statement that stores a batch, all or nothing: it does nothing unless the writer's chain is where the batch
 * begins, and returns one row if it did.
 */
export function landingStatement({ from, to, head, rows, ends }: Landing): {
  name: string
  text: string
  values: unknown[]
} {
  const stretch = [
    to.writer,
    to.seq,
    to.hash,
    from.seq,
    from.hash,
    head.digests,
    head.signedAt,
    head.keyId,
    head.signature,
  ]
  const values = [
    ...stretch,
    ...texts(rowColumns, rows),
    ...texts(endColumns, rows.map(endOf)),
    ...texts(lateColumns, ends),
    ...texts(endColumns, ends),
  ]
  return { name: 'audit-land', text: landSql, values }
}
