import type { Readable, Writable } from 'node:stream'
import { GatewayError } from '../kernel/errors.ts'

const ready = 'ready\n'
const go = 'go\n'
const readyMs = 15_000

/**
 * A command that first says it stands where it should and then waits for a word from the server. Whoever tells the
 * kernel to end with its parent does so after it was started, so a parent killed before that would leave an orphan;
 * an orphan never gets the word. It also tells a sandbox that failed from a server that did.
 */
export function gateCommand(command: string, args: readonly string[]): string[] {
  return ['/bin/sh', '-c', 'echo ready && read -r go && exec "$@"', 'sh', command, ...args]
}

/** Resolves once the command itself is being started; rejects with hosting-failed when it never got that far. */
export async function passGate(streams: { stdin: Writable; stdout: Readable }): Promise<void> {
  const { stdin, stdout } = streams
  let said = ''
  await new Promise<void>((resolve, reject) => {
    const refuse = () =>
      finish(
        new GatewayError(
          'hosting-failed',
          'The sandbox of the hosted server could not be set up on this host.',
        ),
      )
    const late = setTimeout(refuse, readyMs)
    const hear = (chunk: Buffer) => {
      said += chunk.toString('latin1')
      if (said === ready) finish()
      else if (!ready.startsWith(said)) refuse()
    }
    const finish = (error?: GatewayError) => {
      clearTimeout(late)
      stdout.off('data', hear)
      stdout.off('end', refuse)
      // Whatever the server says next waits until somebody listens.
      stdout.pause()
      if (error === undefined) resolve()
      else reject(error)
    }
    stdout.on('data', hear)
    stdout.once('end', refuse)
  })
  stdin.write(go)
}
