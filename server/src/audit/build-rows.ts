import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Log } from '../lib/log.ts'
import type { CloseFields, OpenFields, SpooledEvent } from './event.ts'
import { chainHash, digestEvent, hashBodies } from './event.ts'
import type { LandingKeys } from './landing-words.ts'
import { type LargeBodies, openLargeBodies } from './large-bodies.ts'
import { type BodySeal, openBodySeal } from './seal-bodies.ts'
import { type Head, makeSigner, type Signer, signHead } from './sign-heads.ts'

/** How far a writer's chain has got. */
export type Chain = { readonly writer: string; readonly seq: number; readonly hash: string }

export type Opened = { fields: OpenFields; hashes: string | null; body: string; seq: number }
export type Closed = { fields: CloseFields; hashes: string | null; bodies: string; seq: number }

/** A batch ready to be stored: rows opened (and perhaps closed) in it, ends of rows opened before it, its signed head. */
export type Landing = {
  readonly from: Chain
  readonly to: Chain
  readonly head: Head
  readonly rows: readonly {
    open: Opened
    close: Closed | undefined
    openBodies: string | null
    closeBodies: string | null
  }[]
  readonly ends: readonly { close: Closed; closeBodies: string | null }[]
}

export type LandingParts = { signer: Signer; seal: BodySeal; large: LargeBodies; now: () => number }

/** Each thread that lands has its own: their seals must not count the same nonces. */
export function landingParts(o: {
  keys: LandingKeys
  large: { dir: string; maxBytes: number }
  now: () => number
  log: Log
}): LandingParts {
  return {
    signer: makeSigner(o.keys.heads),
    seal: openBodySeal(o.keys.bodies),
    large: openLargeBodies({ ...o.large, log: o.log }),
    now: o.now,
  }
}

/** A slice of this many events takes about a millisecond; between slices calls go on. */
const sliceEvents = 64
const maxInlineChars = 16 * 1024

/** Chains, hashes and seals events. Depends only on the events and their order, so a replay builds the same chain. */
export async function buildLanding(
  parts: LandingParts,
  from: Chain,
  events: readonly SpooledEvent[],
): Promise<Landing> {
  let { seq, hash } = from
  let digests = ''
  const opened = new Map<string, { open: Opened; close: Closed | undefined }>()
  const late: Closed[] = []
  for (let at = 0; at < events.length; at++) {
    if (at % sliceEvents === sliceEvents - 1) await nextTurn()
    const event = events[at]
    if (event === undefined) continue
    seq += 1
    const hashes = hashBodies(event.text.startsWith('["open"') ? 'open' : 'close', event.bodies)
    const digest = digestEvent(event.text, hashes)
    hash = chainHash(hash, digest)
    digests += digest
    const fields = JSON.parse(event.text) as OpenFields | CloseFields
    if (fields[0] === 'open') {
      opened.set(fields[1], { open: { fields, hashes, body: event.bodies[0] ?? '', seq }, close: undefined })
    } else {
      const close: Closed = { fields, hashes, bodies: event.bodies.join('\0'), seq }
      const row = opened.get(fields[1])
      if (row === undefined) late.push(close)
      else row.close = close
    }
  }
  const to = { writer: from.writer, seq, hash }
  const stretch = {
    writer: from.writer,
    fromSeq: from.seq + 1,
    toSeq: seq,
    prevHash: from.hash,
    hash,
    digests,
  }
  return {
    from,
    to,
    head: signHead(parts.signer, { ...stretch, signedAt: Math.round(parts.now()) }),
    rows: await sealRows(parts, [...opened.values()]),
    ends: await Promise.all(
      late.map(async (close) => ({
        close,
        closeBodies: await sealed(parts, close.fields[1], 'close', `\0${close.bodies}`),
      })),
    ),
  }
}

/** Both parts of a call that landed whole are sealed together: one cipher run per call instead of two. */
async function sealRows(
  parts: LandingParts,
  rows: { open: Opened; close: Closed | undefined }[],
): Promise<Landing['rows']> {
  const done: Landing['rows'][number][] = []
  for (const { open, close } of rows) {
    if (done.length % sliceEvents === sliceEvents - 1) await nextTurn()
    const id = open.fields[1]
    if (close === undefined) {
      const openBodies = await sealedOrNow(parts, id, 'open', open.body)
      done.push({ open, close, openBodies, closeBodies: null })
    } else {
      const closeBodies = await sealedOrNow(parts, id, 'close', `${open.body}\0${close.bodies}`)
      done.push({ open, close, openBodies: null, closeBodies })
    }
  }
  return done
}

type Part = 'open' | 'close'

/** Small bodies are sealed at once; an await for each row would cost more than the sealing. */
function sealedOrNow(
  parts: LandingParts,
  id: string,
  part: Part,
  plain: string,
): Promise<string | null> | string | null {
  if (plain.length <= 5 && plain.replaceAll('\0', '') === '') return null
  if (plain.length > maxInlineChars) return sealed(parts, id, part, plain)
  return parts.seal.seal(plain, id).toString('base64')
}

async function sealed(parts: LandingParts, id: string, part: Part, plain: string): Promise<string | null> {
  if (plain.length <= maxInlineChars) return sealedOrNow(parts, id, part, plain)
  await parts.large.put(id, part, parts.seal.seal(plain, id))
  return null
}
