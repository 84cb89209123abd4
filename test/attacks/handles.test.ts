import { createCipheriv, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWitnessUpstream, type WitnessUpstream, witnessTools } from '../fixtures/witness-upstream.ts'
import { freshServer } from '../support/fresh-server.ts'
import {
  accepts,
  answerOf,
  LegacyClient,
  modernRequest,
  type Reply,
  send,
  textOf,
} from '../support/raw-mcp.ts'
import type { RunningServer } from '../support/server.ts'
import { addConnector, addPerson, allow, type Made, type Person, publicNames } from '../support/world.ts'

let server: RunningServer
let upstreams: { legacy: WitnessUpstream; modern: WitnessUpstream }
let legacy: Made
let modern: Made
let names: Record<string, string>
let ada: Person
let ben: Person
const plugin = () => new URL('/mcp', server.url)

beforeAll(async () => {
  upstreams = { legacy: await startWitnessUpstream('legacy'), modern: await startWitnessUpstream('modern') }
  server = await freshServer()
  legacy = await addConnector(server, 'Old', upstreams.legacy.url)
  modern = await addConnector(server, 'New', upstreams.modern.url)
  ada = await addPerson(server, 'ada')
  ben = await addPerson(server, 'ben')
  await allow(server, [ada, ben], [legacy, modern])
  names = await publicNames(server, modern)
})
afterAll(async () => {
  await server?.remove()
  await upstreams?.legacy.close()
  await upstreams?.modern.close()
})

const echo = (nonce: string) => ({ name: 'echo', arguments: { nonce } })

describe('T10 an odd id is an unknown id, never a wider scope', () => {
  const odd = (id: string): string[] => [
    '/api/v1/proxy//mcp',
    '/api/v1/proxy/*/mcp',
    '/api/v1/proxy/null/mcp',
    '/api/v1/proxy/undefined/mcp',
    '/api/v1/proxy/0/mcp',
    '/api/v1/proxy/zzzzzzzz-zzzz-4zzz-8zzz-zzzzzzzzzzzz/mcp',
    '/api/v1/proxy/00000000-0000-0000-0000-000000000000/mcp',
    `/api/v1/proxy/${id}x/mcp`,
    `/api/v1/proxy/${id.slice(0, -1)}/mcp`,
    `/api/v1/proxy/${id.replaceAll('-', '')}/mcp`,
    `/api/v1/proxy/{${id}}/mcp`,
    `/api/v1/proxy/${id}%20/mcp`,
    `/api/v1/proxy/%20${id}/mcp`,
    `/api/v1/proxy/${id}%00/mcp`,
    `/api/v1/proxy/${id}%2fmcp`,
    `/api/v1/proxy/${id}/mcp/`,
    `/api/v1/proxy/${id}//mcp`,
    `/api/v1/proxy/${id}/../runlayer/mcp`,
    `/api/v1/proxy/runlayer%2fmcp`,
    '/api/v1/proxy/Runlayer/mcp',
    '/api/v1/proxy/mcp',
    '/api/v1/proxy/',
    '/MCP',
    '/mcp/',
    '/mcp%00',
    `/mcp/${id}`,
  ]

  test('T10 unknown, non-hex, empty, encoded and cut ids are 404 in both eras', async () => {
    const wrong: string[] = []
    const before = upstreams.legacy.calls.length
    for (const path of odd(legacy.id)) {
      for (const request of [
        modernRequest(ada.key, { method: 'tools/call', params: echo('t10') }),
        {
          headers: {
            authorization: `Bearer ${ada.key}`,
            'content-type': 'application/json',
            accept: accepts,
          },
          body: '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}',
        },
      ]) {
        const reply = await send(server.url, { ...request, path })
        if (reply.status !== 404) wrong.push(`${path}: ${reply.status} ${reply.text.slice(0, 100)}`)
      }
    }
    expect(wrong).toEqual([])
    expect(upstreams.legacy.calls.length).toBe(before)
  })

  test('T10 the same id in upper case is the same connector or none, with the same rights', async () => {
    const stranger = await addPerson(server, 'stranger')
    const url = new URL(`/api/v1/proxy/${legacy.id.toUpperCase()}/mcp`, server.url)
    const reply = await send(url, modernRequest(stranger.key, { method: 'tools/list' }))
    if (reply.status === 200) expect(answerOf(reply).result?.['tools']).toEqual([])
    else expect(reply.status).toBe(404)
  })
})

