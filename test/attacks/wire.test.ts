import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWitnessUpstream, type WitnessUpstream, witnessTools } from '../fixtures/witness-upstream.ts'
import { freshServer } from '../support/fresh-server.ts'
import { answerOf, LegacyClient, modernRequest, type Reply, send, textOf } from '../support/raw-mcp.ts'
import type { RunningServer } from '../support/server.ts'
import { addConnector, addPerson, allow, type Made, type Person } from '../support/world.ts'

let server: RunningServer
let upstream: WitnessUpstream
let connector: Made
let person: Person
let other: Person
let client: LegacyClient
const plugin = () => new URL('/mcp', server.url)

beforeAll(async () => {
  upstream = await startWitnessUpstream('modern')
  upstream.tools = [
    ...witnessTools,
    {
      name: 'sell',
      description: 'Mirrors two arguments in headers.',
      inputSchema: {
        type: 'object',
        properties: {
          nonce: { type: 'string' },
          region: { type: 'string', 'x-mcp-header': 'Region' },
          amount: { type: 'integer', 'x-mcp-header': 'Amount' },
        },
      },
    },
  ]
  server = await freshServer()
  connector = await addConnector(server, 'Wire', upstream.url)
  person = await addPerson(server, 'ada')
  other = await addPerson(server, 'ben')
  await allow(server, [person, other], [connector])
  client = await LegacyClient.open(connector.url, person.key)
})
afterAll(async () => {
  await server?.remove()
  await upstream?.close()
})

/** The same text in a legacy session and as it stands on the plugin endpoint without one. */
const post = (body: string | Buffer, headers: Record<string, string> = {}): Promise<Reply> =>
  send(connector.url, { body, headers: { ...client.headers, ...headers } })

/** Works between the attacks: what was refused cost nobody else anything. */
async function stillAnswers(): Promise<void> {
  const reply = await client.request('tools/call', { name: 'echo', arguments: { nonce: 'still here' } })
  expect(textOf(answerOf(reply))).toContain('still here')
}

describe('T20 a text that two readers could read differently is refused', () => {
  const args = '{"nonce":"t20"}'
  const ambiguous: Record<string, string> = {
    'method twice': `{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call","params":{"name":"echo","arguments":${args}}}`,
    'params twice': `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{},"params":{"name":"echo","arguments":${args}}}`,
    'name twice': `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wait","name":"echo","arguments":${args}}}`,
    'name twice, once escaped': `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wait","n\\u0061me":"echo","arguments":${args}}}`,
    'an argument twice': `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"nonce":"t20","nonce":"t20b"}}}`,
    'an argument twice, deep': `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"nonce":"t20","a":[{"b":{"c":1,"c":2}}]}}}`,
    'id twice': `{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/call","params":{"name":"echo","arguments":${args}}}`,
    'Method in other case': `{"jsonrpc":"2.0","id":1,"Method":"tools/list","method":"tools/call","params":{"name":"echo","arguments":${args}}}`,
    'only METHOD': `{"jsonrpc":"2.0","id":1,"METHOD":"tools/call","params":{"name":"echo","arguments":${args}}}`,
    'PARAMS in other case': `{"jsonrpc":"2.0","id":1,"method":"tools/call","PARAMS":{"name":"wait"},"params":{"name":"echo","arguments":${args}}}`,
    'Name in other case': `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"Name":"wait","name":"echo","arguments":${args}}}`,
    'Arguments in other case': `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":${args},"Arguments":{}}}`,
    'a long s in argumentſ': `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":${args},"argument\u017f":{}}}`,
    'a Kelvin sign in progressToKen': `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":${args},"_meta":{"progressTo\u212aen":1}}}`,
    '_META in other case': `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":${args},"_META":{}}}`,
    '__proto__ at the top': `{"__proto__":{},"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":${args}}}`,
    '__proto__ in params': `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"__proto__":{"name":"echo"},"name":"echo","arguments":${args}}}`,
    '__proto__ in arguments': `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"__proto__":{"nonce":"t20"},"nonce":"t20"}}}`,
    '__proto__ escaped, deep': `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"nonce":"t20","a":{"\\u005f_proto__":1}}}}`,
  }

  test.each(Object.entries(ambiguous))('T20 %s', async (_, body) => {
    const before = upstream.calls.length
    const reply = await post(body)
    expect(reply.status, reply.text).toBe(400)
    expect(reply.messages[0]?.error?.code).toBe(-32600)
    const modern = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'echo' }
    const { 'mcp-session-id': _session, ...headers } = client.headers
    expect((await send(connector.url, { body, headers: { ...headers, ...modern } })).status).toBe(400)
    expect(upstream.calls.length).toBe(before)
  })

  test('T20 the same on the 2025-03-26 batch, item by item', async () => {
    const old = await LegacyClient.open(connector.url, person.key, { version: '2025-03-26' })
    const before = upstream.calls.length
    for (const body of Object.values(ambiguous)) {
      const reply = await send(connector.url, { body: `[${body}]`, headers: old.headers })
      expect(reply.status, body).toBe(400)
    }
    expect(upstream.calls.length).toBe(before)
  })

  test('T20 REST bodies too', async () => {
    for (const body of [
      '{"email":"a@example.com","email":"b@example.com"}',
      '{"email":"a@example.com","__proto__":{"roles":["super_admin"]}}',
      '{"email":"a@example.com","constructor":{"prototype":{}}}',
      '{"email":"a@example.com","Email":"b@example.com"}',
    ]) {
      const reply = await send(new URL('/api/v1/users', server.url), {
        body,
        headers: { 'x-runlayer-api-key': server.adminKey, 'content-type': 'application/json' },
      })
      expect([400, 422], `${body}: ${reply.text}`).toContain(reply.status)
    }
  })

  test('T20 what the policy saw is what the upstream got, to the byte', async () => {
    const odd = '{"nonce":"t20 exact \\u00e9 \\/ \\ud83d\\ude00"}'
    await post(`{"jsonrpc":"2.0","id":99,"method":"tools/call","params":{"name":"echo","arguments":${odd}}}`)
    expect(upstream.calls.at(-1)?.text).toContain(`"arguments":${odd}`)
  })
})

