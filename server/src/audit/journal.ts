import type { CloseEntry, Journal, OpenEntry, OpenedEntry } from '../kernel/entry.ts'
import { type EntryId, newId } from '../kernel/ids.ts'
import { closeText, openText, storedBody, storedWords } from './event.ts'
import type { Spool } from './spool.ts'

/** The spool's payload of an event: its text, then its bodies, ending with the last one that is there. */
export function openPayload(id: EntryId, timeMs: number, entry: OpenEntry): string {
  const text = openText(id, timeMs, entry)
  const body = storedBody(entry.arguments)
  return body === '' ? text : `${text}\0${body}`
}

export function closePayload(id: EntryId, timeMs: number, opened: OpenEntry, end: CloseEntry): string {
  const text = closeText(id, timeMs, opened, end)
  const result = storedBody(end.result)
  if (end.error === undefined && end.before === undefined && end.after === undefined) {
    return result === '' ? text : `${text}\0${result}`
  }
  return `${text}\0${result}\0${storedWords(end.error)}\0${storedBody(end.before)}\0${storedBody(end.after)}`
}

/** The journal on the spool: one payload at opening, one at closing, both before whatever waits for them goes on. */
export function openJournal(
  spool: Spool,
  now: () => number,
): Journal & { record(entry: OpenEntry, end: CloseEntry): Promise<EntryId> } {
  const nextId = entryIds()
  const append = (id: EntryId, timeMs: number, entry: OpenEntry) =>
    spool.append(openPayload(id, timeMs, entry))
  return {
    open(entry) {
      const timeMs = Math.trunc(now())
      const id = nextId(timeMs)
      return append(id, timeMs, entry).then(() => opened(spool, now, { id, entry }))
    },
    async record(entry, end) {
      const timeMs = Math.trunc(now())
      const id = nextId(timeMs)
      await Promise.all([append(id, timeMs, entry), spool.append(closePayload(id, timeMs, entry, end))])
      return id
    },
  }
}

/** Ids of one millisecond are in the order of their making: the list of entries is ordered by id. */
function entryIds(): (timeMs: number) => EntryId {
  let lastMs = 0
  let count = 0
  return (timeMs) => {
    count = timeMs === lastMs ? Math.min(count + 1, 0xfff) : 0
    lastMs = timeMs
    const id = newId<'audit_entry'>(timeMs)
    // RFC 9562 §6.2, method 1: the 12 bits after the version hold a counter.
    return `${id.slice(0, 15)}${count.toString(16).padStart(3, '0')}${id.slice(18)}` as EntryId
  }
}

function opened(spool: Spool, now: () => number, of: { id: EntryId; entry: OpenEntry }): OpenedEntry {
  // The arguments are in the spool; a call that runs for hours must not keep them in memory.
  const { arguments: _, ...entry } = of.entry
  let closing: Promise<void> | undefined
  return {
    id: of.id,
    close(end) {
      closing ??= spool.append(closePayload(of.id, Math.trunc(now()), entry, end))
      return closing
    },
  }
}
