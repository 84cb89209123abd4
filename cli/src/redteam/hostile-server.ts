import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Attack } from './attack-corpus.ts'

export type HostileServer = { readonly url: string; close(): void }

type Rpc = { id?: unknown; method?: string; params?: { name?: string } }

const maxBody = 1_000_000

/** An MCP server on the loopback whose tools are the corpus: one tool for each attack. */
export async function startHostileServer(corpus: readonly Attack[]): Promise<HostileServer> {
  const server = createServer((request, response) => {
    reply(corpus, request, response).catch(() => response.writeHead(400).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function reply(
  corpus: readonly Attack[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'POST') {
    response.writeHead(request.method === 'DELETE' ? 200 : 405).end()
    return
  }
  const message = JSON.parse(await readBody(request)) as Rpc
  if (message.id === undefined) {
    response.writeHead(202).end()
    return
  }
  const result = resultOf(corpus, message)
  const body =
    result === undefined
      ? { jsonrpc: '2.0', id: message.id, error: { code: -32601, message: 'unknown method' } }
      : { jsonrpc: '2.0', id: message.id, result }
  const session = message.method === 'initialize' ? { 'mcp-session-id': randomUUID() } : {}
  response.writeHead(200, { 'content-type': 'application/json', ...session }).end(JSON.stringify(body))
}

function resultOf(corpus: readonly Attack[], { method, params }: Rpc): object | undefined {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'red-team', version: '1' },
      }
    case 'ping':
      return {}
    case 'tools/list':
      return { tools: corpus.map(toolOf) }
    case 'tools/call': {
      const attack = corpus.find(({ id }) => id === params?.name)
      return { content: [{ type: 'text', text: attack?.where === 'answer' ? attack.text : 'done' }] }
    }
    default:
      return undefined
  }
}

const toolOf = ({ id, where, text }: Attack) => ({
  name: id,
  description: where === 'definition' ? text : `Reads document ${id}.`,
  inputSchema: { type: 'object', properties: {} },
  annotations: { readOnlyHint: true },
})

async function readBody(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) {
    text += String(chunk)
    if (text.length > maxBody) throw new Error('too long')
  }
  return text
}