describe('T21 a header never decides against the body', () => {
  const call = (params: Record<string, unknown> = { name: 'echo', arguments: { nonce: 't21' } }) =>
    modernRequest(person.key, { method: 'tools/call', params })

  const contradictions: Record<string, Record<string, string | undefined>> = {
    'another method': { 'mcp-method': 'tools/list' },
    'a method in other case': { 'mcp-method': 'Tools/Call' },
    'no method': { 'mcp-method': undefined },
    'another name': { 'mcp-name': 'wait' },
    'a name in other case': { 'mcp-name': 'Echo' },
    'no name': { 'mcp-name': undefined },
    'another name in base64': { 'mcp-name': `=?base64?${Buffer.from('wait').toString('base64')}?=` },
    'broken base64': { 'mcp-name': '=?base64?%%%?=' },
    'another version': { 'mcp-protocol-version': '2025-11-25' },
    'no version': { 'mcp-protocol-version': undefined },
  }
  test.each(Object.entries(contradictions))('T21 %s is refused with 400 and -32020', async (_, headers) => {
    const before = upstream.calls.length
    const request = call()
    for (const url of [connector.url]) {
      const reply = await send(url, { ...request, headers: { ...request.headers, ...headers } })
      expect(reply.status, reply.text).toBe(400)
      expect(answerOf(reply).error?.code).toBe(-32020)
    }
    expect(upstream.calls.length).toBe(before)
  })

  test('T21 the plugin too: the header must name the meta tool, and cannot name the real one', async () => {
    const request = modernRequest(person.key, {
      method: 'tools/call',
      params: {
        name: 'execute_tool',
        arguments: { meta: 't21', tool_name: 'wire_echo', arguments: { nonce: 't21' } },
      },
    })
    for (const name of ['wire_echo', 'search_tools', undefined]) {
      const reply = await send(plugin(), { ...request, headers: { ...request.headers, 'mcp-name': name } })
      expect([reply.status, answerOf(reply).error?.code], String(name)).toEqual([400, -32020])
    }
  })

  const mirrored = { name: 'sell', arguments: { nonce: 't21 sell', region: 'eu', amount: 7 } }
  const good = { 'mcp-param-region': 'eu', 'mcp-param-amount': '7' }
  test.each<[string, Record<string, string | undefined>]>([
    ['a parameter header that contradicts', { ...good, 'mcp-param-region': 'us' }],
    ['an integer that contradicts', { ...good, 'mcp-param-amount': '8' }],
    ['a missing parameter header', { ...good, 'mcp-param-region': undefined }],
  ])('T21 %s is refused', async (_, headers) => {
    const before = upstream.calls.length
    const request = call(mirrored)
    const reply = await send(connector.url, { ...request, headers: { ...request.headers, ...headers } })
    expect([reply.status, answerOf(reply).error?.code], reply.text).toEqual([400, -32020])
    expect(upstream.calls.length).toBe(before)
  })

  test('T21 a parameter header that mirrors nothing goes no further', async () => {
    const request = call(mirrored)
    await send(connector.url, {
      ...request,
      headers: { ...request.headers, ...good, 'mcp-param-other': 'x' },
    })
    expect(upstream.calls.some((one) => one.headers['mcp-param-other'] !== undefined)).toBe(false)
  })

  test('T21 headers that agree pass, and the upstream gets headers computed from the body', async () => {
    const request = call(mirrored)
    const encoded = { 'mcp-param-region': `=?base64?${Buffer.from('eu').toString('base64')}?=` }
    const reply = await send(connector.url, {
      ...request,
      headers: { ...request.headers, ...good, ...encoded },
    })
    expect(textOf(answerOf(reply))).toContain('t21 sell')
    expect(upstream.calls.at(-1)?.headers).toMatchObject({
      ...good,
      'mcp-name': 'sell',
      'mcp-method': 'tools/call',
    })
  })
})

