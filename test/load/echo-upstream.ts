import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * The upstream of the bench: a legacy MCP server (2025-11-25) on plain node:http, as cheap as one can be. Run as a child
 * process it prints its port as the only line and ends with its parent's pipe or a SIGTERM.
 */

const toolsList = {
  tools: [
    {
      name: 'echo',
      description: 'Answers with the text it was given.',
      inputSchema: {
        type: 'object',
        properties: { text: { type: 'string' } },
        required: ['text'],
        additionalProperties: false,
      },
    },
  ],
}

/** About 200 bytes of answer for a text of about 100. */
function resultOf(
  method: string,
  params: { protocolVersion?: string; name?: string; arguments?: { text?: string } } | undefined,
): unknown {
  if (method === 'tools/call')
    return { content: [{ type: 'text', text: params?.arguments?.text ?? '' }], isError: false }
  if (method === 'tools/list') return toolsList
  if (method === 'ping') return {}
  if (method === 'initialize') {
    return {
      protocolVersion: params?.protocolVersion ?? '2025-11-25',
      capabilities: { tools: {} },
      serverInfo: { name: 'echo-upstream', version: '1.0.0' },
    }
  }
  return undefined
}

function answer(res: ServerResponse, body: string, sessionId: string | undefined): void {
  const headers: Record<string, string | number> = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  }
  if (sessionId !== undefined) headers['mcp-session-id'] = sessionId
  res.writeHead(200, headers)
  res.end(body)
}

function handle(req: IncomingMessage, res: ServerResponse, text: string): void {
  const message = JSON.parse(text) as { id?: string | number; method: string; params?: { name?: string } }
  if (message.id === undefined) {
    res.writeHead(202, { 'content-length': 0 }).end()
    return
  }
  const id = JSON.stringify(message.id)
  const starting = message.method === 'initialize'
  if (!starting && req.headers['mcp-session-id'] === undefined) {
    const body = '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"no session"}}'
    res.writeHead(400, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
    return
  }
  const result = resultOf(message.method, message.params)
  const outcome =
    result === undefined
      ? '"error":{"code":-32601,"message":"method not found"}'
      : `"result":${JSON.stringify(result)}`
  answer(res, `{"jsonrpc":"2.0","id":${id},${outcome}}`, starting ? randomUUID() : undefined)
}

/** Starts the server on a free loopback port and resolves to it. */
export function startEchoUpstream(): Promise<{ port: number; close(): void }> {
  const server = createServer((req, res) => {
    if (req.method !== 'POST') {
      res.writeHead(req.method === 'DELETE' ? 200 : 405, { 'content-length': 0 }).end()
      return
    }
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () =>
      handle(req, res, (chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString()),
    )
  })
  server.keepAliveTimeout = 60_000
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => {
      done({
        port: (server.address() as AddressInfo).port,
        close: () => {
          server.closeAllConnections()
          server.close()
        },
      })
    })
  })
}

if (import.meta.main) {
  const { port } = await startEchoUpstream()
  console.log(port)
  process.once('SIGTERM', () => process.exit(0))
  process.stdin.on('end', () => process.exit(0)).resume()
}
