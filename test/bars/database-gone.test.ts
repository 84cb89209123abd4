import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newestBinaries, startPostgres } from '../support/postgres.ts'
import { answerOf, modernRequest, send } from '../support/raw-mcp.ts'
import { type RunningServer, startServer } from '../support/server.ts'
import { addPerson, type Person } from '../support/world.ts'

/** Both front doors after the database went, for somebody it would have to be asked about and for somebody known. */
const binaries = newestBinaries()
let server: RunningServer
let known: Person
let unknown: Person

const search = {
  method: 'tools/call',
  params: { name: 'search_tools', arguments: { meta: 'what is there' } },
}
const busy = 'The database does not answer in time. Try again in a moment.'

beforeAll(async () => {
  if (binaries === undefined) return
  const postgres = await startPostgres(binaries)
  try {
    server = await startServer({
      env: {
        RUNLAYER_DATABASE_URL: postgres.url,
        RUNLAYER_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
      },
    })
    known = await addPerson(server, 'ada')
    unknown = await addPerson(server, 'ben')
    await send(new URL('/mcp', server.url), modernRequest(known.key, { method: 'tools/list' }))
  } finally {
    await postgres.stop()
  }
}, 120_000)
afterAll(() => server?.remove())

describe.skipIf(binaries === undefined)('while the database is gone', () => {
  test('REST and MCP say so in the same words, and when to come again', async () => {
    const rest = await fetch(new URL('/api/v1/connectors', server.url), {
      headers: { 'x-runlayer-api-key': unknown.key },
    })
    expect([rest.status, rest.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await rest.json()).toMatchObject({
      type: '/problems/busy',
      detail: busy,
      fault: 'gateway',
      data: { retry_after_seconds: 1 },
    })
    const { body, headers } = modernRequest(unknown.key, { method: 'tools/list' })
    const mcp = await fetch(new URL('/mcp', server.url), {
      method: 'POST',
      headers: { ...headers },
      body: body ?? '',
    })
    expect([mcp.status, mcp.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await mcp.json()).toMatchObject({
      error: {
        code: -31040,
        message: busy,
        data: { reason: 'busy', fault: 'gateway', retry_after_seconds: 1 },
      },
    })
  })

  test('a search of somebody known that needs the database is answered so as well', async () => {
    const { error } = answerOf(await send(new URL('/mcp', server.url), modernRequest(known.key, search)))
    expect(error).toMatchObject({ code: -31040, message: busy, data: { retry_after_seconds: 1 } })
  })
})