describe('T37 too much of anything is refused and costs nobody else anything', () => {
  const residentMib = () => {
    const status = readFileSync(`/proc/${server.process.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
  }
  const argument = (text: string) =>
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"nonce":"t37","x":${text}}}}`

  test('T37 nesting: 1,000 levels, a million, and levels never closed', async () => {
    const before = upstream.calls.length
    for (const text of [
      argument(`${'['.repeat(1_000)}${']'.repeat(1_000)}`),
      argument(`${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`),
      '['.repeat(1_000_000),
      argument('['.repeat(1_000_000)),
    ]) {
      const reply = await post(text)
      expect(reply.status, text.slice(0, 100)).toBe(400)
      expect(reply.text.length).toBeLessThan(1_000)
    }
    expect(upstream.calls.length).toBe(before)
    await stillAnswers()
  })

  test('T37 a million levels in a batch of a session that may send batches', async () => {
    const old = await LegacyClient.open(connector.url, person.key, { version: '2025-03-26' })
    for (const body of ['['.repeat(1_000_000), `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`]) {
      const reply = await send(connector.url, { body, headers: old.headers })
      expect(reply.status).toBe(400)
    }
    await stillAnswers()
  })

  test('T37 a body over the limit: 413, announced or not, 32 at once, without the memory of it', async () => {
    const before = residentMib()
    const huge = Buffer.alloc(8 * 1024 * 1024, ' ')
    const reply = await post(huge).catch((error: Error) => error)
    if (!(reply instanceof Error)) expect(reply.status).toBe(413)
    const many = await Promise.allSettled(
      Array.from({ length: 32 }, () => post(huge, { 'transfer-encoding': 'chunked' })),
    )
    for (const one of many) if (one.status === 'fulfilled') expect(one.value.status).toBe(413)
    expect(residentMib() - before).toBeLessThan(300)
    await stillAnswers()
  })

  test('T37 a compressed body is not inflated', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '))
    const before = residentMib()
    const reply = await post(bomb, { 'content-encoding': 'gzip' })
    expect([400, 415]).toContain(reply.status)
    expect(residentMib() - before).toBeLessThan(60)
    const rest = await send(new URL('/api/v1/users', server.url), {
      body: bomb,
      headers: {
        'x-runlayer-api-key': server.adminKey,
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      },
    })
    expect(rest.status).toBeGreaterThanOrEqual(400)
    expect(rest.status).toBeLessThan(500)
    await stillAnswers()
  })

  test('T37 many calls of one person have an end, with words, and leave room for others', async () => {
    const greedy = await LegacyClient.open(connector.url, person.key)
    const leave = new AbortController()
    const replies = Array.from({ length: 300 }, (_, id) =>
      greedy
        .request(
          'tools/call',
          { name: 'wait', arguments: { nonce: `t37-${id}` } },
          { id: `w${id}`, signal: leave.signal },
        )
        .catch(() => undefined),
    )
    await upstream.arrived('t37-0')
    const others = await LegacyClient.open(connector.url, other.key)
    const reply = await others.request(
      'tools/call',
      { name: 'echo', arguments: { nonce: 'beside' } },
      { signal: AbortSignal.timeout(10_000) },
    )
    expect(textOf(answerOf(reply))).toContain('beside')
    for (let id = 0; id < 300; id++) await greedy.notify('notifications/cancelled', { requestId: `w${id}` })
    const refused = (await Promise.all(replies)).filter((one) => /busy|rate-limited/.test(one?.text ?? ''))
    expect(refused.length).toBeGreaterThanOrEqual(44)
    leave.abort()
    await stillAnswers()
  })

  test('T37 slow loris: 200 unfinished requests keep nobody waiting', async () => {
    const sockets = Array.from({ length: 200 }, (_, index) => {
      const socket = connect(Number(server.url.port), '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write(
        index % 2 === 0
          ? 'POST /mcp HTTP/1.1\r\nhost: localhost\r\nx-a: '
          : `POST /mcp HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${person.key}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{`,
      )
      return socket
    })
    try {
      for (let index = 0; index < 20; index++) await stillAnswers()
    } finally {
      for (const socket of sockets) socket.destroy()
    }
  })

  test('T37 headers without end are cut off', async () => {
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(server.url.port), '127.0.0.1')
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk.toString()
      })
      socket.on('error', () => resolve(text))
      socket.on('close', () => resolve(text))
      socket.write('GET /mcp HTTP/1.1\r\nhost: localhost\r\n')
      for (let index = 0; index < 2_000; index++) socket.write(`x-header-${index}: ${'y'.repeat(64)}\r\n`)
    })
    expect(answer).toMatch(/^HTTP\/1\.1 431|^$/)
    await stillAnswers()
  })
})
