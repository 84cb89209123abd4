import { createHash } from 'node:crypto'
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http'
import { request as httpsRequest } from 'node:https'
import { GatewayError } from '../kernel/errors.ts'
import type { Processes } from '../processes/processes.ts'
import type { Visit } from './http.ts'
import type { Seal } from './seal.ts'

/**
 * Streams, waiting calls and upstream sessions live on one process. A request that needs one of another process is passed
 * on to it whole, and judged there from the credential up (design.md §3). Only the address of the client is vouched for,
 * sealed with a key that only processes of this installation can derive; the same header from outside says nothing (T6).
 */
export type PassOn = {
  /** The client's address as another process saw it; undefined for everything that came from outside. */
  addressBehind(request: Arrived): string | undefined
  /**
   * Passes the request to its home and the answer back; `body` is what was read of it. False when that process has ended
   * and nothing was sent. Rejects with call-lost when it ended while it answered.
   */
  pass(home: string, visit: Visit, body?: string): Promise<boolean>
}
type Arrived = Pick<IncomingMessage, 'headers' | 'method' | 'url'>

/** Thrown where it turns out that what a request continues waits on another process. */
export class LivesElsewhere extends Error {
  override readonly name = 'LivesElsewhere'
  readonly home: string

  constructor(home: string) {
    super('what this request continues waits on another process')
    this.home = home
  }
}

const header = 'x-runlayer-passed-on'
const freshMs = 30_000
const connectMs = 2_000
const graceMs = 500
const maxAtOnce = 2_000
/** Of one hop (RFC 9110 §7.6.1), or written anew. */
const ofOneHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'content-length',
  header,
])

const kept = (headers: IncomingHttpHeaders) =>
  Object.fromEntries(
    Object.entries(headers).filter(([name, value]) => value !== undefined && !ofOneHop.has(name)),
  )

/** What a seal is bound to: it vouches for this very request of this very credential. */
function digestOf({ method, url, headers }: Arrived): string {
  const { authorization, dpop } = headers
  const told = [method, url, authorization, headers['x-runlayer-api-key'], headers['mcp-session-id'], dpop]
  return createHash('sha256').update(JSON.stringify(told)).digest('base64url')
}

export function passingOn(parts: { processes: Processes; seal: Seal; now: () => number }): PassOn {
  const { processes, seal, now } = parts
  let running = 0
  return {
    addressBehind(request) {
      const sealed = request.headers[header]
      if (sealed === undefined || processes.self === undefined || typeof sealed !== 'string') return undefined
      const facts = seal.open(sealed)
      if (facts?.['h'] !== processes.self || facts['d'] !== digestOf(request)) return undefined
      return Math.abs(now() - Number(facts['t'])) > freshMs ? undefined : String(facts['i'])
    },
    async pass(home, visit, body) {
      const address = await processes.addressOf(home)
      if (address === undefined) return false
      if (running >= maxAtOnce)
        throw new GatewayError('busy', 'too many requests wait for another process; try again')
      const { request, asker } = visit
      const vouched = seal.seal({ h: home, i: asker.peer.ip, t: now(), d: digestOf(request) })
      // Its home says why it ends, and hears of it at the same time.
      visit.stop = () => void setTimeout(() => visit.response.destroy(), graceMs).unref()
      running += 1
      try {
        const went = await relay(new URL(request.url ?? '/', address), visit, { vouched, body })
        if (!went) processes.lost(home)
        return went
      } finally {
        running -= 1
      }
    },
  }
}

/** One connection for one request: a kept one could be closed by a process that ends, with the request half sent. */
function relay(
  url: URL,
  { request, response }: Visit,
  { vouched, body }: { vouched: string; body: string | undefined },
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const onward = send(url, {
      method: request.method ?? 'POST',
      agent: false,
      headers: { ...kept(request.headers), ...length, [header]: vouched },
    })
    const isReached = watchConnecting(onward)
    const leave = () => onward.destroy()
    response.once('close', leave)
    onward.once('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, kept(answer.headers))
      // The head of a stream must not wait for its first event.
      response.flushHeaders()
      answer.pipe(response)
      answer.once('error', () => response.destroy())
      answer.once('close', () => resolve(true))
    })
    onward.once('error', (cause) => {
      response.off('close', leave)
      if (response.destroyed || response.headersSent) return resolve(true)
      if (!isReached()) return resolve(false)
      reject(
        new GatewayError('call-lost', 'The process that held this session ended while it answered.', {
          cause,
        }),
      )
    })
    onward.end(body)
  })
}

/** Gives up on a process that takes no connection; tells whether one was made, and so something may have been sent. */
function watchConnecting(onward: ClientRequest): () => boolean {
  let isReached = false
  const timer = setTimeout(() => onward.destroy(new Error('no connection')), connectMs)
  onward.once('socket', (socket) => {
    const reached = () => {
      isReached = true
      clearTimeout(timer)
      // A machine that vanished says nothing; the system finds out.
      socket.setKeepAlive(true, 10_000)
    }
    if (socket.connecting) socket.once('connect', reached)
    else reached()
  })
  onward.once('close', () => clearTimeout(timer))
  return () => isReached
}
