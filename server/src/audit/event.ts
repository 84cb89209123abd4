import { hash } from 'node:crypto'
import type { ScanNote } from '../kernel/call.ts'
import type { CloseEntry, OpenEntry } from '../kernel/entry.ts'
import type { EntryId } from '../kernel/ids.ts'
import { isMarked, maskSecrets } from './mask-secrets.ts'

type Maybe = string | null

/** What opening says, in the order that is hashed. Adding a member means a new first element. */
export type OpenFields = readonly [
  kind: 'open',
  id: EntryId,
  timeMs: number,
  action: string,
  actorType: string,
  actorId: string,
  actorEmail: Maybe,
  proof: Maybe,
  requestId: string,
  correlationId: string,
  serverId: Maybe,
  tool: Maybe,
  pluginId: Maybe,
  resourceType: Maybe,
  resourceId: Maybe,
  clientName: Maybe,
  clientVersion: Maybe,
  ip: Maybe,
  via: Maybe,
  meta: Maybe,
]
/** What closing says. Action, server, tool and resource are the final ones, whether or not closing changed them. */
export type CloseFields = readonly [
  kind: 'close',
  id: EntryId,
  timeMs: number,
  action: string,
  outcome: string,
  reason: Maybe,
  serverId: Maybe,
  tool: Maybe,
  resourceId: Maybe,
  rules: readonly string[] | null,
  scans: readonly ScanFields[] | null,
]
/** Why a scanner spoke follows as a list of pairs, when it said so. */
export type ScanFields = readonly [
  scanner: string,
  score: number,
  durationMs: number,
  action: string,
  ...why: (readonly [name: ScanWhy, text: string])[],
]
const scanWhys = ['detector', 'category', 'where', 'excerpt', 'sensitivity', 'reason'] as const
export type ScanWhy = (typeof scanWhys)[number]
export type Fields = OpenFields | CloseFields

/** Bodies in the order they are hashed and stored; '' where there is none. An open event has only the first. */
export const bodyNames = ['arguments', 'result', 'error', 'before', 'after'] as const
export type BodyName = (typeof bodyNames)[number]
export type Bodies = Partial<Record<BodyName, string>>

/** An event as the spool holds it: the hashed JSON text of its fields, and its masked bodies. */
export type SpooledEvent = { readonly text: string; readonly bodies: readonly string[] }

/** Bodies beyond this many characters are kept as a note with their start: a call's record must stay bounded. */
export const maxBodyChars = 1024 * 1024
const keptOfCutBody = 4096
const maxFieldChars = 2000
const maxTextChars = 1500
/** Scanners that spoke about one call; there are about ten, and three texts. */
const maxScans = 32

/** C0 and C1 controls, bidirectional overrides, line separators and other invisible characters (T36). */
const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
/** Where hidden characters may be: everything beyond Latin, Greek and Cyrillic, and the C1 controls. */
const suspect = /[\x7f-\x9f\u00ad\u0600-\uffff]/

/** The hashed text of an open event. Secrets masked, control characters spelled out, lengths bounded. */
export function openText(id: EntryId, timeMs: number, entry: OpenEntry): string {
  const { actor } = entry
  const fields: OpenFields = [
    'open',
    id,
    timeMs,
    orDash(entry.action),
    orDash(actor.type),
    orDash(actor.id),
    orNull(actor.email),
    actor.proof === undefined ? null : `${actor.proof.kind}:${actor.proof.id}`,
    orDash(entry.requestId),
    orDash(entry.correlationId),
    orNull(entry.serverId),
    orNull(entry.tool),
    orNull(entry.pluginId),
    orNull(entry.resourceType),
    orNull(entry.resourceId),
    orNull(entry.clientName),
    orNull(entry.clientVersion),
    orNull(entry.ip),
    orNull(entry.via),
    orNull(entry.meta),
  ]
  const { tool, resourceId, clientName, clientVersion, meta, correlationId } = entry
  return eventText(
    fields,
    `${tool} ${resourceId} ${clientName} ${clientVersion} ${meta} ${correlationId} ${actor.email}`,
  )
}

