import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  anyTool,
  type ScriptedUpstream,
  startScriptedUpstream,
  words,
} from '../fixtures/scripted-upstream.ts'
import { freshServer } from '../support/fresh-server.ts'
import { answerOf, LegacyClient, modernRequest, type RpcMessage, send, textOf } from '../support/raw-mcp.ts'
import type { RunningServer } from '../support/server.ts'
import { addConnector, addPerson, allow, type Made, type Person } from '../support/world.ts'

type Hit = {
  name: string
  description: string
  connector: string
  input_schema: unknown
  kind: string
  server_id: string
  upstream_name: string
}
type Found = {
  results: Hit[]
  unavailable?: { connector: string; reason: string }[]
  unmatched?: string[]
  nearest_connectors?: string[]
  note?: string
}

const long = 'a_tool_with_a_name_so_long_that_no_client_would_take_it_together_with_its_connector'
const big = '18446744073709551615'
const schema = {
  type: 'object',
  properties: { city: { type: 'string' }, limit: { type: 'integer', maximum: 100 } },
  required: ['city'],
}
let server: RunningServer
let weather: ScriptedUpstream
let vault: ScriptedUpstream
let made: { weather: Made; vault: Made }
let ada: Person
let ben: Person
let client: LegacyClient

beforeAll(async () => {
  weather = await startScriptedUpstream({
    era: 'legacy',
    tools: [
      anyTool('forecast', {
        description: 'Tells the weather of the coming days in a city.',
        inputSchema: schema,
      }),
      anyTool('storm_history', { description: 'Lists storms of the past.' }),
      anyTool('notes_connect', { description: 'Joins two notes.' }),
      anyTool(long, { description: 'Measures rain.' }),
    ],
    scripts: {
      'tools/call': ({ params }) => ({ ...words(JSON.stringify(params.arguments)), extra: [1] }),
      // A limit that no number of JavaScript holds.
      'tools/list': () =>
        JSON.stringify({ tools: weather.tools }).replaceAll('"maximum":100', `"maximum":${big}`),
    },
  })
  vault = await startScriptedUpstream({
    era: 'modern',
    tools: [anyTool('read_secret', { description: 'Reads a secret from the vault.' })],
    scripts: {
      'tools/call': ({ headers }) => ({ resultType: 'complete', ...words(String(headers['x-token'])) }),
    },
  })
  server = await freshServer()
  made = {
    weather: await addConnector(server, 'Weather', weather.url),
    vault: await addConnector(server, 'Vault', vault.url, { headers: { 'x-token': '{TOKEN}' } }),
  }
  ada = await addPerson(server, 'ada')
  ben = await addPerson(server, 'ben')
  await allow(server, [ada], Object.values(made))
  await allow(server, [ben], [made.weather], ['storm_*'])
  await server.api('PUT', `/api/v1/servers/${made.vault.id}/connection`, { values: { TOKEN: 'admin-token' } })
  await server.api('POST', `/api/v1/servers/${made.vault.id}/refresh`)
  client = await LegacyClient.open(plugin(), ada.key)
})
afterAll(async () => {
  await server?.remove()
  await weather?.close()
  await vault?.close()
})

const plugin = () => new URL('/mcp', server.url)

async function use(tool: string, args: unknown, as: LegacyClient = client): Promise<RpcMessage> {
  return answerOf(await as.request('tools/call', { name: tool, arguments: args }))
}
async function search(args: object, as?: LegacyClient): Promise<Found> {
  const { result } = await use('search_tools', { meta: 'testing', ...args }, as)
  expect(result?.['isError']).toBeUndefined()
  expect(JSON.parse(textOf({ result: result ?? {} }))).toEqual(result?.['structuredContent'])
  return result?.['structuredContent'] as Found
}
const names = (found: Found) => found.results.map(({ name }) => name)

