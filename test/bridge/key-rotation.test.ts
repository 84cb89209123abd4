import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommand } from '../../cli/src/main.ts'
import { readBody, sendJson, serve } from '../fixtures/http-fixture.ts'
import { freshServer } from '../support/fresh-server.ts'
import { answerOf, modernRequest, send } from '../support/raw-mcp.ts'
import { type RunningServer, startServer } from '../support/server.ts'
import { addConnector, addPerson, allow } from '../support/world.ts'

let server: RunningServer
const upstream = await serve((request, response) => {
  void (async () => {
    const message = JSON.parse((await readBody(request)) || '{}') as { id?: number; method?: string }
    if (request.headers.authorization !== 'Bearer sesame') return void response.writeHead(401).end()
    if (message.id === undefined) return void response.writeHead(202).end()
    const results: Record<string, unknown> = {
      initialize: {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'x', version: '1' },
      },
      'tools/list': { tools: [{ name: 'open', inputSchema: { type: 'object' } }] },
      'tools/call': { content: [{ type: 'text', text: 'opened' }] },
    }
    sendJson(response, 200, { jsonrpc: '2.0', id: message.id, result: results[message.method ?? ''] ?? {} })
  })()
})
beforeAll(async () => {
  server = await freshServer()
}, 60_000)
afterAll(async () => {
  await server?.remove()
  await upstream.close()
})

async function cli(...args: string[]): Promise<{ code: number; out: string }> {
  const lines: string[] = []
  const code = await runCommand([...args, '--url', server.url.origin], {
    data: (line) => lines.push(line),
    message: (line) => lines.push(line),
    env: { RUNLAYER_API_KEY: server.adminKey },
    signal: new AbortController().signal,
  })
  return { code, out: lines.join('\n') }
}

test('a command replaces the key while the server runs; without the old one everything opens after a start', async () => {
  const made = await addConnector(server, 'Sealed', upstream.url, {
    auth: { type: 'bearer', token: 'sesame' },
    protocol: 'legacy',
  })
  const ada = await addPerson(server, 'ada')
  await allow(server, [ada], [made])
  const call = async () => {
    const url = new URL(made.url.pathname, server.url)
    const request = { method: 'tools/call', params: { name: 'open', arguments: {} } }
    return answerOf(await send(url, modernRequest(ada.key, request))).result
  }
  expect(await call()).toMatchObject({ content: [{ text: 'opened' }] })
  const { code, out } = await cli('admin', 'rotate-key')
  expect(out).toContain('A new key protects everything')
  expect(code).toBe(0)
  expect(await call()).toMatchObject({ content: [{ text: 'opened' }] })
  const rows = await server.api<{ data: { action: string; outcome: string }[] }>(
    'GET',
    '/api/v1/audit-logs?action=secret_key_rotated',
  )
  expect(rows.data).toMatchObject([{ outcome: 'success' }])

  const [kept, ...others] = readdirSync(server.dataDir).filter((name) => name.startsWith('secret.key.'))
  expect(others).toEqual([])
  rmSync(join(server.dataDir, kept ?? 'none'))
  await server.stop()
  server = await startServer({ dataDir: server.dataDir })
  expect(await call()).toMatchObject({ content: [{ text: 'opened' }] })
}, 90_000)
