import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { Caller } from '../kernel/caller.ts'
import type { Bus } from '../storage/storage.ts'

type OpenStream = { response: ServerResponse; reauthenticate(): Caller | Promise<Caller> }

/** Credentials looked up at once after a change of people or keys. */
const portion = 20

/** Streams outlive the moment their credential was judged, so each change of people or keys judges it again. */
export type StreamEnds = {
  watch(stream: OpenStream): void
  close(): void
}

export function endStreams(bus: Pick<Bus, 'on'>): StreamEnds {
  const open = new Set<OpenStream>()
  const judge = async (stream: OpenStream) => {
    try {
      await stream.reauthenticate()
    } catch {
      stream.response.destroy()
    }
  }
  const stop = bus.on('identity', async () => {
    const streams = [...open]
    for (let from = 0; from < streams.length; from += portion)
      await Promise.all(streams.slice(from, from + portion).map(judge))
  })
  return {
    watch(stream) {
      open.add(stream)
      stream.response.once('close', () => open.delete(stream))
    },
    close: stop,
  }
}

/** Only what may stay open: a GET, or a client that listens (protocol revision 2026-07-28). */
export function mayStayOpen(method: string | undefined, headers: IncomingHttpHeaders): boolean {
  return method === 'GET' || headers['mcp-method'] === 'subscriptions/listen'
}
