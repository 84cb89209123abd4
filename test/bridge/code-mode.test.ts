import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  anyTool,
  type ScriptedUpstream,
  startScriptedUpstream,
  words,
} from '../fixtures/scripted-upstream.ts'
import { freshServer } from '../support/fresh-server.ts'
import { answerOf, LegacyClient, modernRequest, send, textOf } from '../support/raw-mcp.ts'
import type { RunningServer } from '../support/server.ts'
import { addConnector, addPerson, allow, type Made, type Person } from '../support/world.ts'

type Row = {
  action: string
  outcome: string
  tool?: string
  correlation_id: string
  meta?: string
  via?: string
  reason?: string
}
type Ran = {
  result?: unknown
  error?: string
  message?: string
  logs?: string[]
  calls?: number
  failed_calls?: { tool: string; error: string }[]
}

const settings = '/api/v1/runlayer-plugin/code-mode'
const stock = Array.from({ length: 400 }, (_, id) => ({ id, count: id % 7, note: 'x'.repeat(50) }))
let server: RunningServer
let shop: ScriptedUpstream
let made: Made
let ada: Person
let client: LegacyClient

beforeAll(async () => {
  shop = await startScriptedUpstream({
    era: 'legacy',
    tools: [
      anyTool('stock', {
        description: 'Lists what is in stock.',
        inputSchema: { type: 'object', properties: { page: { type: 'integer' } } },
        outputSchema: { type: 'object', properties: { rows: { type: 'array' } }, required: ['rows'] },
      }),
      anyTool('order', {
        description: 'Orders one thing.',
        inputSchema: { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] },
      }),
      anyTool('hang'),
      anyTool('burn', { description: 'Burns the shop down.' }),
    ],
    scripts: {
      'tools/call stock': () => ({ ...words('as structured content'), structuredContent: { rows: stock } }),
      'tools/call order': ({ params }) => words(`ordered ${JSON.stringify(params.arguments)}`),
      'tools/call hang': () => undefined,
    },
  })
  server = await freshServer()
  made = await addConnector(server, 'Shop', shop.url)
  ada = await addPerson(server, 'ada')
  await allow(server, [ada], [made], ['stock', 'order', 'hang'])
  client = await LegacyClient.open(plugin(), ada.key)
})
afterAll(async () => {
  await server?.remove()
  await shop?.close()
})

const plugin = () => new URL('/mcp', server.url)
const turn = (enabled: boolean) => server.api('PUT', settings, { enabled })
async function listed(): Promise<string[]> {
  const { result } = answerOf(await client.request('tools/list'))
  return ((result?.['tools'] ?? []) as { name: string }[]).map(({ name }) => name)
}
async function call(args: object): Promise<{ ran: Ran; isError: boolean }> {
  const { result } = answerOf(await client.request('tools/call', { name: 'run_code', arguments: args }))
  expect(JSON.parse(textOf({ result: result ?? {} }))).toEqual(result?.['structuredContent'])
  return { ran: result?.['structuredContent'] as Ran, isError: result?.['isError'] === true }
}
const run = async (code: string) => await call({ meta: 'counting', code })
async function rows(): Promise<Row[]> {
  const { data } = await server.api<{ data: Row[] }>('GET', `/api/v1/audit-logs?actor_id=${ada.id}&limit=100`)
  return data
}

describe('while it is off', () => {
  test('there is no run_code, and no detail for it', async () => {
    expect(await server.api('GET', settings)).toMatchObject({ enabled: false })
    expect(await listed()).toEqual(['search_tools', 'execute_tool'])
    const ran = answerOf(
      await client.request('tools/call', { name: 'run_code', arguments: { meta: 'm', code: '' } }),
    )
    expect(ran.error?.code).toBe(-32602)
    const found = answerOf(
      await client.request('tools/call', { name: 'search_tools', arguments: { meta: 'm', detail: 'code' } }),
    )
    expect(found.result?.['isError']).toBe(true)
  })

  test('only who may write rules may turn it on', async () => {
    await expect(server.api('PUT', settings, { enabled: true }, ada.key)).rejects.toThrow('403')
  })
})

