import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  anyTool,
  Refusal,
  type ScriptedOptions,
  type ScriptedUpstream,
  startScriptedUpstream,
  words,
} from '../fixtures/scripted-upstream.ts'
import { freshServer } from '../support/fresh-server.ts'
import { answerOf, LegacyClient, modernRequest, type RpcMessage, send, textOf } from '../support/raw-mcp.ts'
import type { RunningServer } from '../support/server.ts'
import { addConnector, addPerson, allow, type Made, type Person } from '../support/world.ts'

const related = 'io.modelcontextprotocol/related-task'
const extension = 'io.modelcontextprotocol/tasks'
const follows = { extensions: { [extension]: {} } }
const times = { createdAt: '2026-11-20T00:00:00Z', lastUpdatedAt: '2026-11-20T00:00:00Z' }

/** The 2025-11-25 form: the client wants a task, and gets the result by tasks/result. */
function legacyTasks(): ScriptedOptions['scripts'] {
  const state = (taskId: unknown, status = 'working') => ({
    taskId,
    status,
    ttl: 60_000,
    pollInterval: 10,
    ...times,
  })
  let count = 0
  const check = (taskId: unknown) => {
    if (!/^task-\d+$/.test(String(taskId))) throw new Refusal(-32602, `no task ${String(taskId)}`)
    return taskId
  }
  return {
    'tools/call slow': ({ params }) =>
      params['task'] === undefined ? words('at once') : { task: { ...state(`task-${++count}`), extra: 9 } },
    'tasks/get': ({ params }) => state(check(params['taskId'])),
    'tasks/cancel': ({ params }) => state(check(params['taskId']), 'cancelled'),
    'tasks/result': async ({ params, tell, ask }) => {
      const taskId = check(params['taskId'])
      tell('notifications/tasks/status', state(taskId, 'input_required'))
      const answer = await ask('elicitation/create', {
        message: 'More?',
        requestedSchema: { type: 'object', properties: {} },
        _meta: { [related]: { taskId } },
      })
      return { ...words(JSON.stringify(answer.result)), _meta: { [related]: { taskId } } }
    },
  }
}

/** The 2026 extension: the server decides, and everything is told by tasks/get. */
function modernTasks(): ScriptedOptions['scripts'] {
  let count = 0
  const state = (taskId: unknown) => ({ taskId, ttlMs: 60_000, pollIntervalMs: 10, ...times })
  return {
    'tools/call slow': () => ({ resultType: 'task', status: 'working', ...state(`task-${++count}`) }),
    'tasks/get': ({ params, headers }) => ({
      resultType: 'complete',
      ...state(params['taskId']),
      status: 'completed',
      result: { ...words(String(headers['mcp-name'])), n: 1 },
    }),
    'tasks/update': ({ params }) => ({ resultType: 'complete', saw: params['inputResponses'] as object }),
    'tasks/cancel': () => ({ resultType: 'complete' }),
  }
}

let server: RunningServer
let upstreams: { legacy: ScriptedUpstream; modern: ScriptedUpstream }
let made: { legacy: Made; modern: Made }
let ada: Person
let ben: Person

beforeAll(async () => {
  const tools = [anyTool('slow', { execution: { taskSupport: 'optional' } }), anyTool('quick')]
  const offer = { tools: { listChanged: true } }
  upstreams = {
    legacy: await startScriptedUpstream({
      era: 'legacy',
      capabilities: { ...offer, tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } },
      tools,
      scripts: legacyTasks() ?? {},
    }),
    modern: await startScriptedUpstream({
      era: 'modern',
      capabilities: { ...offer, ...follows },
      tools,
      scripts: modernTasks() ?? {},
    }),
  }
  server = await freshServer()
  made = {
    legacy: await addConnector(server, 'Old', upstreams.legacy.url),
    modern: await addConnector(server, 'New', upstreams.modern.url),
  }
  ada = await addPerson(server, 'ada')
  ben = await addPerson(server, 'ben')
  await allow(server, [ada, ben], [made.legacy, made.modern])
})
afterAll(async () => {
  await server?.remove()
  await upstreams?.legacy.close()
  await upstreams?.modern.close()
})

const slow = { name: 'slow', arguments: {} }
const ask = async (
  person: Person,
  method: string,
  params: Record<string, unknown>,
  { at = made.modern, capabilities = follows }: { at?: Made; capabilities?: object } = {},
) => answerOf(await send(at.url, modernRequest(person.key, { method, params }, { capabilities })))