describe('X10 what is not active is not there', () => {
  test.each(['draft', 'disabled'])(
    'X10 a %s connector looks unknown everywhere, also to who made it',
    async (status) => {
      const hidden = await addConnector(server, `Hidden ${status}`, upstreams.legacy.url)
      await allow(server, [ada], [hidden])
      const hiddenNames = await publicNames(server, hidden)
      const before = await LegacyClient.open(hidden.url, ada.key)
      await server.api('PATCH', `/api/v1/servers/${hidden.id}`, { status })
      const unknown = new URL('/api/v1/proxy/00000000-0000-4000-8000-000000000000/mcp', server.url)
      const calls = upstreams.legacy.calls.length
      for (const key of [ada.key, server.adminKey]) {
        const request = modernRequest(key, { method: 'tools/call', params: echo('x10') })
        const [one, other] = [await send(hidden.url, request), await send(unknown, request)]
        expect(one.status).toBe(404)
        expect(withoutIds(one.text)).toBe(withoutIds(other.text))
        const client = await LegacyClient.open(plugin(), key)
        const executed = await execute(client, hiddenNames['echo'] ?? '', 'x10')
        const invented = await execute(client, 'invented_echo', 'x10')
        expect(withoutIds(executed.text).replaceAll(hiddenNames['echo'] ?? '', 'NAME')).toBe(
          withoutIds(invented.text).replaceAll('invented_echo', 'NAME'),
        )
        const found = await client.request('tools/call', {
          name: 'search_tools',
          arguments: { meta: 'x10', query: '', top_k: 10 },
        })
        expect(found.text).not.toContain(`Hidden ${status}`)
      }
      expect((await before.request('tools/call', echo('x10'))).status).toBe(404)
      expect(upstreams.legacy.calls.length).toBe(calls)
    },
  )
})

function execute(client: LegacyClient, toolName: string, nonce: string): Promise<Reply> {
  return client.request(
    'tools/call',
    { name: 'execute_tool', arguments: { meta: 'test', tool_name: toolName, arguments: { nonce } } },
    { id: 7 },
  )
}

const withoutIds = (text: string) =>
  text.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UUID')

describe('T32 a session handle is worth nothing to anybody else', () => {
  const withSession = (key: string, session: string, url: URL, method = 'POST') =>
    send(url, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        accept: accepts,
        'mcp-session-id': session,
      },
      ...(method === 'POST'
        ? { body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: echo('t32') }) }
        : {}),
    })

  test('T32 stolen, on another endpoint, guessed, changed and made-up sessions are 404, for POST, GET and DELETE', async () => {
    const client = await LegacyClient.open(legacy.url, ada.key)
    const token = String(client.headers['mcp-session-id'])
    const bytes = Buffer.from(token, 'base64url')
    const flipped = Array.from({ length: 24 }, (_, index) => {
      const changed = Buffer.from(bytes)
      const at = Math.floor((index * bytes.length) / 24)
      changed[at] = (changed[at] ?? 0) ^ 1
      return changed.toString('base64url')
    })
    const cipher = createCipheriv('aes-256-gcm', randomBytes(32), randomBytes(12))
    const forged = Buffer.concat([randomBytes(12), randomBytes(16), cipher.update(`{"u":"${ada.id}"}`)])
    const attempts: [string, string, URL][] = [
      [ben.key, token, legacy.url],
      [server.adminKey, token, legacy.url],
      [ada.key, token, modern.url],
      [ada.key, token, plugin()],
      ...flipped.map((text): [string, string, URL] => [ada.key, text, legacy.url]),
      [ada.key, forged.toString('base64url'), legacy.url],
      [ada.key, `${token}A`, legacy.url],
      [ada.key, token.slice(0, -2), legacy.url],
      [ada.key, 'x', legacy.url],
      [ada.key, '00000000-0000-4000-8000-000000000000', legacy.url],
    ]
    const before = upstreams.legacy.calls.length
    const wrong: string[] = []
    for (const [key, session, url] of attempts)
      for (const method of ['POST', 'GET', 'DELETE']) {
        const reply = await withSession(key, session, url, method)
        if (reply.status !== 404) wrong.push(`${method} ${session.slice(0, 20)}: ${reply.status}`)
      }
    expect(wrong).toEqual([])
    expect(upstreams.legacy.calls.length).toBe(before)
    expect((await withSession(ada.key, token, legacy.url)).status).toBe(200)
  })

  test('T32 a session that was ended stays ended', async () => {
    const client = await LegacyClient.open(legacy.url, ada.key)
    const token = String(client.headers['mcp-session-id'])
    expect((await withSession(ada.key, token, legacy.url, 'DELETE')).status).toBe(204)
    for (const method of ['POST', 'GET'])
      expect((await withSession(ada.key, token, legacy.url, method)).status).toBe(404)
  })

  test('T32 nobody answers a question that was asked of somebody else', async () => {
    const [asked, thief] = [
      await LegacyClient.open(legacy.url, ada.key, { capabilities: { elicitation: {} } }),
      await LegacyClient.open(legacy.url, ben.key, { capabilities: { elicitation: {} } }),
    ]
    const reply = await asked.request(
      'tools/call',
      { name: 'ask', arguments: { nonce: 't32 ask' } },
      {
        onMessage(message) {
          if (message.method !== 'elicitation/create') return
          thief
            .answer(message.id, { action: 'accept', content: { said: 'thief' } })
            .then(() => asked.answer(message.id, { action: 'accept', content: { said: 'ada' } }))
            .catch(() => undefined)
        },
      },
    )
    expect(textOf(answerOf(reply))).toContain('"said":"ada"')
  })

  test('T32 nobody cancels what somebody else runs', async () => {
    const [one, other] = [
      await LegacyClient.open(legacy.url, ada.key),
      await LegacyClient.open(legacy.url, ben.key),
    ]
    const call = one.request('tools/call', { name: 'wait', arguments: { nonce: 't32 wait' } }, { id: 'same' })
    await upstreams.legacy.arrived('t32 wait')
    await other.notify('notifications/cancelled', { requestId: 'same' })
    const still = await other.request('tools/call', echo('t32 after'))
    expect(textOf(answerOf(still))).toContain('t32 after')
    expect(upstreams.legacy.cancelled).not.toContain('t32 wait')
    await one.notify('notifications/cancelled', { requestId: 'same' })
    await call
  })
})

