import { type JsonRecord, list, record, sha256 } from './read-export.ts'

/** An event of an entry: where it stands in its writer's chain, and what its fields and bodies hash to. */
export type RebuiltEvent = { writer: string; seq: number; digest: string }

const bodiesOf = { open: ['arguments'], close: ['result', 'error', 'before', 'after'] } as const

/**
 * The two events of an exported entry, rebuilt from what the entry shows (docs/decisions/0050 gives their form): whoever
 * changes anything that is shown changes a digest. Adds to `problems` where a body is not the one that was hashed.
 */
export function rebuildEvents(entry: JsonRecord, problems: string[]): RebuiltEvent[] {
  const chain = record(entry['chain'])
  const actor = record(entry['actor'])
  const at = Date.parse(String(entry['time']))
  const [action, server, tool, resource] =
    chain['opened'] === undefined
      ? [entry['action'], entry['server_id'], entry['tool'], entry['resource_id']]
      : list(chain['opened'])
  const proof = actor['proof'] === undefined ? undefined : record(actor['proof'])
  const opened = [
    'open',
    entry['id'],
    at,
    action,
    actor['type'],
    actor['id'],
    actor['email'],
    proof === undefined ? null : `${proof['kind']}:${proof['id']}`,
    entry['request_id'],
    entry['correlation_id'],
    server,
    tool,
    entry['plugin_id'],
    entry['resource_type'],
    resource,
    entry['client_name'],
    entry['client_version'],
    entry['ip'],
    entry['via'],
    entry['meta'],
  ]
  const writer = String(chain['writer'])
  const open = {
    writer,
    seq: Number(chain['open_seq']),
    digest: digestOf(opened, entry, { kind: 'open', hashes: chain['open_hashes'] }, problems),
  }
  if (chain['close_seq'] === undefined) {
    if (entry['outcome'] !== 'pending' && entry['outcome'] !== 'interrupted')
      problems.push(`entry ${entry['id']} has an outcome but no closing event`)
    return [open]
  }
  const closed = [
    'close',
    entry['id'],
    at + Number(entry['duration_ms']),
    entry['action'],
    entry['outcome'],
    entry['reason'],
    entry['server_id'],
    entry['tool'],
    entry['resource_id'],
    entry['rules'],
    scansOf(entry),
  ]
  const digest = digestOf(closed, entry, { kind: 'close', hashes: chain['close_hashes'] }, problems)
  return [open, { writer, seq: Number(chain['close_seq']), digest }]
}

function scansOf(entry: JsonRecord): unknown {
  if (entry['scans'] === undefined) return null
  return list(entry['scans'])
    .map(record)
    .map((scan) => [
      scan['scanner'],
      scan['score'],
      scan['duration_ms'],
      scan['action'],
      ...scanWhys.filter((name) => scan[name] !== undefined).map((name) => [name, scan[name]]),
    ])
}

/** Why a scanner spoke, in the order that was hashed. */
const scanWhys = ['detector', 'category', 'where', 'excerpt', 'sensitivity', 'reason']

type Hashed = { kind: 'open' | 'close'; hashes: unknown }

function digestOf(
  fields: unknown[],
  entry: JsonRecord,
  { kind, hashes }: Hashed,
  problems: string[],
): string {
  const text = JSON.stringify(fields.map((field) => field ?? null))
  checkBodies(entry, { kind, hashes }, problems)
  return sha256(hashes === undefined ? text : `${text}\n${String(hashes)}`)
}

/** A body may be absent (erased, or hidden from who exported it); what is there must be what was hashed. */
function checkBodies(entry: JsonRecord, { kind, hashes }: Hashed, problems: string[]): void {
  const expected = new Map<string, string>()
  for (const pair of typeof hashes === 'string' ? hashes.split(' ') : []) {
    const [name = '', value = ''] = pair.split(':')
    expected.set(name, value)
  }
  const exact = entry['exact'] === undefined ? {} : record(entry['exact'])
  for (const name of bodiesOf[kind]) {
    if (entry[name] === undefined) continue
    const shown = JSON.stringify(entry[name])
    const text = typeof exact[name] === 'string' ? exact[name] : shown
    if (expected.get(name) !== sha256(text)) problems.push(`the ${name} of entry ${entry['id']} were changed`)
    if (text !== shown && JSON.stringify(parsed(text)) !== shown)
      problems.push(`the ${name} of entry ${entry['id']} are shown in two different ways`)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