describe('once it is on', () => {
  beforeAll(() => turn(true))

  test('it is listed from the next request on, and search shows TypeScript', async () => {
    expect(await listed()).toEqual(['search_tools', 'execute_tool', 'run_code'])
    const { result } = answerOf(
      await client.request('tools/call', {
        name: 'search_tools',
        arguments: { meta: 'm', query: 'order one thing', detail: 'code' },
      }),
    )
    const found = result?.['structuredContent'] as { results: Record<string, string>[] } | undefined
    expect(found?.results[0]).toMatchObject({
      name: 'shop_order',
      declaration: '/** Orders one thing. */ tools.shop_order(args: { id: number }): Promise<string>',
    })
  })

  test('a script calls tools, and only what it returns comes back', async () => {
    const { ran } = await run(`const { rows } = await tools.shop_stock()
      const wanted = rows.filter(({ count }) => count === 0).slice(0, 3)
      console.log('rows', rows.length)
      return await Promise.all(wanted.map(({ id }) => tools.shop_order({ id })))`)
    expect(ran).toMatchObject({
      result: ['ordered {"id":0}', 'ordered {"id":7}', 'ordered {"id":14}'],
      logs: ['rows 400'],
      calls: 4,
    })
    expect(JSON.stringify(ran)).not.toContain('xxxxx')
  })

  test('each call inside is a row of its own, under the correlation of the script', async () => {
    await run('await tools.shop_stock(); await tools.shop_order({ id: 1 })')
    const all = await rows()
    const script = all.find(({ action }) => action === 'script_executed')
    const mine = all.filter(({ correlation_id: id }) => id === script?.correlation_id)
    expect(mine.map(({ action, tool }) => [action, tool])).toEqual(
      expect.arrayContaining([
        ['tool_call_success', 'stock'],
        ['tool_call_success', 'order'],
      ]),
    )
    expect(mine).toHaveLength(3)
    expect(mine.filter(({ tool }) => tool !== undefined)).toEqual(
      expect.arrayContaining([expect.objectContaining({ via: 'runlayer', meta: 'counting' })]),
    )
  })

  test('a denial inside a script is a denial, also when it is caught', async () => {
    const open = await server.api<{ id: string }>('POST', '/api/v1/policies', {
      effect: 'deny',
      description: 'no large orders',
      principals: { type: 'user', ids: [ada.id] },
      scope: { servers: [made.id], tools: ['order'] },
      conditions: [{ field: 'payload.id', operator: 'eq', value: 5 }],
    })
    const before = shop.count('tools/call')
    const { ran, isError } = await run('return await tools.shop_order({ id: 5 })')
    expect(isError).toBe(true)
    expect(ran).toMatchObject({
      error: 'script_failed',
      failed_calls: [{ tool: 'shop_order', error: 'call-denied' }],
    })
    const caught = await run(`try { await tools.shop_order({ id: 5 }) } catch (e) { return e.code }`)
    expect(caught.ran).toMatchObject({
      result: 'call-denied',
      failed_calls: [{ tool: 'shop_order', error: 'call-denied' }],
    })
    expect(shop.count('tools/call')).toBe(before)
    expect((await rows()).filter(({ action }) => action === 'policy_denied')).toHaveLength(2)
    await server.api('DELETE', `/api/v1/policies/${open.id}`)
  })

  test('a tool the person may not see is unknown, with the names that are not', async () => {
    const before = shop.count('tools/call')
    const { ran } = await run(
      `try { await tools.shop_burn() } catch (e) { return [e.code, e.details.suggestions] }`,
    )
    expect(ran.result).toEqual(['unknown_tool', expect.not.arrayContaining(['shop_burn'])])
    expect(
      (await run(`return await tools.run_code({ meta: 'm', code: 'return 1' })`)).ran.failed_calls,
    ).toEqual([{ tool: 'run_code', error: 'unknown_tool' }])
    expect(shop.count('tools/call')).toBe(before)
  })

  test('arguments are checked as those of any call', async () => {
    const { ran } = await run(`const codes = []
      for (const args of [{ id: 'one' }, JSON.parse('{"id":1,"__proto__":{}}'), [1]])
        try { await tools.shop_order(args) } catch (e) { codes.push(e.code) }
      return codes`)
    expect(ran.result).toEqual(['arguments-invalid', 'arguments-invalid', 'arguments-invalid'])
  })

  test('a script that breaks a limit is stopped and told which', async () => {
    const { ran, isError } = await run('for (;;) try { await tools.shop_order({ id: 1 }) } catch {}')
    expect(isError).toBe(true)
    expect(ran).toMatchObject({ error: 'call_limit', message: expect.stringContaining('100 calls') })
  })

  test('a client that goes away ends its script and the call it waits for', async () => {
    const leaving = new AbortController()
    const before = shop.count('tools/call')
    const request = modernRequest(ada.key, {
      method: 'tools/call',
      params: {
        name: 'run_code',
        arguments: { meta: 'leaving', code: 'await tools.shop_hang(); await tools.shop_order({ id: 9 })' },
      },
    })
    const gone = send(plugin(), { ...request, signal: leaving.signal }).catch(() => 'gone')
    while (shop.count('tools/call') === before) await new Promise((resolve) => setTimeout(resolve, 20))
    leaving.abort()
    expect(await gone).toBe('gone')
    const ended = async () =>
      (await rows()).find(
        (row) =>
          row.action === 'script_executed' &&
          row.outcome !== 'success' &&
          row.outcome !== 'pending' &&
          row.reason?.includes('outside'),
      )
    while ((await ended()) === undefined) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(shop.count('tools/call')).toBe(before + 1)
  })

  test('a client that wants to hear of progress hears of each call', async () => {
    const told: unknown[] = []
    const reply = await client.request('tools/call', {
      name: 'run_code',
      arguments: { meta: 'm', code: 'for (let i = 0; i < 3; i++) await tools.shop_order({ id: i })' },
      _meta: { progressToken: 'p1' },
    })
    for (const { method, params } of reply.messages)
      if (method === 'notifications/progress') told.push(params)
    expect(told).toEqual([1, 2, 3].map((progress) => ({ progressToken: 'p1', progress })))
  })

  test('clients of the modern era are answered in theirs', async () => {
    const params = { name: 'run_code', arguments: { meta: 'm', code: 'return [1]' } }
    const { result } = answerOf(
      await send(plugin(), modernRequest(ada.key, { method: 'tools/call', params })),
    )
    expect(result).toMatchObject({ resultType: 'complete', structuredContent: { result: [1], calls: 0 } })
  })

  test('a key that is revoked ends the answer at once, with the reason, and the script', async () => {
    const key = await server.api<{ id: string; secret: string }>('POST', '/api/v1/api-keys', {
      name: 'short',
      user_id: ada.id,
    })
    const theirs = await LegacyClient.open(plugin(), key.secret)
    const before = shop.count('tools/call')
    const running = theirs.request('tools/call', {
      name: 'run_code',
      arguments: { meta: 'm', code: 'for (let i = 0; i < 90; i++) { await tools.shop_stock() } return 1' },
    })
    while (shop.count('tools/call') === before) await new Promise((resolve) => setTimeout(resolve, 5))
    await server.api('DELETE', `/api/v1/api-keys/${key.id}`)
    const { error } = answerOf(await running)
    expect(error).toMatchObject({ data: { reason: 'unauthenticated' } })
    expect(error?.message).toContain('revoked while it ran')
    const counts: number[] = []
    const isQuiet = () => counts.push(shop.count('tools/call')) > 1 && counts.at(-1) === counts.at(-2)
    await expect.poll(isQuiet, { interval: 200 }).toBe(true)
    expect(counts.at(-1)).toBeLessThan(before + 90)
  })

  test.each([
    ['no meta', { code: 'return 1' }, 'meta'],
    ['no code', { meta: 'm' }, 'code'],
    ['endless code', { meta: 'm', code: 'x'.repeat(40_000) }, 'code'],
  ])('%s is an isError naming the rule', async (_what, args, rule) => {
    const { result } = answerOf(await client.request('tools/call', { name: 'run_code', arguments: args }))
    expect(result).toMatchObject({ isError: true, structuredContent: { error: 'invalid_arguments' } })
    expect(textOf({ result: result ?? {} })).toContain(rule)
  })

  test('turning it off holds from the next request on, and is audited', async () => {
    await turn(false)
    expect(await listed()).toEqual(['search_tools', 'execute_tool'])
    const { data } = await server.api<{ data: Row[] }>(
      'GET',
      '/api/v1/audit-logs?action=code_mode_updated&outcome=success',
    )
    expect(data).toHaveLength(2)
  })
})
