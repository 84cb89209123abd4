import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  anyTool,
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
} from '../fixtures/scripted-upstream.ts'
import { freshServer } from '../support/fresh-server.ts'
import { accepts, answerOf, LegacyClient, modernRequest, type Reply, send } from '../support/raw-mcp.ts'
import type { RunningServer } from '../support/server.ts'
import { addConnector, addPerson, allow, type Made, type Person } from '../support/world.ts'

const eras = ['legacy', 'modern'] as const
type Era = (typeof eras)[number]
const pairs = eras.flatMap((client) => eras.map((upstream) => [client, upstream] as const))

const uiTool = anyTool('chart', {
  _meta: {
    ui: { resourceUri: 'ui://chart/view.html', visibility: ['model', 'app'] },
    'ui/resourceUri': 'ui://chart',
  },
  'x-unknown': { kept: [1, null] },
})
const uiContents = {
  uri: 'ui://chart/view.html',
  mimeType: 'text/html;profile=mcp-app',
  text: '<h1>ü</h1>',
  _meta: {
    ui: {
      csp: { connectDomains: ['https://example.com'] },
      permissions: { camera: {} },
      prefersBorder: true,
    },
  },
}
const resources = [
  { uri: 'ui://chart/view.html', name: 'view', mimeType: uiContents.mimeType, _meta: uiContents._meta },
  { uri: 'file:///open/a', name: 'a' },
  { uri: 'file:///secret/b', name: 'b' },
  { name: 'without a uri' },
]
const exact =
  '{"big":12345678901234567890,"float":1.10,"exp":1E+2,"deep":{"neg":-0},"text":"ünï\\u0063øde 🙂 \\u2028"}'
/** Three pages, which a client sees as one list. */
const paged =
  (member: string, items: object[]): Script =>
  ({ params }) => {
    const page = Number(params['cursor'] ?? 0)
    const next = page < 2 ? { nextCursor: String(page + 1) } : {}
    return { [member]: items.slice(page * 2, page * 2 + 2), ...next }
  }

const scripts = (era: Era): Record<string, Script> => {
  const complete = era === 'modern' ? '"resultType":"complete",' : ''
  const verbatim = `{${complete}"content":[{"type":"text","text":"x","annotations":{"n":9007199254740993},"odd":1}],"structuredContent":${exact},"zzz":12345678901234567890}`
  return {
    'tools/call verbatim': () => verbatim,
    'tools/call pretty': ({ message, raw }) => {
      const spread = verbatim.replaceAll(',"', ',\n  "')
      const lines =
        `{\n"jsonrpc": "2.0",\n"id": ${JSON.stringify(message.id)},\n"result":\n${spread}\n}`.split('\n')
      raw(`event: message\n${lines.map((line) => `data: ${line}`).join('\n')}\n\n`, 'text/event-stream')
      return undefined
    },
    'tools/call prettyjson': ({ message, raw }) => {
      raw(
        `{\r\n  "jsonrpc" : "2.0",\n\t"id" : ${JSON.stringify(message.id)} ,\n  "result" : ${verbatim}\n}\n`,
      )
      return undefined
    },
    'tools/call twice': ({ message, raw }) => {
      raw(
        `{"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"result":{${complete}"content":[],"content":[]}}`,
      )
      return undefined
    },
    'tools/call args': ({ text }) => ({
      ...(era === 'modern' ? { resultType: 'complete' } : {}),
      content: [],
      text,
    }),
    'resources/list': paged('resources', resources),
    'resources/templates/list': paged('resourceTemplates', [
      { uriTemplate: 'file:///open/{name}', name: 'open' },
      { uriTemplate: 'file:///secret/{name}', name: 'secret' },
    ]),
    'prompts/list': ({ params }) => ({
      prompts: [{ name: 'p' }],
      nextCursor: params['cursor'] === 'a' ? 'b' : 'a',
    }),
    'resources/read': ({ params }) => ({
      contents: [{ ...uiContents, uri: params['uri'] as string }],
      _meta: { 'example.com/x': 1 },
      ...(era === 'modern' ? { ttlMs: 5_000, cacheScope: 'public', resultType: 'complete' } : {}),
    }),
  }
}

let server: RunningServer
const upstreams = {} as Record<Era, ScriptedUpstream>
const made = {} as Record<Era, Made>
let ada: Person
let eve: Person