/** The hashed text of a close event. `opened` supplies what closing does not replace. */
export function closeText(id: EntryId, timeMs: number, opened: OpenEntry, end: CloseEntry): string {
  const fields: CloseFields = [
    'close',
    id,
    timeMs,
    orDash(end.action),
    orDash(end.outcome),
    orNull(end.reason),
    orNull(end.serverId ?? opened.serverId),
    orNull(end.tool ?? opened.tool),
    orNull(end.resourceId ?? opened.resourceId),
    end.rules ?? null,
    end.scans?.slice(0, maxScans).map(scanFields) ?? null,
  ]
  const scanned = end.scans === undefined ? '' : end.scans.map(scanWords).join(' ')
  return eventText(fields, `${end.reason} ${end.tool} ${end.resourceId} ${scanned}`)
}

function scanFields(scan: ScanNote): ScanFields {
  const why = scanWhys.flatMap((name) => {
    const text = scan[name]
    return text === undefined || text === '' ? [] : [[name, text] as const]
  })
  return [scan.scanner, scan.score, scan.durationMs, scan.action, ...why]
}

/** What of a scan comes from outside: the place names members of somebody's JSON. */
const scanWords = ({ where, excerpt }: ScanNote) => `${where ?? ''} ${excerpt ?? ''}`

/** An empty text cannot be told from a missing one in a batch on its way to the database. */
const orNull = (text: string | undefined): Maybe => (text === undefined || text === '' ? null : text)
const orDash = (text: string): string => (text === '' ? '-' : text)

/** `words`: what of the fields comes from outside. Only that is looked at closely unless something is found. */
function eventText(fields: Fields, words: string): string {
  const text = JSON.stringify(fields)
  // A backslash stands for a control character, a quote or a lone surrogate.
  if (text.length <= maxTextChars && !text.includes('\\') && !suspect.test(words) && !isMarked(words))
    return text
  // Masked after cleaning: a hidden character inside a token must not keep the token from being seen.
  const masked = maskSecrets(JSON.stringify(clean(fields)))
  return JSON.stringify(JSON.parse(masked))
}

function clean<Value>(value: Value): Value {
  if (typeof value === 'string') return cleanField(value) as Value
  if (Array.isArray(value)) return value.slice(0, 200).map(clean) as Value
  return value
}

function cleanField(field: string): string {
  const bounded = field.length > maxFieldChars ? `${field.slice(0, maxFieldChars)}…` : field
  return visible(bounded.toWellFormed())
}

/** Control and invisible characters as `\u{1b}`, so that a record can neither move a terminal nor hide words. */
export function visible(text: string): string {
  return text.replace(hidden, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}

/** A raw JSON body as it may be stored. */
export function storedBody(raw: string | undefined): string {
  if (raw === undefined || raw === '') return ''
  if (raw.length > maxBodyChars) return cutBody(raw)
  // NUL and SOH separate things in the spool; no JSON text holds them raw.
  return maskSecrets(raw.includes('\0') || raw.includes('\x01') ? visible(raw) : raw)
}

/** Plain words (an error) as a JSON text. */
export function storedWords(words: string | undefined): string {
  return words === undefined || words === '' ? '' : storedBody(JSON.stringify(visible(words.toWellFormed())))
}

/** The start is masked with what follows it still in view, then cut, so that no half of a secret stays. */
function cutBody(raw: string): string {
  const start = maskSecrets(raw.slice(0, keptOfCutBody * 2)).slice(0, keptOfCutBody)
  return JSON.stringify({ cut: true, characters: raw.length, start: visible(start.toWellFormed()) })
}

/** `arguments:… result:…`: the SHA-256 of each body that is there, base64url; null without bodies. */
export function hashBodies(kind: Fields[0], bodies: readonly string[]): string | null {
  let hashes = ''
  for (let at = 0; at < bodies.length; at++) {
    const body = bodies[at]
    if (body === undefined || body === '') continue
    const name = kind === 'open' ? bodyNames[0] : bodyNames[at + 1]
    hashes += `${hashes === '' ? '' : ' '}${name}:${sha256(body)}`
  }
  return hashes === '' ? null : hashes
}

/** What stands for an event in its chain: fields and body hashes, so bodies can be erased without breaking it. */
export function digestEvent(text: string, hashes: string | null): string {
  return sha256(hashes === null ? text : `${text}\n${hashes}`)
}

/** The next hash of a chain; a chain begins at the hash of its writer's id. */
export function chainHash(previous: string, digest: string): string {
  return sha256(previous + digest)
}

export function chainStart(writer: string): string {
  return sha256(`runlayer audit chain ${writer}`)
}

/** base64url, 43 characters. */
export function sha256(text: string): string {
  return hash('sha256', text, 'base64url')
}
