import type { EntryRow } from './entry-row.ts'
import type { Bodies } from './event.ts'
import { bodyNames, sha256 } from './event.ts'
import { detailOf, hasBodies, parsedBody, type Query, type Reader, type Viewer } from './read-entries.ts'
import type { Head, Signer } from './sign-heads.ts'
import type { AuditStore } from './store.ts'

export type ExportFormat = 'json' | 'jsonl' | 'csv'
export type ExportFile = { contentType: string; fileName: string; text: string }

export const maxExportRows = 10_000
export const exportFormat = 'runlayer-audit-export-1'

/**
 * The rows a viewer may see, oldest first. json and jsonl also hold, for every event, the signed stretch of the chain it
 * stands in, and end with a signature over everything before it: a stranger can check them with the public key alone
 * (docs/decisions/0050). csv is for spreadsheets and proves nothing.
 */
export async function exportEntries(
  o: { reader: Reader; store: AuditStore; signer: Signer; now: () => number },
  ask: { viewer: Viewer; query: Query; format: ExportFormat },
): Promise<ExportFile> {
  const rows = await o.reader.rows(ask.viewer, { ...ask.query, limit: maxExportRows + 1 })
  const isWhole = rows.length <= maxExportRows && isUnfiltered(ask)
  const kept = rows.slice(0, maxExportRows).reverse()
  const bodies = await o.reader.bodiesOf(ask.viewer, kept)
  const exportedAt = new Date(o.now()).toISOString()
  const fileName = `audit-${exportedAt.replace(/[:.]/g, '-')}.${ask.format}`
  if (ask.format === 'csv')
    return { contentType: 'text/csv; charset=utf-8', fileName, text: csv(kept, bodies) }
  const header = {
    format: exportFormat,
    exported_at: exportedAt,
    filters: filtersOf(ask.query),
    complete: isWhole,
    keys: [{ key_id: o.signer.keyId, public_key: o.signer.publicKey }],
  }
  const entries = kept.map((row) => JSON.stringify(entryOf(row, bodies.get(row.id))))
  const heads = (await o.store.heads(kept.flatMap(eventsOf))).map((head) => JSON.stringify(headOf(head)))
  const contentType = ask.format === 'json' ? 'application/json' : 'application/jsonl'
  return {
    contentType,
    fileName,
    text: signedText(o.signer, ask.format, { header: JSON.stringify(header), entries, heads }),
  }
}

type Texts = { header: string; entries: readonly string[]; heads: readonly string[] }

function signedText(signer: Signer, format: 'json' | 'jsonl', { header, entries, heads }: Texts): string {
  if (format === 'json') {
    const body = `${header.slice(0, -1)},\n"entries":[${entries.join(',\n')}],\n"heads":[${heads.join(',\n')}]`
    return `${body},\n"signature":"${signer.sign(sha256(body))}"}\n`
  }
  const lines = [
    header,
    ...entries.map((text) => `{"entry":${text}}`),
    ...heads.map((text) => `{"head":${text}}`),
  ]
  const body = lines.join('\n')
  return `${body}\n{"signature":"${signer.sign(sha256(body))}"}\n`
}

function isUnfiltered({ viewer, query }: { viewer: Viewer; query: Query }): boolean {
  return viewer.everybody && Object.keys(filtersOf(query)).length === 0
}

function filtersOf(query: Query): Record<string, string> {
  const filters: Record<string, string> = {}
  for (const [name, value] of Object.entries(query.equal)) if (value !== undefined) filters[name] = value
  if (query.fromMs !== undefined) filters['from'] = new Date(query.fromMs).toISOString()
  if (query.toMs !== undefined) filters['to'] = new Date(query.toMs).toISOString()
  if (query.cursor !== undefined) filters['cursor'] = query.cursor
  return filters
}

function eventsOf(row: EntryRow): { writer: string; seq: number }[] {
  const opened = { writer: row.writer, seq: row.open_seq }
  return row.close_seq === null ? [opened] : [opened, { writer: row.writer, seq: row.close_seq }]
}

function headOf(head: Head) {
  const { writer, fromSeq, toSeq, prevHash, hash, digests, signedAt, keyId, signature } = head
  return {
    writer,
    from_seq: fromSeq,
    to_seq: toSeq,
    prev_hash: prevHash,
    hash,
    digests,
    signed_at: signedAt,
    key_id: keyId,
    signature,
  }
}

/** What the row shows, its bodies, and what is needed to rebuild its two events. */
function entryOf(row: EntryRow, bodies: Bodies | undefined) {
  const shown: Record<string, unknown> = {}
  const exact: Record<string, string> = {}
  for (const name of bodyNames) {
    const text = bodies?.[name]
    if (text === undefined) continue
    shown[name] = parsedBody(text)
    // Numbers beyond 2^53 and spacing do not survive parsing; the text that was hashed then stands beside.
    if (JSON.stringify(shown[name]) !== text) exact[name] = text
  }
  return {
    ...detailOf(row),
    ...shown,
    ...(Object.keys(exact).length === 0 ? {} : { exact }),
    ...(hasBodies(row) && bodies === undefined ? { redacted: true } : {}),
    chain: {
      writer: row.writer,
      open_seq: row.open_seq,
      ...(row.open_hashes === null ? {} : { open_hashes: row.open_hashes }),
      ...(row.close_seq === null ? {} : { close_seq: row.close_seq }),
      ...(row.close_hashes === null ? {} : { close_hashes: row.close_hashes }),
      ...(row.opened === null ? {} : { opened: JSON.parse(row.opened) as unknown }),
    },
  }
}

const csvColumns = [
  'id',
  'time',
  'action',
  'outcome',
  'actor_type',
  'actor_id',
  'actor_email',
  'server_id',
  'tool',
  'plugin_id',
  'resource_type',
  'resource_id',
  'client_name',
  'client_version',
  'correlation_id',
  'request_id',
  'duration_ms',
  'reason',
  'via',
  'meta',
  'ip',
  'rules',
  'arguments',
  'result',
  'error',
] as const

function csv(rows: readonly EntryRow[], bodies: ReadonlyMap<string, Bodies>): string {
  const lines = rows.map((row) => {
    const view = detailOf(row)
    const { type, id, email } = view.actor
    const flat: Record<string, unknown> = {
      ...view,
      actor_type: type,
      actor_id: id,
      actor_email: email,
      rules: view.rules?.join(' '),
      ...bodies.get(row.id),
    }
    return csvColumns.map((name) => csvCell(flat[name])).join(',')
  })
  return `${[csvColumns.join(','), ...lines].join('\r\n')}\r\n`
}

/**
 * A cell that a spreadsheet would run as a formula gets an apostrophe in front (T36). A tab or line end at its start
 * counts too: some programs strip it first.
 */
export function csvCell(value: unknown): string {
  if (value === undefined || value === null) return ''
  const text = String(value)
  const safe = /^[\s]*[=+\-@|%\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