describe('X1 a request state is for one person, one request, one endpoint', () => {
  type Round = { key: string; url: URL; tool: string; nonce: string; method: string; state: unknown }

  async function ask(round: Partial<Round> & { url: URL; responses?: object }): Promise<Reply> {
    const { key = ada.key, tool = 'ask', nonce = 'x1', method = 'tools/call', url, state, responses } = round
    const params = {
      name: tool,
      arguments: { nonce },
      ...(state === undefined ? {} : { requestState: state }),
      ...(responses === undefined ? {} : { inputResponses: responses }),
    }
    return await send(url, modernRequest(key, { method, params }, { capabilities: { elicitation: {} } }))
  }
  const accepted = { q: { action: 'accept', content: { said: 'x1' } } }

  test.each(['legacy', 'modern'] as const)(
    'X1 tampered, replayed elsewhere, by another person or for other arguments it is refused (%s upstream)',
    async (era) => {
      const url = era === 'legacy' ? legacy.url : modern.url
      const question = answerOf(await ask({ url })).result ?? {}
      expect(question['resultType']).toBe('input_required')
      const state = String(question['requestState'])
      const keys = Object.keys(question['inputRequests'] as object)
      const responses = Object.fromEntries(keys.map((key) => [key, accepted.q]))
      expect(Buffer.from(state, 'base64url').toString('latin1')).not.toContain('state x1')
      const half = Math.floor(state.length / 2)
      const attempts: Record<string, Partial<Round>> = {
        tampered: {
          state: `${state.slice(0, half)}${state[half] === 'A' ? 'B' : 'A'}${state.slice(half + 1)}`,
        },
        cut: { state: state.slice(0, -4) },
        'the upstream’s own': { state: 'state x1 none' },
        'no text': { state: { a: 1 } },
        'another person': { state, key: ben.key },
        'an administrator': { state, key: server.adminKey },
        'another endpoint': { state, url: era === 'legacy' ? modern.url : legacy.url },
        'another tool': { state, tool: 'echo' },
        'other arguments': { state, nonce: 'x1 other' },
        'another method': { state, method: 'prompts/get' },
      }
      const before = upstreams.legacy.calls.length + upstreams.modern.calls.length
      for (const [name, attempt] of Object.entries(attempts)) {
        const reply = await ask({ url, responses, ...attempt })
        const { error } = answerOf(reply)
        const expected = name === 'another method' ? [-32601, -32602] : [-32602]
        expect(expected, `${name}: ${reply.text}`).toContain(error?.code)
      }
      expect(upstreams.legacy.calls.length + upstreams.modern.calls.length).toBe(before)
      const good = answerOf(await ask({ url, responses, state }))
      expect(textOf(good)).toContain('"said":"x1"')
    },
  )

  test('X1 a parked call is answered once: its state is worth nothing afterwards', async () => {
    const question = answerOf(await ask({ url: legacy.url })).result ?? {}
    const keys = Object.keys(question['inputRequests'] as object)
    const responses = Object.fromEntries(keys.map((key) => [key, accepted.q]))
    const again = () => ask({ url: legacy.url, responses, state: question['requestState'] })
    expect(textOf(answerOf(await again()))).toContain('"said":"x1"')
    const replay = await again()
    expect(replay.text).toContain('call-lost')
    expect(textOf(answerOf(replay))).not.toContain('"said"')
  })
})

