import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Credential, RawObject } from '../../server/src/kernel/call.ts'
import type { Connector } from '../../server/src/kernel/connector.ts'
import type { HostedProcess, Hosting, UpstreamRequest } from '../../server/src/kernel/upstream.ts'
import type { Log } from '../../server/src/lib/log.ts'
import { objectText } from '../../server/src/lib/raw-json.ts'
import {
  type OpenUpstreams,
  openUpstreams,
  type UpstreamOptions,
} from '../../server/src/upstream/upstream.ts'

export const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

export const credential: Credential = { owner: 'shared', revision: '1', headers: {}, env: {}, args: [] }

/** A request with everything optional but the connector. Params are given as a plain object. */
export function requestOf(
  connector: Connector,
  part: Partial<Omit<UpstreamRequest, 'params'>> & { tool?: string; args?: object; params?: RawObject } = {},
): UpstreamRequest {
  const { tool = 'echo', args = { text: 'hello' }, ...rest } = part
  return {
    connector,
    credential,
    lane: { principal: 'ada', session: undefined, exclusive: false },
    method: 'tools/call',
    params: new Map([
      ['name', JSON.stringify(tool)],
      ['arguments', JSON.stringify(args)],
    ]),
    capabilities: {},
    logLevel: undefined,
    wantsProgress: false,
    paramHeaders: {},
    idleTimeoutMs: 5000,
    signal: new AbortController().signal,
    onNotification: () => undefined,
    onAsk: () => Promise.resolve({ error: '{"code":-1,"message":"not expected"}' }),
    ...rest,
  }
}

/** Runs each "process" as a real child of this one, without a sandbox: `connector.command` is a TypeScript file. */
export function childHosting(): Hosting & { readonly children: ChildProcess[]; starts: number } {
  const children: ChildProcess[] = []
  const hosting = {
    children,
    starts: 0,
    start(connector: Connector): Promise<HostedProcess> {
      hosting.starts++
      const child = spawn(process.execPath, [connector.command ?? '', ...connector.args], {
        stdio: ['pipe', 'pipe', 'ignore'],
      })
      children.push(child)
      child.stdin.on('error', () => undefined)
      return Promise.resolve({
        pid: child.pid ?? 0,
        send: (line) => child.stdin.write(`${line}\n`),
        onLine: (listener) => createInterface(child.stdout).on('line', listener),
        onExit: (listener) => child.once('exit', (code, signal) => listener(`exit ${code ?? signal}`)),
        stop: () =>
          new Promise((done) => {
            if (child.exitCode !== null || child.signalCode !== null) return done()
            child.once('exit', () => done())
            child.kill('SIGKILL')
          }),
      })
    },
    log: () => [],
    stopAll: () => Promise.resolve(),
  }
  return hosting
}

/** Upstreams that may reach loopback, closed by `drain`. */
export function openTestUpstreams(part: Partial<UpstreamOptions> = {}): OpenUpstreams {
  return openUpstreams({
    hosting: childHosting(),
    allowedNetworks: ['127.0.0.0/8'],
    limits: { upstreamBytes: 1024 * 1024, jsonDepth: 64 },
    product: { name: 'Runlayer', version: '0.0.0' },
    now: Date.now,
    log: silent,
    ...part,
    caps: { resumeDelayMs: 20, openMs: 3000, probeStdioMs: 2000, ...part.caps },
  })
}

/** The text of the first content block of a result. */
export function textOf(reply: Awaited<ReturnType<OpenUpstreams['call']>>): string {
  if (reply.kind !== 'result') throw new Error(`an error: ${reply.code} ${reply.message}`)
  return (JSON.parse(reply.text) as { content: { text: string }[] }).content[0]?.text ?? ''
}

export function plain(params: RawObject): unknown {
  return JSON.parse(objectText(params))
}
