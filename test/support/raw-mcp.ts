import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'

/** An MCP client that hides nothing: every header, status and message is the test's to choose and to see. */
export type RpcMessage = {
  jsonrpc?: string
  id?: string | number | null
  method?: string
  params?: Record<string, unknown>
  result?: Record<string, unknown>
  error?: { code: number; message: string; data?: Record<string, unknown> }
}

export type Reply = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** Every JSON-RPC message of the body or of its event stream, in order. */
  readonly messages: readonly RpcMessage[]
}

export type Sending = {
  method?: string
  /** Sent as it is, instead of the URL's own path, which may not hold dots or odd characters. */
  path?: string
  headers?: Record<string, string | undefined>
  body?: string | Buffer
  signal?: AbortSignal
  /** Called for each message of an event stream as it arrives. */
  onMessage?: (message: RpcMessage) => void
}

/** Of a longer answer the text is cut; its messages are all there. */
const keptChars = 64 * 1024 * 1024

const agent = new Agent({ keepAlive: true, maxSockets: 1_024 })

/** Sends one HTTP request; rejects only when the connection fails or the signal aborts. */
export function send(url: URL, sending: Sending = {}): Promise<Reply> {
  const { method = 'POST', headers = {}, body, path, signal, onMessage } = sending
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      url,
      {
        agent,
        method,
        headers: Object.fromEntries(given),
        ...(path === undefined ? {} : { path }),
        ...(signal === undefined ? {} : { signal }),
      },
      (incoming) => {
        const isStream = (incoming.headers['content-type'] ?? '').startsWith('text/event-stream')
        const messages: RpcMessage[] = []
        let text = ''
        let rest = ''
        incoming.setEncoding('utf8')
        incoming.on('data', (chunk: string) => {
          if (text.length < keptChars) text += chunk
          if (!isStream) return
          const events = `${rest}${chunk}`.split('\n\n')
          rest = events.pop() ?? ''
          for (const event of events) {
            const message = messageOf(event)
            if (message === undefined) continue
            messages.push(message)
            onMessage?.(message)
          }
        })
        incoming.on('error', reject)
        incoming.on('end', () => {
          if (!isStream) messages.push(...messagesIn(text))
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, messages })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function messageOf(event: string): RpcMessage | undefined {
  const data = event
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).trimStart())
    .join('\n')
  return data.startsWith('{') ? (JSON.parse(data) as RpcMessage) : undefined
}

function messagesIn(text: string): RpcMessage[] {
  if (!/^[[{]/.test(text.trimStart())) return []
  try {
    return [JSON.parse(text)].flat() as RpcMessage[]
  } catch {
    return []
  }
}

export const accepts = 'application/json, text/event-stream'
export const modernVersion = '2026-07-28'
const metaKey = (name: string) => `io.modelcontextprotocol/${name}`

export type Options = {
  id?: string | number
  signal?: AbortSignal
  headers?: Record<string, string | undefined>
  onMessage?: (message: RpcMessage) => void
}

/** One session of a client of the initialize era. */
export class LegacyClient {
  readonly url: URL
  readonly headers: Record<string, string>
  #nextId = 1

  private constructor(url: URL, headers: Record<string, string>) {
    this.url = url
    this.headers = headers
  }

  static async open(
    url: URL,
    key: string,
    options: { capabilities?: object; version?: string; name?: string } = {},
  ): Promise<LegacyClient> {
    const { capabilities = {}, version = '2025-11-25', name = 'raw' } = options
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', accept: accepts }
    const params = { protocolVersion: version, capabilities, clientInfo: { name, version: '1' } }
    const body = JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params })
    const reply = await send(url, { headers, body })
    const session = reply.headers['mcp-session-id']
    if (reply.status !== 200 || typeof session !== 'string')
      throw new Error(`initialize answered ${reply.status}: ${reply.text.slice(0, 300)}`)
    const client = new LegacyClient(url, {
      ...headers,
      'mcp-session-id': session,
      'mcp-protocol-version': version,
    })
    await client.notify('notifications/initialized')
    return client
  }

  request(method: string, params: object = {}, options: Options = {}): Promise<Reply> {
    const { id = this.#nextId++, headers, ...rest } = options
    const body = JSON.stringify({ jsonrpc: '2.0', id, method, params })
    return send(this.url, { ...rest, body, headers: { ...this.headers, ...headers } })
  }

  notify(method: string, params: object = {}): Promise<Reply> {
    return send(this.url, { headers: this.headers, body: JSON.stringify({ jsonrpc: '2.0', method, params }) })
  }

  /** Answers a request of the server. */
  answer(id: RpcMessage['id'], result: object): Promise<Reply> {
    return send(this.url, { headers: this.headers, body: JSON.stringify({ jsonrpc: '2.0', id, result }) })
  }
}

/** Headers and body of one stateless request; the test may break either before it is sent. */
export function modernRequest(
  key: string,
  message: { id?: string | number; method: string; params?: Record<string, unknown> },
  declared: { capabilities?: object; logLevel?: string; progressToken?: string } = {},
): { headers: Record<string, string>; body: string } {
  const { id = 1, method, params = {} } = message
  const meta = {
    [metaKey('protocolVersion')]: modernVersion,
    [metaKey('clientCapabilities')]: declared.capabilities ?? {},
    [metaKey('clientInfo')]: { name: 'raw', version: '2' },
    ...(declared.logLevel === undefined ? {} : { [metaKey('logLevel')]: declared.logLevel }),
    ...(declared.progressToken === undefined ? {} : { progressToken: declared.progressToken }),
  }
  const name = params['name'] ?? params['uri'] ?? params['taskId']
  return {
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      accept: accepts,
      'mcp-protocol-version': modernVersion,
      'mcp-method': method,
      ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta: meta } }),
  }
}

/** The answer to a request: the one message that carries a result or an error. */
export function answerOf(reply: Reply): RpcMessage {
  const answers = reply.messages.filter((one) => one.result !== undefined || one.error !== undefined)
  const [answer] = answers
  if (answers.length !== 1 || answer === undefined)
    throw new Error(`${answers.length} answers, status ${reply.status}: ${reply.text.slice(0, 500)}`)
  return answer
}

/** The first text block of a tool result. */
export function textOf(message: RpcMessage): string {
  const content = message.result?.['content'] as { text?: string }[] | undefined
  return content?.[0]?.text ?? ''
}