describe('search_tools', () => {
  test.each([
    ['no meta', {}, 'meta'],
    ['an empty meta', { meta: ' ' }, 'meta'],
    ['a meta that is no text', { meta: 7 }, 'meta'],
    ['eleven results', { meta: 'm', top_k: 11 }, 'top_k'],
    ['no results', { meta: 'm', top_k: 0 }, 'top_k'],
    ['half a result', { meta: 'm', top_k: 1.5 }, 'top_k'],
    ['a number as text', { meta: 'm', top_k: '5' }, 'top_k'],
    ['a query that is no text', { meta: 'm', query: ['x'] }, 'query'],
    ['an endless query', { meta: 'm', query: 'x'.repeat(2_001) }, 'query'],
    ['no object', 'm', 'object'],
  ])('%s is an isError naming the rule', async (_what, args, rule) => {
    const { result, error } = await use('search_tools', args)
    expect(error).toBeUndefined()
    expect(result).toMatchObject({ isError: true })
    expect(textOf({ result: result ?? {} })).toContain(rule)
  })

  test('a hit says all that is needed to run it', async () => {
    const [hit] = (await search({ query: 'weather forecast for a city' })).results
    expect(hit).toMatchObject({
      name: 'weather_forecast',
      description: 'Tells the weather of the coming days in a city.',
      connector: 'Weather',
      input_schema: { type: 'object', required: ['city'] },
      kind: 'tool',
      server_id: made.weather.id,
      upstream_name: 'forecast',
    })
  })

  test('the schema of a hit is the upstream’s own, to the digit', async () => {
    const reply = await client.request('tools/call', {
      name: 'search_tools',
      arguments: { meta: 'm', query: 'weather forecast' },
    })
    expect(reply.text).toContain(`"maximum":${big}`)
  })

  test('without a query it lists what the person may use, five by default, up to ten', async () => {
    expect((await search({})).results).toHaveLength(5)
    expect((await search({ query: '', top_k: 10 })).results.length).toBeGreaterThanOrEqual(5)
    expect(await search({ top_k: 1 })).toMatchObject({ results: [{}] })
    expect(names(await search({}, await LegacyClient.open(plugin(), ben.key)))).toEqual([
      'weather_storm_history',
    ])
  })

  test('nothing fits: the words that nothing knows, and the connectors nearest to them', async () => {
    const found = await search({ query: 'quaternion zeppelin' })
    expect(found.results).toEqual([])
    expect(found.unmatched).toEqual(expect.arrayContaining(['quaternion', 'zeppelin']))
    expect(found.nearest_connectors).toContain('Weather')
    expect(found.note).toBeDefined()
  })

  test('who may use nothing is told so, without a name of anything', async () => {
    const found = await search(
      { query: 'weather' },
      await LegacyClient.open(plugin(), (await addPerson(server, 'nil')).key),
    )
    expect(found).toMatchObject({ results: [], nearest_connectors: [] })
    expect(JSON.stringify(found)).not.toContain('Weather')
  })

  test('a connector that is down is named, with its tools still found', async () => {
    const { url } = weather
    const broken = await startScriptedUpstream({
      era: 'legacy',
      tools: [anyTool('tide', { description: 'Tells the tide.' })],
    })
    const connector = await addConnector(server, 'Tides', broken.url)
    await allow(server, [ada], [connector])
    await broken.close()
    await server.api('POST', `/api/v1/servers/${connector.id}/refresh`).catch(() => undefined)
    const found = await search({ query: 'tide' })
    expect(found.unavailable).toContainEqual({ connector: 'Tides', reason: expect.stringContaining('Tides') })
    expect(names(found)).toContain('tides_tide')
    const others = await search({}, await LegacyClient.open(plugin(), ben.key))
    expect(others.unavailable).toBeUndefined()
    await server.api('DELETE', `/api/v1/servers/${connector.id}`)
    expect(url).toBe(weather.url)
  })
})

describe('names', () => {
  test('all fit 64 characters, and none looks like a sign-in tool that is not one', async () => {
    const found = await search({ top_k: 10 })
    const tools = found.results.filter(({ connector }) => connector === 'Weather')
    expect(tools.map((tool) => tool.upstream_name).sort()).toEqual(
      ['forecast', 'storm_history', 'notes_connect', long].sort(),
    )
    for (const { name } of tools) {
      expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
      expect(name).not.toMatch(/_connect$/)
      expect(
        textOf(await use('execute_tool', { meta: 'm', tool_name: name, arguments: { city: 'x' } })),
      ).toBe('{"city":"x"}')
    }
  })
})