describe('X2 a list is for who asked', () => {
  test('X2 a public list of the upstream is answered as private, and each sees their own', async () => {
    const cleo = await addPerson(server, 'cleo')
    await allow(server, [cleo], [modern], ['echo'])
    const list = async (key: string, url: URL) =>
      answerOf(await send(url, modernRequest(key, { method: 'tools/list' }))).result ?? {}
    for (const [key, expected] of [
      [ada.key, ['ask', 'echo', 'stream', 'wait']],
      [cleo.key, ['echo']],
    ] as const) {
      const answer = await list(key, modern.url)
      expect(answer).toMatchObject({ cacheScope: 'private', ttlMs: 0 })
      expect((answer['tools'] as { name: string }[]).map((tool) => tool.name).sort()).toEqual(expected)
    }
    expect(await list(cleo.key, plugin())).toMatchObject({ cacheScope: 'private' })
    const discover = await send(modern.url, modernRequest(ada.key, { method: 'server/discover' }))
    expect(answerOf(discover).result).toMatchObject({ cacheScope: 'private' })
  })
})

describe('T22 an approval is for a definition, not for a name', () => {
  const changes: Record<string, (tool: (typeof witnessTools)[number]) => object> = {
    schema: (tool) => ({ ...tool, inputSchema: { type: 'object', properties: { cmd: { type: 'string' } } } }),
    annotations: (tool) => ({ ...tool, annotations: { readOnlyHint: true, destructiveHint: true } }),
    'a hidden character': (tool) => ({ ...tool, description: `${tool.description}\u200b\u{e0041}` }),
  }
  test.each(Object.entries(changes))(
    'T22 a changed %s is held back until an admin approves it',
    async (name, change) => {
      const upstream = await startWitnessUpstream('modern')
      try {
        const made = await addConnector(server, `Pinned ${name}`, upstream.url, { tool_review: 'quarantine' })
        await allow(server, [ada], [made])
        const toolName = (await publicNames(server, made))['echo'] ?? ''
        const client = await LegacyClient.open(made.url, ada.key)
        expect(textOf(answerOf(await client.request('tools/call', echo('t22 before'))))).toContain(
          't22 before',
        )

        upstream.tools = witnessTools.map((tool) => (tool.name === 'echo' ? change(tool) : tool))
        await server.api('POST', `/api/v1/servers/${made.id}/refresh`)
        const listed = answerOf(await client.request('tools/list')).result?.['tools'] as { name: string }[]
        expect(listed.map((tool) => tool.name)).not.toContain('echo')
        expect(answerOf(await client.request('tools/call', echo('t22 held'))).error?.code).toBe(-32602)
        const viaPlugin = await execute(await LegacyClient.open(plugin(), ada.key), toolName, 't22 held')
        expect(viaPlugin.text).toContain('unknown_tool')
        expect(upstream.calls.map((call) => call.nonce)).not.toContain('t22 held')

        const tools = await server.api<{ data: { name: string; state: string; definition_hash: string }[] }>(
          'GET',
          `/api/v1/servers/${made.id}/tools`,
        )
        const held = tools.data.find((tool) => tool.name === 'echo')
        expect(held?.state).toBe('quarantined')
        await expect(
          server.api('POST', `/api/v1/servers/${made.id}/tools/review`, {
            name: 'echo',
            hash: '0'.repeat(64),
            decision: 'approve',
          }),
        ).rejects.toThrow(/4\d\d/)
        await server.api('POST', `/api/v1/servers/${made.id}/tools/review`, {
          name: 'echo',
          hash: held?.definition_hash,
          decision: 'approve',
        })
        const after = await client.request('tools/call', {
          name: 'echo',
          arguments: name === 'schema' ? { cmd: 'x' } : { nonce: 't22 after' },
        })
        expect(answerOf(after).result?.['isError'], after.text).not.toBe(true)
        expect(answerOf(after).error).toBeUndefined()
      } finally {
        await upstream.close()
      }
    },
  )
})

describe('T19 equal ids', () => {
  test('T19 two people, the same ids at the same time, each their own answer', async () => {
    const clients = [
      await LegacyClient.open(legacy.url, ada.key),
      await LegacyClient.open(legacy.url, ben.key),
    ]
    await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const who = index % 2
        const id = Math.floor(index / 2)
        const reply = await clients[who]?.request('tools/call', echo(`${who}-${id}`), { id })
        if (reply === undefined) throw new Error('no client')
        const answer = answerOf(reply)
        expect([answer.id, JSON.parse(textOf(answer)).nonce]).toEqual([id, `${who}-${id}`])
      }),
    )
    expect(names['echo']).toBeDefined()
  })
})
