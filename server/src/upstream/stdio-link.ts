import type { HostedProcess } from '../kernel/upstream.ts'
import { failure } from './explain-failure.ts'
import type { Link, LinkOwner } from './link.ts'

/** The line to a hosted process. Lines are messages; a line longer than `maxChars` ends the process, for it cannot be read. */
export function stdioLink(
  connector: LinkOwner,
  process: HostedProcess,
  o: { maxChars: number; onExit(): void },
): Link {
  let closed = false
  const stop = () => {
    closed = true
    process.stop().catch(() => undefined)
  }
  return {
    send(text) {
      process.send(text)
      return undefined
    },
    listen({ onText, onEnd }) {
      process.onLine((line) => {
        if (closed || line === '') return
        if (line.length <= o.maxChars) {
          onText(line)
          return
        }
        stop()
        onEnd(failure(connector, 'upstream-too-large', `wrote a line longer than ${o.maxChars} characters.`))
      })
      process.onExit((reason) => {
        if (closed) return
        o.onExit()
        closed = true
        onEnd(failure(connector, 'upstream-unreachable', `ended: ${reason}`))
      })
    },
    close: stop,
  }
}