describe('execute_tool', () => {
  test.each([
    ['no meta', { tool_name: 'weather_forecast', arguments: {} }, 'meta'],
    ['no tool_name', { meta: 'm', arguments: {} }, 'tool_name'],
    [
      'arguments that are no object',
      { meta: 'm', tool_name: 'weather_forecast', arguments: [1] },
      'arguments',
    ],
    ['arguments as text', { meta: 'm', tool_name: 'weather_forecast', arguments: '{}' }, 'arguments'],
    ['no object', 7, 'meta'],
  ])('%s is an isError naming the rule', async (_what, args, rule) => {
    const { result } = await use('execute_tool', args)
    expect(result).toMatchObject({ isError: true, structuredContent: { error: 'invalid_arguments' } })
    expect(textOf({ result: result ?? {} })).toContain(rule)
  })

  test('the result is the upstream’s own', async () => {
    const { result } = await use('execute_tool', {
      meta: 'm',
      tool_name: 'weather_forecast',
      arguments: { city: 'Rome' },
    })
    expect(result).toEqual({ ...words('{"city":"Rome"}'), extra: [1] })
  })

  test('arguments that do not fit are named, and the upstream is not asked', async () => {
    const before = weather.count('tools/call')
    const { result } = await use('execute_tool', {
      meta: 'm',
      tool_name: 'weather_forecast',
      arguments: { limit: 1e9 },
    })
    expect(result).toMatchObject({ isError: true, structuredContent: { error: 'arguments-invalid' } })
    expect(textOf({ result: result ?? {} })).toContain('city')
    expect(weather.count('tools/call')).toBe(before)
  })

  test('an invented name is answered with the nearest names the person may use', async () => {
    const invented = { meta: 'm', tool_name: 'weather_forcast', arguments: {} }
    expect((await use('execute_tool', invented)).result).toMatchObject({
      isError: true,
      structuredContent: {
        error: 'unknown_tool',
        tool_name: 'weather_forcast',
        suggestions: expect.arrayContaining(['weather_forecast']),
      },
    })
    const hers = await use('execute_tool', invented, await LegacyClient.open(plugin(), ben.key))
    const facts = hers.result?.['structuredContent'] as { suggestions: string[] } | undefined
    expect(facts?.suggestions).not.toContain('weather_forecast')
    expect(facts?.suggestions.every((name) => name === 'weather_storm_history')).toBe(true)
  })

  test('meta tools run no meta tools', async () => {
    const { result } = await use('execute_tool', {
      meta: 'm',
      tool_name: 'search_tools',
      arguments: { meta: 'm' },
    })
    expect(result).toMatchObject({ isError: true, structuredContent: { error: 'unknown_tool' } })
  })

  test('any other name on /mcp is unknown, also one that execute_tool would run', async () => {
    for (const name of ['weather_forecast', 'forecast', 'nonsense'])
      expect((await use(name, { city: 'x' })).error).toMatchObject({
        code: -32602,
        message: `Unknown tool: ${name}`,
      })
  })
})

describe('a connector that waits for the person’s own values', () => {
  const url = () =>
    new URL(`/connectors/${made.vault.id}/connection`, server.url).href.replace('127.0.0.1', 'localhost')
  const required = () => ({
    isError: true,
    structuredContent: {
      error: 'auth_required',
      url: expect.stringContaining(`/connectors/${made.vault.id}/connection`),
    },
  })

  test('shows the one tool that leads there, and none that somebody else’s values found', async () => {
    const found = await search({ query: 'read a secret from the vault' })
    expect(names(found)).toContain('vault_connect')
    expect(names(found)).not.toContain('vault_read_secret')
    expect(found.unavailable).toContainEqual({
      connector: 'Vault',
      reason: expect.stringContaining('your own'),
    })
    const listed = answerOf(
      await (await LegacyClient.open(made.vault.url, ada.key)).request('tools/list'),
    ).result
    expect(listed?.['tools']).toMatchObject([{ name: 'vault_connect' }])
  })

  test('answers with the link on every way to it', async () => {
    expect(
      (await use('execute_tool', { meta: 'm', tool_name: 'vault_connect', arguments: {} })).result,
    ).toMatchObject(required())
    const direct = await LegacyClient.open(made.vault.url, ada.key)
    expect((await use('vault_connect', {}, direct)).result).toMatchObject(required())
    const modern = modernRequest(ada.key, {
      method: 'tools/call',
      params: { name: 'vault_connect', arguments: {} },
    })
    const answer = answerOf(await send(made.vault.url, modern))
    expect(answer.result).toMatchObject({ ...required(), resultType: 'complete' })
    expect(JSON.stringify(answer.result)).toContain(new URL(url()).pathname)
    expect(vault.count('tools/call')).toBe(0)
  })

  test('a call of its real tool reaches nobody, and says what is missing', async () => {
    const { result } = await use('read_secret', {}, await LegacyClient.open(made.vault.url, ada.key))
    expect(result).toMatchObject({ isError: true, structuredContent: { error: 'needs-connection' } })
    expect(vault.count('tools/call')).toBe(0)
  })

  test('who may not use it sees no trace of it', async () => {
    const hers = await LegacyClient.open(plugin(), ben.key)
    expect(JSON.stringify(await search({ query: 'vault' }, hers))).not.toMatch(/vault_connect|"Vault"/)
    const { result } = await use(
      'execute_tool',
      { meta: 'm', tool_name: 'vault_connect', arguments: {} },
      hers,
    )
    expect(result).toMatchObject({ structuredContent: { error: 'unknown_tool' } })
  })

  test('once the values are there its tools are, with these values, and the other is gone', async () => {
    await server.api(
      'PUT',
      `/api/v1/servers/${made.vault.id}/connection`,
      { values: { TOKEN: 'ada-token' } },
      ada.key,
    )
    const found = await search({ query: 'read a secret from the vault' })
    expect(names(found)[0]).toBe('vault_read_secret')
    expect(names(found)).not.toContain('vault_connect')
    const { result } = await use('execute_tool', { meta: 'm', tool_name: 'vault_read_secret', arguments: {} })
    expect(textOf({ result: result ?? {} })).toBe('ada-token')
    // A client that still knows the stand-in learns that it is no longer needed.
    const late = await use('vault_connect', {}, await LegacyClient.open(made.vault.url, ada.key))
    expect(late.result?.['structuredContent']).toEqual({ connected: true })
  })
})