async function capabilitiesAt(at: Made, era: 'legacy' | 'modern'): Promise<Record<string, unknown>> {
  if (era === 'modern')
    return (await ask(ada, 'server/discover', {}, { at })).result?.['capabilities'] as Record<string, unknown>
  const reply = await send(at.url, {
    headers: { authorization: `Bearer ${ada.key}`, 'content-type': 'application/json' },
    body: '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}',
  })
  return answerOf(reply).result?.['capabilities'] as Record<string, unknown>
}

describe('what is advertised', () => {
  test.each([
    ['legacy', 'legacy', { tasks: { cancel: {}, requests: { tools: { call: {} } } } }],
    ['legacy', 'modern', {}],
    ['modern', 'legacy', {}],
    ['modern', 'modern', follows],
  ] as const)('a %s client of a %s upstream is offered what both can do', async (client, upstream, tasks) => {
    const { tasks: old, extensions } = await capabilitiesAt(made[upstream], client)
    expect({
      ...(old === undefined ? {} : { tasks: old }),
      ...(extensions === undefined ? {} : { extensions }),
    }).toEqual(tasks)
  })
})

describe('tasks of 2025-11-25', () => {
  const open = (person = ada) =>
    LegacyClient.open(made.legacy.url, person.key, { capabilities: { elicitation: {}, tasks: {} } })
  const start = async (client: LegacyClient) => {
    const answer = answerOf(await client.request('tools/call', { ...slow, task: { ttl: 60_000 } }))
    return answer.result?.['task'] as Record<string, unknown> & { taskId: string }
  }

  test('a task is started, polled, cancelled, always under one id that is not the upstream’s', async () => {
    const client = await open()
    const task = await start(client)
    expect(task).toMatchObject({ status: 'working', ttl: 60_000, pollInterval: 10, extra: 9 })
    expect(task.taskId).not.toContain('task-')
    expect(
      upstreams.legacy.seen.findLast((one) => one.method === 'tools/call')?.message.params?.['task'],
    ).toEqual({
      ttl: 60_000,
    })
    const { taskId } = task
    const got = answerOf(await client.request('tasks/get', { taskId })).result
    expect(got).toMatchObject({ taskId, status: 'working' })
    const cancelled = answerOf(await client.request('tasks/cancel', { taskId })).result
    expect(cancelled).toMatchObject({ taskId, status: 'cancelled' })
    expect(String(upstreams.legacy.seen.at(-1)?.message.params?.['taskId'])).toMatch(/^task-\d+$/)
  })

  test('its result comes with questions and news, all of them naming it by the same id', async () => {
    const client = await open()
    const { taskId } = await start(client)
    const seen: RpcMessage[] = []
    const reply = await client.request(
      'tasks/result',
      { taskId },
      {
        onMessage(message) {
          seen.push(message)
          if (message.method !== 'elicitation/create') return
          client
            .answer(message.id, { action: 'accept', content: {}, _meta: { [related]: { taskId } } })
            .catch(() => undefined)
        },
      },
    )
    const [news, question] = seen
    expect(news).toMatchObject({
      method: 'notifications/tasks/status',
      params: { taskId, status: 'input_required' },
    })
    expect(question?.params?.['_meta']).toEqual({ [related]: { taskId } })
    const answer = answerOf(reply)
    expect(answer.result?.['_meta']).toEqual({ [related]: { taskId } })
    // What the client answered reached the upstream with the upstream's own id.
    expect(textOf(answer)).toMatch(/"taskId":"task-\d+"/)
  })

  test('news on the stream of the session reach who started the task, and nobody else', async () => {
    const [client, other] = [await open(), await open(ben)]
    const heard: RpcMessage[] = []
    const stop = new AbortController()
    for (const [one, into] of [
      [client, heard],
      [other, heard],
    ] as const)
      send(one.url, {
        method: 'GET',
        headers: { ...one.headers, accept: 'text/event-stream' },
        signal: stop.signal,
        onMessage: (message) => into.push(message),
      }).catch(() => undefined)
    const { taskId } = await start(client)
    await expect.poll(() => upstreams.legacy.listening()).toBeGreaterThan(1)
    const count = Number(
      String(
        (answerOf(await client.request('tasks/get', { taskId })).result?.['taskId'] === taskId &&
          upstreams.legacy.seen.at(-1)?.message.params?.['taskId']) ||
          '',
      ).slice('task-'.length),
    )
    upstreams.legacy.push('notifications/tasks/status', { taskId: `task-${count}`, status: 'completed' })
    upstreams.legacy.push('notifications/tasks/status', { taskId: 'task-of-nobody', status: 'completed' })
    upstreams.legacy.push('notifications/resources/list_changed')
    await expect.poll(() => heard.filter((one) => one.method?.includes('resources')).length).toBe(2)
    expect(heard.filter((one) => one.method?.includes('tasks')).map((one) => one.params)).toEqual([
      { taskId, status: 'completed' },
    ])
    stop.abort()
  })

  test('another person, another connector, a made-up id: all the same unknown task', async () => {
    const client = await open()
    const { taskId } = await start(client)
    const before = upstreams.legacy.seen.length
    const elsewhere = await LegacyClient.open(made.modern.url, ada.key)
    const answers = [
      answerOf(await (await open(ben)).request('tasks/get', { taskId })),
      answerOf(await elsewhere.request('tasks/get', { taskId })),
      answerOf(await client.request('tasks/get', { taskId: 'task-1' })),
      answerOf(await client.request('tasks/get', { taskId: `${taskId}A` })),
      answerOf(await client.request('tasks/get', {})),
      answerOf(await client.request('tasks/cancel', { taskId: 7 })),
    ]
    expect(answers.map(({ error }) => [error?.code, error?.message])).toEqual(
      answers.map(() => [-32602, 'there is no such task of yours']),
    )
    expect(upstreams.legacy.seen.slice(before).filter((one) => one.method?.startsWith('tasks/'))).toEqual([])
    expect(answerOf(await client.request('tasks/list')).error?.code).toBe(-32601)
  })

  test('a task is followed from /mcp too', async () => {
    const { taskId } = await start(await open())
    const plugin = await LegacyClient.open(new URL('/mcp', server.url), ada.key)
    expect(answerOf(await plugin.request('tasks/get', { taskId })).result?.['taskId']).toBe(taskId)
  })
})

