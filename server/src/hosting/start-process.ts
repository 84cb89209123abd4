import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { GatewayError } from '../kernel/errors.ts'
import type { HostedProcess } from '../kernel/upstream.ts'
import { passGate } from './gate-command.ts'
import type { Wrapped } from './sandbox.ts'
import { splitLines } from './split-lines.ts'

const termAfterMs = 2_000
const killAfterMs = 4_000
/** How long output may still arrive after the process itself has gone. */
const drainMs = 500
/** What may wait for a process that does not read. */
const maxWaitingBytes = 64 * 1024 * 1024
const maxStderrLineBytes = 2_048

export type StartOptions = {
  readonly maxLineBytes: number
  onStderr(line: string): void
}

/** Starts a process of its own group; rejects with hosting-failed when it cannot be started at all. */
export async function startProcess(wrapped: Wrapped, o: StartOptions): Promise<HostedProcess> {
  const child = spawn(wrapped.file, wrapped.args, {
    cwd: wrapped.cwd,
    env: wrapped.env,
    shell: false,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', ...(wrapped.fd3 === undefined ? [] : (['pipe'] as const))],
  })
  const { stdin, stdout, stderr } = child
  if (stdin === null || stdout === null || stderr === null)
    throw new Error('a process without its three streams')
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (cause) =>
      reject(new GatewayError('hosting-failed', 'The command could not be started on this host.', { cause })),
    )
  })
  const options = child.stdio[3] as Writable | null | undefined
  options?.on('error', () => undefined)
  options?.end(wrapped.fd3)
  stdin.on('error', () => undefined)
  stderr.on('data', splitLines({ maxBytes: maxStderrLineBytes, onLine: o.onStderr, onTooLong: 'cut' }))
  const hosted = hostedProcess(child, { stdin, stdout }, o)
  await passGate({ stdin, stdout }).catch((error: unknown) => {
    signalGroup(hosted.pid, 'SIGKILL')
    throw error
  })
  return hosted
}

function hostedProcess(
  child: ChildProcess,
  streams: { stdin: Writable; stdout: Readable },
  o: StartOptions,
): HostedProcess {
  const pid = child.pid ?? 0
  const lineListeners = new Set<(line: string) => void>()
  const exitListeners = new Set<(reason: string) => void>()
  let ended: string | undefined
  let tooLong = false

  const end = (reason: string) => {
    if (ended !== undefined) return
    ended = tooLong ? 'it sent a line longer than this installation accepts' : reason
    for (const listener of exitListeners) listener(ended)
    exitListeners.clear()
    lineListeners.clear()
  }
  const finished = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      // What it left behind in its group goes with it.
      signalGroup(pid, 'SIGKILL')
      const reason = exitReason(code, signal)
      const late = setTimeout(() => end(reason), drainMs)
      child.once('close', () => {
        clearTimeout(late)
        end(reason)
      })
      resolve()
    })
  })
  const read = splitLines({
    maxBytes: o.maxLineBytes,
    onLine: (line) => {
      for (const listener of lineListeners) listener(line)
    },
    onTooLong: () => {
      tooLong = true
      signalGroup(pid, 'SIGKILL')
    },
  })

  return {
    pid,
    send(line) {
      if (ended !== undefined || child.exitCode !== null)
        throw new GatewayError('hosting-failed', 'The hosted server has ended.')
      if (streams.stdin.writableLength > maxWaitingBytes)
        throw new GatewayError('busy', 'The hosted server does not read what it is sent.')
      // One message is one line; outside of strings, where none can stand, a line end is white space (RFC 8259 §2).
      streams.stdin.write(`${/[\r\n]/.test(line) ? line.replace(/[\r\n]+/g, ' ') : line}\n`)
    },
    onLine(listener) {
      // Nothing is read, so nothing is lost, before somebody listens.
      if (lineListeners.size === 0) streams.stdout.on('data', read).resume()
      lineListeners.add(listener)
    },
    onExit(listener) {
      if (ended === undefined) exitListeners.add(listener)
      else listener(ended)
    },
    async stop() {
      streams.stdin.end()
      const term = setTimeout(() => signalGroup(pid, 'SIGTERM'), termAfterMs)
      const kill = setTimeout(() => signalGroup(pid, 'SIGKILL'), killAfterMs)
      await finished
      clearTimeout(term)
      clearTimeout(kill)
    },
  }
}

/** A group that is gone already is what we wanted. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  if (pid <= 1) return
  try {
    process.kill(-pid, signal)
  } catch {}
}

function exitReason(code: number | null, signal: string | null): string {
  if (signal !== null) return `killed by ${signal}`
  // A shell's way, and bubblewrap's, to say that a signal ended what it ran.
  if (code !== null && code > 128) return `killed by signal ${code - 128}`
  return `exit code ${code ?? 'unknown'}`
}
