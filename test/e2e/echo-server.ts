import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { z } from 'zod'

function echoServer(): McpServer {
  const server = new McpServer({ name: 'echo', version: '1.0.0' })
  server.registerTool(
    'echo',
    { description: 'Says again what it is told', inputSchema: { text: z.string().describe('What to say') } },
    ({ text }) => ({ content: [{ type: 'text', text }] }),
  )
  server.registerTool('now', { description: 'Tells the time' }, () => ({
    content: [{ type: 'text', text: 'noon' }],
  }))
  return server
}

/** A server of the official SDK over Streamable HTTP, without sessions, on a free port. */
export async function startEchoServer(): Promise<{ url: string; close(): Promise<void> }> {
  const http = createServer((req, res) => {
    const server = echoServer()
    const transport = new StreamableHTTPServerTransport({})
    res.on('close', () => void server.close())
    void server.connect(transport as never).then(() => transport.handleRequest(req, res))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }
}