beforeAll(async () => {
  server = await freshServer()
  const tools = [
    uiTool,
    ...['verbatim', 'pretty', 'prettyjson', 'twice', 'args'].map((name) => anyTool(name)),
  ]
  for (const era of eras) {
    upstreams[era] = await startScriptedUpstream({
      era,
      tools,
      scripts: scripts(era),
      capabilities: {
        tools: {},
        resources: {},
        prompts: {},
        extensions: {
          'io.modelcontextprotocol/ui': { mimeTypes: [uiContents.mimeType] },
          'example.com/own': {},
        },
      },
    })
    made[era] = await addConnector(server, `Made ${era}`, upstreams[era].url)
  }
  ada = await addPerson(server, 'ada')
  eve = await addPerson(server, 'eve')
  await allow(server, [ada], Object.values(made))
  await server.api('POST', '/api/v1/policies', {
    effect: 'allow',
    principals: { type: 'user', ids: [eve.id] },
    scope: { servers: Object.values(made).map((one) => one.id), resources: ['file:///open/*'] },
  })
})
afterAll(async () => {
  await server?.remove()
  for (const era of eras) await upstreams[era]?.close()
})

const ui = { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: [uiContents.mimeType] } } }

async function ask(
  [client, upstream]: readonly [Era, Era],
  method: string,
  params: Record<string, unknown> = {},
  person = ada,
): Promise<Reply> {
  const { url } = made[upstream]
  if (client === 'modern')
    return await send(url, modernRequest(person.key, { method, params }, { capabilities: ui }))
  const session = await LegacyClient.open(url, person.key, { capabilities: ui })
  return await session.request(method, params)
}
const resultOf = async (...asked: Parameters<typeof ask>) => answerOf(await ask(...asked)).result ?? {}

