import { rm } from 'node:fs/promises'
import { newId } from '../kernel/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Chain, LandingParts } from './build-rows.ts'
import { chainStart } from './event.ts'
import { landBatch } from './land-events.ts'
import { type FoundSegment, findSegments, readSegment } from './read-spool.ts'
import type { AuditStore } from './store.ts'

/**
 * Lands what earlier processes of this data folder left in the spool, then removes it. What had landed before the
 * process died is skipped by its sequence number. Returns how many events were landed.
 */
export async function replaySpool(
  o: LandingParts & { dir: string; place: string; store: AuditStore; log: Log },
): Promise<number> {
  let landed = 0
  const byWriter = Map.groupBy(await findSegments(o.dir), ({ writer }) => writer)
  for (const [writer, segments] of byWriter) {
    landed += await replayWriter(o, writer, segments)
    for (const { path } of segments) await rm(path, { force: true })
  }
  if (landed > 0)
    o.log.info({ events: landed }, 'audit events of an earlier process were stored from the spool')
  return landed
}

type Parts = Parameters<typeof replaySpool>[0]

async function replayWriter(o: Parts, writer: string, segments: readonly FoundSegment[]): Promise<number> {
  let chain = await o.store.findChain(writer)
  let landed = 0
  // Where the spool counts from when the chain is not the writer's own; 0 otherwise.
  let skew = 0
  for (const { path } of segments) {
    const reader = await readSegment(path)
    if (reader === undefined) continue
    let at = reader.base
    // A database restored from an older backup lacks what came before: a chain of its own keeps what is left.
    if (chain === undefined || chain.seq + skew < at) {
      o.log.warn(
        { writer, from: at, stored: chain?.seq ?? 0 },
        'the database lacks earlier audit events of this spool',
      )
      chain = await newChain(o)
      skew = at
    }
    for (let events = await reader.next(); events.length > 0; events = await reader.next()) {
      const fresh = events.slice(Math.max(0, chain.seq + skew - at))
      at += events.length
      chain = await landBatch(o, o.store, chain, fresh)
      landed += fresh.length
    }
    await reader.close()
  }
  return landed
}

async function newChain(o: Parts): Promise<Chain> {
  const writer = newId()
  const chain = { writer, seq: 0, hash: chainStart(writer) }
  await o.store.addWriter(chain, o.place)
  return chain
}
