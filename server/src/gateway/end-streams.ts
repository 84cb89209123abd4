import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { Bus } from '../storage/storage.ts'
import { toGatewayError } from './rpc-text.ts'

/** A response that is not finished; `seat` is its place in the list, -1 outside. Only StreamEnds writes it. */
export type OpenStream = {
  readonly response: ServerResponse
  /** Whose news the stream carries: judged again with every change of people, so that rules see them as they are. */
  readonly asker: { caller: Caller }
  reauthenticate(): Caller | Promise<Caller>
  /** Ends what runs and says why, while there is something to say it to; without one the connection ends. */
  stop: ((error: GatewayError) => void) | undefined
  seat: number
}

/** Credentials looked up at once after a change of people or keys. */
const portion = 20

/**
 * A response outlives the moment its credential was judged, so each change of people or keys judges it again: streams that
 * wait for news, and calls that run. A list with seats and not a Set, as every call comes and goes here (lib/running.ts).
 */
export type StreamEnds = {
  watch(stream: OpenStream): void
  unwatch(stream: OpenStream): void
  close(): void
}

/** `onJudged` hears after each time that the people behind all of them were judged again. */
export function endStreams(bus: Pick<Bus, 'on'>, onJudged: () => void): StreamEnds {
  const open: OpenStream[] = []
  const judge = async (stream: OpenStream) => {
    try {
      stream.asker.caller = await stream.reauthenticate()
    } catch (thrown) {
      if (stream.stop === undefined) stream.response.destroy()
      else stream.stop(stoppedBy(thrown))
    }
  }
  const stop = bus.on('identity', async () => {
    const streams = [...open]
    for (let from = 0; from < streams.length; from += portion)
      await Promise.all(streams.slice(from, from + portion).map(judge))
    onJudged()
  })
  return {
    watch(stream) {
      stream.seat = open.length
      open.push(stream)
    },
    unwatch(stream) {
      const { seat } = stream
      if (seat === -1) return
      stream.seat = -1
      const last = open.pop()
      if (last === undefined || last === stream) return
      last.seat = seat
      open[seat] = last
    },
    close: stop,
  }
}

function stoppedBy(thrown: unknown): GatewayError {
  const error = toGatewayError(thrown)
  if (error.reason !== 'unauthenticated') return error
  return new GatewayError(
    'unauthenticated',
    'The credential of this request was revoked while it ran, so it was stopped. What the upstream had begun by then may have happened.',
    { cause: thrown },
  )
}

/** What stays open after it was answered: a GET, or a client that listens (protocol revision 2026-07-28). */
export function mayStayOpen(method: string | undefined, headers: IncomingHttpHeaders): boolean {
  return method === 'GET' || headers['mcp-method'] === 'subscriptions/listen'
}