describe('tasks of the 2026 extension', () => {
  test('a task is started, followed, answered and cancelled', async () => {
    const task = (await ask(ada, 'tools/call', slow)).result
    expect(task).toMatchObject({ resultType: 'task', status: 'working', ttlMs: 60_000, pollIntervalMs: 10 })
    const taskId = String(task?.['taskId'])
    expect(taskId).not.toContain('task-')
    const got = (await ask(ada, 'tasks/get', { taskId })).result
    expect(got).toMatchObject({ resultType: 'complete', taskId, status: 'completed', result: { n: 1 } })
    // The header names the task as the upstream knows it.
    expect(JSON.stringify(got?.['result'])).toMatch(/"text":"task-\d+"/)
    const inputResponses = { q: { action: 'accept', content: { big: 1 } } }
    const updated = await ask(ada, 'tasks/update', { taskId, inputResponses })
    expect(updated.result).toMatchObject({ resultType: 'complete', saw: inputResponses })
    expect((await ask(ada, 'tasks/cancel', { taskId })).result?.['resultType']).toBe('complete')
  })

  test('the Mcp-Name header must be the id of the task', async () => {
    const taskId = String((await ask(ada, 'tools/call', slow)).result?.['taskId'])
    const request = modernRequest(
      ada.key,
      { method: 'tasks/get', params: { taskId } },
      { capabilities: follows },
    )
    for (const name of ['another', '']) {
      const headers = { ...request.headers, 'mcp-name': name }
      const reply = await send(made.modern.url, { ...request, headers })
      expect([reply.status, answerOf(reply).error?.code]).toEqual([400, -32020])
    }
  })

  test('another person does not have it', async () => {
    const taskId = String((await ask(ada, 'tools/call', slow)).result?.['taskId'])
    const foreign = await ask(ben, 'tasks/get', { taskId })
    expect(foreign.error).toMatchObject({ code: -32602, message: 'there is no such task of yours' })
  })

  test('a rule taken away takes the task along', async () => {
    const eve = await addPerson(server, 'eve')
    const rule = await allow(server, [eve], [made.modern], ['slow'])
    const taskId = String((await ask(eve, 'tools/call', slow)).result?.['taskId'])
    expect((await ask(eve, 'tasks/get', { taskId })).result?.['status']).toBe('completed')
    await server.api('DELETE', `/api/v1/policies/${rule}`)
    await allow(server, [eve], [made.modern], ['quick'])
    for (const method of ['tasks/get', 'tasks/cancel'])
      expect((await ask(eve, method, { taskId })).error).toMatchObject({
        code: -32602,
        message: 'there is no such task of yours',
      })
  })

  test('a rule about arguments was judged at the start, and does not end the polling', async () => {
    const dan = await addPerson(server, 'dan')
    await server.api('POST', '/api/v1/policies', {
      effect: 'allow',
      principals: { type: 'user', ids: [dan.id] },
      scope: { servers: [made.modern.id], tools: ['amount'] },
      conditions: [{ field: 'payload.amount', operator: 'lt', value: 10 }],
    })
    upstreams.modern.tools = [
      ...upstreams.modern.tools,
      anyTool('amount', {
        inputSchema: { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] },
      }),
    ]
    upstreams.modern.scripts['tools/call amount'] = () => ({
      resultType: 'task',
      taskId: 'task-77',
      status: 'working',
    })
    await server.api('PATCH', `/api/v1/servers/${made.modern.id}`, { tool_review: 'off' })
    await server.api('POST', `/api/v1/servers/${made.modern.id}/refresh`)
    const started = await ask(dan, 'tools/call', { name: 'amount', arguments: { amount: 5 } })
    const taskId = String(started.result?.['taskId'])
    expect((await ask(dan, 'tasks/get', { taskId })).result?.['status'], JSON.stringify(started)).toBe(
      'completed',
    )
  })

  test.each([
    ['a client that did not offer to follow tasks', 'modern', {}],
    ['a legacy client', 'legacy', {}],
    ['a legacy client that claims the extension', 'legacy', follows],
  ])('%s never gets a task', async (_who, era, capabilities) => {
    const reply =
      era === 'modern'
        ? await send(
            made.modern.url,
            modernRequest(ada.key, { method: 'tools/call', params: slow }, { capabilities }),
          )
        : await (await LegacyClient.open(made.modern.url, ada.key, { capabilities })).request(
            'tools/call',
            slow,
          )
    expect(reply.text).not.toMatch(/"resultType":"task"|"taskId"/)
    const result = answerOf(reply).result
    expect(result).toMatchObject({
      isError: true,
      structuredContent: { error: 'upstream-malformed', connector: 'New' },
    })
    const sent = upstreams.modern.seen.findLast((one) => one.method === 'tools/call')
    expect(sent?.text).not.toContain(extension)
  })

  test('news of tasks come on a listen, for one’s own tasks only, until the rule is gone', async () => {
    const flo = await addPerson(server, 'flo')
    const rule = await allow(server, [flo], [made.modern])
    const taskId = String((await ask(flo, 'tools/call', slow)).result?.['taskId'])
    const foreign = String((await ask(ada, 'tools/call', slow)).result?.['taskId'])
    await ask(flo, 'tasks/get', { taskId })
    const own = String(upstreams.modern.seen.at(-1)?.message.params?.['taskId'])
    const heard: RpcMessage[] = []
    const stop = new AbortController()
    const notifications = { resourcesListChanged: true, taskIds: [taskId, foreign, 'made up'] }
    send(made.modern.url, {
      ...modernRequest(
        flo.key,
        { id: 'L', method: 'subscriptions/listen', params: { notifications } },
        { capabilities: follows },
      ),
      signal: stop.signal,
      onMessage: (message) => heard.push(message),
    }).catch(() => undefined)
    await expect.poll(() => heard.length).toBe(1)
    expect(heard[0]?.params?.['notifications']).toEqual({ resourcesListChanged: true, taskIds: [taskId] })
    const listened = upstreams.modern.seen.findLast((one) => one.method === 'subscriptions/listen')
    expect(listened?.message.params?.notifications).toMatchObject({ taskIds: [own] })
    const push = (id: string) =>
      upstreams.modern.push('notifications/tasks', { taskId: id, status: 'working', progress: 1 })
    push(own)
    push('task-of-nobody')
    await expect.poll(() => heard.length).toBe(2)
    expect(heard[1]).toMatchObject({
      method: 'notifications/tasks',
      params: {
        taskId,
        status: 'working',
        progress: 1,
        _meta: { 'io.modelcontextprotocol/subscriptionId': 'L' },
      },
    })
    await server.api('DELETE', `/api/v1/policies/${rule}`)
    const adas: RpcMessage[] = []
    send(made.modern.url, {
      ...modernRequest(ada.key, {
        id: 'A',
        method: 'subscriptions/listen',
        params: { notifications: { resourcesListChanged: true } },
      }),
      signal: stop.signal,
      onMessage: (message) => adas.push(message),
    }).catch(() => undefined)
    await expect.poll(() => adas.length).toBe(1)
    push(own)
    upstreams.modern.push('notifications/resources/list_changed')
    await expect.poll(() => adas.at(-1)?.method).toBe('notifications/resources/list_changed')
    expect(heard).toHaveLength(2)
    stop.abort()
  })
})