describe.each(pairs)('a %s client of a %s upstream', (...pair) => {
  const [client, upstream] = pair

  test('is offered apps, and no extension the gateway does not know', async () => {
    const capabilities =
      client === 'modern'
        ? (await resultOf(pair, 'server/discover'))['capabilities']
        : answerOf(
            await send(made[upstream].url, {
              headers: { authorization: `Bearer ${ada.key}`, 'content-type': 'application/json' },
              body: '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}',
            }),
          ).result?.['capabilities']
    expect((capabilities as { extensions: object }).extensions).toEqual(ui.extensions)
  })

  test('finds the app of a tool in its definition, with everything else it says', async () => {
    const tools = (await resultOf(pair, 'tools/list'))['tools'] as { name: string }[]
    expect(tools.find(({ name }) => name === 'chart')).toEqual(uiTool)
  })

  test('lists and reads ui:// resources with their _meta', async () => {
    const listed = (await resultOf(pair, 'resources/list'))['resources'] as { uri: string }[]
    expect(listed.find(({ uri }) => uri.startsWith('ui://'))).toEqual(resources[0])
    const read = await resultOf(pair, 'resources/read', { uri: 'ui://chart/view.html' })
    expect(read['contents']).toEqual([uiContents])
    expect(read['_meta']).toMatchObject({ 'example.com/x': 1 })
    if (client === 'modern') expect(read).toMatchObject({ resultType: 'complete', cacheScope: 'private' })
    else expect(Object.keys(read).sort()).toEqual(['_meta', 'contents'])
  })

  test.each(['verbatim', 'pretty', 'prettyjson'])('gets results to the digit (%s)', async (name) => {
    const reply = await ask(pair, 'tools/call', { name, arguments: {} })
    const text = reply.text.replaceAll(/,\s+"/g, ',"')
    for (const part of [exact, '"zzz":12345678901234567890', '"annotations":{"n":9007199254740993},"odd":1'])
      expect(text).toContain(part)
  })

  test('sends arguments to the digit, and {} where there are none', async () => {
    const url = made[upstream].url
    const params = `{"name":"args","arguments":${exact}}`
    const session = client === 'legacy' ? await LegacyClient.open(url, ada.key) : undefined
    const modern = modernRequest(ada.key, { method: 'tools/call', params: { name: 'args' } })
    const meta = JSON.stringify(JSON.parse(modern.body).params._meta)
    const post = async (text: string) => {
      const reply = await send(url, {
        headers: session?.headers ?? modern.headers,
        body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${
          session === undefined ? text.replace(/}$/, `,"_meta":${meta}}`) : text
        }}`,
      })
      return String(answerOf(reply).result?.['text'])
    }
    expect(await post(params)).toContain(`"arguments":${exact}`)
    expect(await post('{"name":"args","arguments":{}}')).toContain('"arguments":{}')
    expect(await post('{"name":"args"}')).toContain('"arguments":{}')
  })

  test('is not given a result that two readers could understand differently', async () => {
    const result = await resultOf(pair, 'tools/call', { name: 'twice', arguments: {} })
    expect(result).toMatchObject({
      isError: true,
      structuredContent: { error: 'upstream-malformed', connector: `Made ${upstream}` },
    })
  })

  test('sees lists whole, and of them only what its rules show', async () => {
    const names = (list: unknown) => (list as { name: string }[]).map(({ name }) => name)
    const own = await resultOf(pair, 'resources/list')
    expect([names(own['resources']), own['nextCursor']]).toEqual([['view', 'a', 'b'], undefined])
    const hers = async (method: string) => await resultOf(pair, method, {}, eve)
    expect(names((await hers('resources/list'))['resources'])).toEqual(['a'])
    expect(names((await hers('resources/templates/list'))['resourceTemplates'])).toEqual(['open'])
    expect((await hers('tools/list'))['tools']).toEqual([])
    const read = async (uri: string) => answerOf(await ask(pair, 'resources/read', { uri }, eve))
    expect((await read('file:///open/x')).result?.['contents']).toBeDefined()
    const before = upstreams[upstream].count('resources/read')
    expect((await read('file:///secret/b')).error?.code).toBe(-32602)
    expect(upstreams[upstream].count('resources/read')).toBe(before)
  })

  test('an upstream whose cursors turn in a circle is named as the one at fault', async () => {
    const { error } = answerOf(await ask(pair, 'prompts/list'))
    expect(error?.data).toMatchObject({
      reason: 'upstream-malformed',
      fault: 'upstream',
      connector: `Made ${upstream}`,
    })
  })

  test.each(['tools/list', 'resources/list', 'resources/templates/list', 'prompts/list'])(
    'a cursor nobody gave out is refused in %s',
    async (method) => {
      const before = upstreams[upstream].count(method)
      expect(answerOf(await ask(pair, method, { cursor: 'mine' })).error?.code).toBe(-32602)
      expect(upstreams[upstream].count(method)).toBe(before)
    },
  )
})

describe('ids', () => {
  const tokens = [
    '0',
    '-1',
    '9007199254740993',
    '12345678901234567890',
    '"text"',
    '"\\u00fc\\"q\\u0022"',
    '""',
  ]
  const idIn = (text: string) => /"id":("(?:[^"\\]|\\.)*"|-?\d+)/.exec(text)?.[1]

  test.each(tokens)('%s comes back as it was sent, in both eras, in answers and errors', async (token) => {
    const session = await LegacyClient.open(made.legacy.url, ada.key)
    const modern = modernRequest(ada.key, { method: 'tools/list' })
    const withId = (text: string) => text.replace(/"id":1\b/, () => `"id":${token}`)
    for (const method of ['ping', 'nonsense']) {
      const { text } = await send(made.legacy.url, {
        headers: session.headers,
        body: withId(`{"jsonrpc":"2.0","id":1,"method":"${method}"}`),
      })
      expect(idIn(text)).toBe(token)
    }
    const { text } = await send(made.legacy.url, { headers: modern.headers, body: withId(modern.body) })
    expect(idIn(text)).toBe(token)
  })

  test.each(['null', '1.5', '1e3', 'true', '{}', '[1]', `"${'x'.repeat(300)}"`])(
    '%s is no id',
    async (token) => {
      const session = await LegacyClient.open(made.legacy.url, ada.key)
      const body = `{"jsonrpc":"2.0","id":${token},"method":"ping"}`
      expect(
        (await send(made.legacy.url, { headers: { ...session.headers, accept: accepts }, body })).status,
      ).toBe(400)
    },
  )
})

test('an upstream that changed its header rules is asked once more, with the new ones', async () => {
  const schema = (header: string) => ({
    type: 'object',
    properties: { region: { type: 'string', 'x-mcp-header': header } },
  })
  const tool = (header: string) =>
    anyTool('region', { inputSchema: schema(header), annotations: { readOnlyHint: true } })
  const upstream = await startScriptedUpstream({ era: 'modern', tools: [tool('Old')] })
  upstream.scripts['tools/call region'] = ({ headers, message, raw }) => {
    if (headers['mcp-param-new'] === 'eu') return { resultType: 'complete', content: [] }
    raw(JSON.stringify({ jsonrpc: '2.0', id: message.id, error: { code: -32020, message: 'header' } }))
    return undefined
  }
  try {
    const connector = await addConnector(server, 'Regions', upstream.url, { tool_review: 'off' })
    await allow(server, [ada], [connector])
    upstream.tools = [tool('New')]
    const session = await LegacyClient.open(connector.url, ada.key)
    const reply = await session.request('tools/call', { name: 'region', arguments: { region: 'eu' } })
    expect(answerOf(reply).result, reply.text).toEqual({ content: [] })
    expect(upstream.count('tools/call')).toBe(2)
  } finally {
    await upstream.close()
  }
})
