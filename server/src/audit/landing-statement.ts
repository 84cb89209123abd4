import type { Landing } from './build-rows.ts'

type Row = Landing['rows'][number]
type End = Landing['ends'][number]
type Column<Source> = readonly [name: string, value: (from: Source) => string | number | null, cast?: string]

const time = (name: string) => `to_timestamp(r.${name}::float8 / 1000)`
const asJson = (value: object | null | undefined) =>
  value === null || value === undefined ? null : JSON.stringify(value)

/** What differs from row to row. */
const rowColumns: readonly Column<Row>[] = [
  ['id', ({ open }) => open.fields[1], 'r.id::uuid'],
  ['time', ({ open }) => open.fields[2], time('time')],
  ['request_id', ({ open }) => open.fields[8]],
  [
    'correlation_id',
    ({ open: { fields } }) => (fields[9] === fields[8] ? null : fields[9]),
    'coalesce(r.correlation_id, r.request_id)',
  ],
  ['open_hashes', ({ open }) => open.hashes],
  ['open_bodies', ({ openBodies }) => openBodies],
  ['open_seq', ({ open }) => open.seq, 'r.open_seq::bigint'],
  ['closed_at', ({ close }) => close?.fields[2] ?? null, time('closed_at')],
  ['close_hashes', ({ close }) => close?.hashes ?? null],
  ['close_bodies', ({ closeBodies }) => closeBodies],
  ['close_seq', ({ close }) => close?.seq ?? null, 'r.close_seq::bigint'],
]
/** What many rows of a batch have in common: each combination travels once, and rows name it by its number. */
const sharedColumns: readonly Column<Row>[] = [
  ['action', ({ open, close }) => close?.fields[3] ?? open.fields[3]],
  ['outcome', ({ close }) => close?.fields[4] ?? 'pending'],
  ['actor_type', ({ open }) => open.fields[4]],
  ['actor_id', ({ open }) => open.fields[5]],
  ['actor_email', ({ open }) => open.fields[6]],
  ['proof', ({ open }) => open.fields[7]],
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
  ['reason', ({ close }) => close?.fields[5] ?? null],
  ['rules', ({ close }) => asJson(close?.fields[9])],
  ['scans', ({ close }) => asJson(close?.fields[10])],
]
/** Ends of rows that were stored while their call still ran. */
const lateColumns: readonly Column<End>[] = [
  ['id', ({ close }) => close.fields[1], 'r.id::uuid'],
  ['action', ({ close }) => close.fields[3]],
  ['outcome', ({ close }) => close.fields[4]],
  ['server_id', ({ close }) => close.fields[6]],
  ['tool', ({ close }) => close.fields[7]],
  ['resource_id', ({ close }) => close.fields[8]],
  ['closed_at', ({ close }) => close.fields[2], time('closed_at')],
  ['reason', ({ close }) => close.fields[5]],
  ['rules', ({ close }) => asJson(close.fields[9])],
  ['scans', ({ close }) => asJson(close.fields[10])],
  ['close_hashes', ({ close }) => close.hashes],
  ['close_bodies', ({ closeBodies }) => closeBodies],
  ['close_seq', ({ close }) => close.seq, 'r.close_seq::bigint'],
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

/**
 * The first row of each combination of shared values, how many have it, and for every row the number of its own, from 1.
 */
function combinations(rows: readonly Row[]): { first: Row[]; counts: number[]; numbers: string } {
  const known = new Map<string, number>()
  const first: Row[] = []
  const counts: number[] = []
  let numbers = ''
  for (const row of rows) {
    let key = ''
    for (const [, value] of sharedColumns) key += `\n${value(row) ?? '\x02'}`
    let number = known.get(key)
    if (number === undefined) {
      number = first.push(row)
      known.set(key, number)
    }
    counts[number - 1] = (counts[number - 1] ?? 0) + 1
    numbers += numbers === '' ? number : `\n${number}`
  }
  return { first, counts, numbers }
}

/** How a batch is stored. `careful` passes over ids that are stored already, which only a damaged spool can hold. */
type Way = 'rows' | 'block' | 'careful'

const own = names(rowColumns)
const shared = names(sharedColumns)
const late = names(lateColumns)
const blockColumns = [...own, 'shared', ...shared, 'shared_count']
const firstValue = 10
const rowsAt = firstValue + late.length
const sharedAt = rowsAt + own.length + 1

/** Entries one by one, where the console and the indexes find them at once. */
const insertRows = (onConflict: string) => `INSERT INTO audit_entries (writer, ${own}, ${shared})
  SELECT writer.id, ${casts(rowColumns)}, ${shared.map((name) => `s.${name}`)}
  FROM unnest(${arrays(rowsAt, own.length + 1)}) AS r(${own}, shared)
  JOIN unnest(${arrays(sharedAt, shared.length)}) WITH ORDINALITY AS s(${shared}, number) ON s.number = r.shared::bigint
  CROSS JOIN writer
  ${onConflict}`

const blockAt = sharedAt + shared.length
/** Entries that both opened and closed in this batch, as they travelled: the database neither parses nor indexes each. */
const insertBlock = `INSERT INTO audit_blocks (writer, first_id, last_id, entries, ${blockColumns})
  SELECT writer.id, $${blockAt}, $${blockAt + 1}, $${blockAt + 2}, ${blockColumns.map((_, at) => `$${blockAt + 3 + at}`)} FROM writer`

function landSql(way: Way): string {
  const set = lateColumns.slice(1).map(([name, , cast]) => `${name} = ${cast ?? `r.${name}`}`)
  const as = ['action', 'server_id', 'tool', 'resource_id']
  const changed = `(${as.map((name) => `e.${name}`)}) IS DISTINCT FROM (${as.map((name) => `r.${name}`)})`
  return `WITH writer AS (
  UPDATE audit_writers SET seq = $2, hash = $3, heartbeat_at = now() WHERE id = $1 AND seq = $4 RETURNING id
), head AS (
  INSERT INTO audit_heads (writer, from_seq, to_seq, prev_hash, hash, digests, signed_at, key_id, signature)
  SELECT id, $4::bigint + 1, $2, $5, $3, $6, $7, $8, $9 FROM writer
), one_by_one AS (
  ${insertRows(way === 'careful' ? 'ON CONFLICT (id) DO NOTHING' : '')}
), ${way === 'block' ? `block AS (${insertBlock}), ` : ''}late AS (
  UPDATE audit_entries e SET ${set},
    opened = CASE WHEN ${changed} THEN json_build_array(${as.map((name) => `e.${name}`)})::text END
  FROM unnest(${arrays(firstValue, late.length)}) AS r(${late}) CROSS JOIN writer
  WHERE e.id = r.id::uuid AND e.close_seq IS NULL
)
SELECT id FROM writer`
}
const statements = { rows: landSql('rows'), block: landSql('block'), careful: landSql('careful') }

/** The columns of an entry but its bodies, as read back. */
export const entryColumns = [...own, ...shared].filter((name) => !name.endsWith('_bodies'))

/** Fewer entries than this are stored one by one. */
export const smallestBlock = 32

/**
 * The one statement that stores a batch, all or nothing: it does nothing unless the writer's chain is where the batch
 * begins, and returns one row if it did.
 */
export function landingStatement(
  { from, to, head, rows, ends }: Landing,
  careful: boolean,
): { name: string; text: string; values: unknown[] } {
  const closed = careful ? [] : rows.filter(({ close }) => close !== undefined)
  const way: Way = careful ? 'careful' : closed.length < smallestBlock ? 'rows' : 'block'
  const single = way !== 'block' ? rows : rows.filter(({ close }) => close === undefined)
  const values = [
    ...[to.writer, to.seq, to.hash, from.seq, from.hash],
    ...[head.digests, head.signedAt, head.keyId, head.signature],
    ...texts(lateColumns, ends),
    ...rowValues(single).values,
    ...(way === 'block' ? blockValues(closed) : []),
  ]
  return { name: `audit-land-${way}`, text: statements[way], values }
}

function rowValues(rows: readonly Row[]): { values: string[]; counts: number[] } {
  const { first, counts, numbers } = combinations(rows)
  return { values: [...texts(rowColumns, rows), numbers, ...texts(sharedColumns, first)], counts }
}

function blockValues(rows: readonly Row[]): unknown[] {
  const { values, counts } = rowValues(rows)
  let [first = '', last = ''] = [rows[0]?.open.fields[1], rows[0]?.open.fields[1]] as string[]
  for (const { open } of rows) {
    if (open.fields[1] < first) first = open.fields[1]
    if (open.fields[1] > last) last = open.fields[1]
  }
  return [first, last, rows.length, ...values, counts.join('\n')]
}
