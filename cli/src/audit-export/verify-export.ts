import type { KeyObject } from 'node:crypto'
import { isSigned, type JsonRecord, list, readExport, readKey, record, sha256 } from './read-export.ts'
import { rebuildEvents } from './rebuild-events.ts'

export type ExportReport = {
  ok: boolean
  entries: number
  events: number
  heads: number
  writers: number
  /** Whether the export says it holds every entry, so that a missing one is a fault. */
  complete: boolean
  publicKeys: string[]
  problems: string[]
}

const digestChars = 43

type Head = { fromSeq: number; toSeq: number; prevHash: string; hash: string; digests: string }

/**
 * Checks an export with nothing but its text and, if given, the public key the reader trusts. Throws an Error with a
 * sentence when the text is no export at all; everything else that is wrong is a problem in the report.
 */
export function verifyExport(text: string, trustedKey?: string): ExportReport {
  const file = readExport(text)
  const problems: string[] = []
  const keys = readKeys(file.header, trustedKey, problems)
  if (![...keys.values()].some((key) => isSigned(sha256(file.body), file.signature, key)))
    problems.push(
      'the signature over the whole file does not fit: the file was changed after it was exported',
    )
  const heads = readHeads(file.heads, keys, problems)
  const complete = file.header['complete'] === true
  const { seen, events } = checkEntries(file.entries, heads, problems)
  if (complete) findMissing(heads, seen, problems)
  return {
    ok: problems.length === 0,
    entries: file.entries.length,
    events,
    heads: file.heads.length,
    writers: heads.size,
    complete,
    publicKeys: list(file.header['keys']).map((key) => String(record(key)['public_key'])),
    problems,
  }
}

type Seen = Map<string, Set<number>>

/** Every event of every entry stands once, under a signed head, with the digest it has there. */
function checkEntries(
  entries: JsonRecord[],
  heads: Map<string, Head[]>,
  problems: string[],
): { seen: Seen; events: number } {
  const seen: Seen = new Map()
  let events = 0
  for (const entry of entries) {
    for (const { writer, seq, digest } of rebuildEvents(entry, problems)) {
      events += 1
      const event = `event ${seq} of writer ${writer}`
      const numbers = seen.get(writer) ?? new Set()
      seen.set(writer, numbers)
      if (numbers.has(seq)) problems.push(`${event} stands in the file twice`)
      numbers.add(seq)
      const expected = digestAt(heads.get(writer) ?? [], seq)
      if (expected === undefined) problems.push(`${event} (entry ${entry['id']}) is under no signed head`)
      else if (expected !== digest)
        problems.push(`entry ${entry['id']} was changed: ${event} does not fit its chain`)
    }
  }
  return { seen, events }
}

function readKeys(
  header: JsonRecord,
  trusted: string | undefined,
  problems: string[],
): Map<string, KeyObject> {
  const keys = new Map<string, KeyObject>()
  for (const item of list(header['keys']).map(record)) {
    const publicKey = String(item['public_key'])
    if (trusted !== undefined && publicKey !== trusted) {
      problems.push(`the file is signed with another key than the one you trust: ${publicKey}`)
      continue
    }
    if (sha256(publicKey).slice(0, 16) !== item['key_id']) problems.push('a public key does not fit its id')
    try {
      keys.set(String(item['key_id']), readKey(publicKey))
    } catch {
      problems.push('a public key of the file is not readable')
    }
  }
  return keys
}

/** Every head checked by itself and against its neighbours; by writer, in order. */
function readHeads(
  found: JsonRecord[],
  keys: Map<string, KeyObject>,
  problems: string[],
): Map<string, Head[]> {
  const byWriter = new Map<string, Head[]>()
  for (const item of found) {
    const writer = String(item['writer'])
    const head: Head = {
      fromSeq: Number(item['from_seq']),
      toSeq: Number(item['to_seq']),
      prevHash: String(item['prev_hash']),
      hash: String(item['hash']),
      digests: String(item['digests']),
    }
    const where = `the head of events ${head.fromSeq} to ${head.toSeq} of writer ${writer}`
    const signed = [
      'runlayer-audit-head-1',
      writer,
      head.fromSeq,
      head.toSeq,
      head.prevHash,
      head.hash,
      item['signed_at'],
    ].join('\n')
    const key = keys.get(String(item['key_id']))
    if (key === undefined || !isSigned(signed, item['signature'], key))
      problems.push(`${where} is not validly signed`)
    if (!isChained(head)) problems.push(`${where} does not fit its digests`)
    const earlier = byWriter.get(writer) ?? []
    const fault = linkFault(earlier.at(-1), head, writer)
    if (fault !== undefined) problems.push(`${where} ${fault}`)
    earlier.push(head)
    byWriter.set(writer, earlier)
  }
  return byWriter
}

function isChained(head: Head): boolean {
  if (head.digests.length !== digestChars * (head.toSeq - head.fromSeq + 1)) return false
  let hash = head.prevHash
  for (let at = 0; at < head.digests.length; at += digestChars)
    hash = sha256(hash + head.digests.slice(at, at + digestChars))
  return hash === head.hash
}

function linkFault(before: Head | undefined, head: Head, writer: string): string | undefined {
  if (head.fromSeq === 1 && head.prevHash !== sha256(`runlayer audit chain ${writer}`))
    return 'does not begin its chain'
  if (before === undefined) return undefined
  if (head.fromSeq <= before.toSeq) return 'overlaps the one before'
  return head.fromSeq === before.toSeq + 1 && head.prevHash !== before.hash
    ? 'does not continue the one before'
    : undefined
}

function digestAt(heads: readonly Head[], seq: number): string | undefined {
  let low = 0
  let high = heads.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const head = heads[middle]
    if (head === undefined) return undefined
    if (seq < head.fromSeq) high = middle - 1
    else if (seq > head.toSeq) low = middle + 1
    else return head.digests.slice((seq - head.fromSeq) * digestChars, (seq - head.fromSeq + 1) * digestChars)
  }
  return undefined
}

/** In a complete export every chain begins at 1, its heads leave no gap, and every event they name is there. */
function findMissing(heads: Map<string, Head[]>, seen: Seen, problems: string[]): void {
  for (const [writer, stretches] of heads) {
    let next = 1
    for (const { fromSeq, toSeq } of stretches) {
      if (fromSeq > next) problems.push(`events ${next} to ${fromSeq - 1} of writer ${writer} are missing`)
      for (let seq = fromSeq; seq <= toSeq; seq++) {
        if (seen.get(writer)?.has(seq) !== true) problems.push(`event ${seq} of writer ${writer} is missing`)
      }
      next = toSeq + 1
    }
  }
}
