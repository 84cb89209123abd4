import type { CloseEntry, OpenEntry } from '../kernel/entry.ts'
import { newId } from '../kernel/ids.ts'
import type { LandingParts } from './build-rows.ts'
import { chainStart, type SpooledEvent } from './event.ts'
import { closePayload, openPayload } from './journal.ts'
import { landBatch } from './land-events.ts'
import type { AuditStore } from './store.ts'

/** A made-up call at a given time (epoch milliseconds). */
export type DemoEntry = { timeMs: number; durationMs: number; open: OpenEntry; close: CloseEntry }

const batchEntries = 500

/** Writes made-up activity into a chain of its own, straight to the database: it need not survive a killed process. */
export async function importDemo(
  parts: LandingParts,
  to: { store: AuditStore; place: string },
  entries: readonly DemoEntry[],
): Promise<void> {
  const writer = newId()
  let chain = { writer: writer as string, seq: 0, hash: chainStart(writer) }
  await to.store.addWriter(chain, to.place, true)
  for (let at = 0; at < entries.length; at += batchEntries) {
    const events = entries.slice(at, at + batchEntries).flatMap(demoEvents)
    chain = await landBatch(parts, to.store, chain, events)
  }
}

function demoEvents({ timeMs, durationMs, open, close }: DemoEntry): SpooledEvent[] {
  const from = Math.trunc(timeMs)
  const id = newId<'audit_entry'>(from)
  return [openPayload(id, from, open), closePayload(id, from + Math.trunc(durationMs), open, close)].map(
    (payload) => {
      const [text = '', ...bodies] = payload.split('\0')
      return { text, bodies }
    },
  )
}
