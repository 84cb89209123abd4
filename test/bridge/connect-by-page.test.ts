import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AuthorizationServer, authorizationServer } from '../fixtures/authorization-server.ts'
import { freshServer } from '../support/fresh-server.ts'
import { answerOf, LegacyClient, modernRequest, type RpcMessage, send } from '../support/raw-mcp.ts'
import type { RunningServer } from '../support/server.ts'
import { addConnector, addPerson, allow, type Made, type Person } from '../support/world.ts'

const opensPages = { elicitation: { url: {} } }
const whoami = { name: 'whoami', arguments: {} }

let server: RunningServer
let upstream: AuthorizationServer
let made: Made
let people: Record<'ada' | 'ben' | 'cleo' | 'dan' | 'eve' | 'finn', Person>

beforeAll(async () => {
  upstream = await authorizationServer()
  server = await freshServer()
  made = await addConnector(server, 'Tickets', upstream.mcpUrl, { auth: { type: 'oauth' } })
  const names = ['ada', 'ben', 'cleo', 'dan', 'eve', 'finn'] as const
  const added = await Promise.all(names.map(async (name) => [name, await addPerson(server, name)] as const))
  people = Object.fromEntries(added) as typeof people
  await allow(server, Object.values(people), [made])
  // Somebody was there before: the tools are known.
  await connect({ key: server.adminKey })
}, 90_000)
afterAll(async () => {
  await server?.remove()
  await upstream?.close()
})

/** What a person does on the page, with the REST operations of the console. */
async function connect({ key }: Pick<Person, 'key'>): Promise<void> {
  const path = `/api/v1/servers/${made.id}/connection/authorize`
  const { url } = await server.api<{ url: string }>('POST', path, undefined, key)
  await server.api('POST', '/api/v1/connections/complete', await upstream.consent(url), key)
}

async function modern({ key }: Person, params: Record<string, unknown>, capabilities: object = opensPages) {
  return answerOf(
    await send(made.url, modernRequest(key, { method: 'tools/call', params }, { capabilities })),
  )
}

/** What a modern client sends when it was asked something. */
function again(answer: RpcMessage, action: string): Record<string, unknown> {
  return {
    ...whoami,
    requestState: answer.result?.['requestState'],
    inputResponses: { connect: { action } },
  }
}

test('a modern client is asked to open the page, and its call goes on once the person is connected', async () => {
  const asked = await modern(people.ada, whoami)
  expect(asked.result).toMatchObject({
    resultType: 'input_required',
    inputRequests: {
      connect: {
        method: 'elicitation/create',
        params: {
          mode: 'url',
          url: expect.stringMatching(new RegExp(`/connectors/${made.id}/connection$`)),
          message: expect.stringContaining('Tickets'),
          elicitationId: expect.any(String),
        },
      },
    },
  })
  // Opened is not done: the call waits for the person to come back from the upstream.
  const waiting = modern(people.ada, again(asked, 'accept'))
  await connect(people.ada)
  expect((await waiting).result).toMatchObject({ resultType: 'complete', content: [{ text: 'scope read' }] })
})

test('an operation that wants more rights waits for them, and is asked for with all of them at once', async () => {
  await connect(people.finn)
  expect((await modern(people.finn, whoami)).result).toMatchObject({ content: [{ text: 'scope read' }] })
  upstream.on.wantsScope = 'read write admin'
  try {
    const asked = await modern(people.finn, whoami)
    expect(asked.result).toMatchObject({ resultType: 'input_required' })
    let isAnswered = false
    const waiting = modern(people.finn, again(asked, 'accept')).finally(() => {
      isAnswered = true
    })
    // Connected as before is not enough: the call waits for the new consent.
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(isAnswered).toBe(false)
    const before = await server.api(
      'GET',
      `/api/v1/servers/${made.id}/connection`,
      undefined,
      people.finn.key,
    )
    expect(before).toMatchObject({
      state: 'connected',
      sign_in: { reason: 'An operation needs more rights: write admin.' },
    })
    await connect(people.finn)
    expect((await waiting).result).toMatchObject({
      resultType: 'complete',
      content: [{ text: 'scope read write admin' }],
    })
  } finally {
    upstream.on.wantsScope = ''
  }
})

test('the question belongs to who was asked and to that call', async () => {
  const asked = await modern(people.ben, whoami)
  const stolen = await modern(people.cleo, again(asked, 'accept'))
  expect(stolen.error?.message).toContain('requestState')
  const elsewhere = await modern(people.ben, { ...again(asked, 'accept'), arguments: { other: 1 } })
  expect(elsewhere.error?.message).toContain('requestState')
})

test('who declines is answered with the way to connect, and not asked in circles', async () => {
  const asked = await modern(people.ben, whoami)
  const declined = await modern(people.ben, again(asked, 'decline'))
  expect(declined.result).toMatchObject({ resultType: 'complete', isError: true })
  expect(JSON.stringify(declined.result)).toContain('needs your own sign-in')
})

test('a client that opens no pages is told instead', async () => {
  for (const capabilities of [{}, { elicitation: {} }, { elicitation: { form: {} } }]) {
    const told = await modern(people.ben, whoami, capabilities)
    expect(told.result).toMatchObject({ resultType: 'complete', isError: true })
  }
})

test('a legacy client is asked on its stream, and the call goes on', async () => {
  const client = await LegacyClient.open(made.url, people.dan.key, { capabilities: opensPages })
  const questions: RpcMessage[] = []
  const reply = await client.request('tools/call', whoami, {
    onMessage(message) {
      if (message.method !== 'elicitation/create') return
      questions.push(message)
      void connect(people.dan).then(() => client.answer(message.id, { action: 'accept' }))
    },
  })
  expect(questions).toMatchObject([{ params: { mode: 'url', url: expect.stringContaining(made.id) } }])
  expect(answerOf(reply).result).toMatchObject({ content: [{ text: 'scope read' }] })
})

test('a legacy client whose person declines is told', async () => {
  const client = await LegacyClient.open(made.url, people.ben.key, { capabilities: opensPages })
  const reply = await client.request('tools/call', whoami, {
    onMessage(message) {
      if (message.method === 'elicitation/create') void client.answer(message.id, { action: 'decline' })
    },
  })
  expect(answerOf(reply).result).toMatchObject({ isError: true })
})

test('on the plugin the stand-in asks, and says afterwards that the tools are there', async () => {
  const plugin = new URL('/mcp', server.url)
  const params = {
    name: 'execute_tool',
    arguments: { meta: 'm', tool_name: 'tickets_connect', arguments: {} },
  }
  const call = async (more: object = {}) => {
    const request = { method: 'tools/call', params: { ...params, ...more } }
    return answerOf(await send(plugin, modernRequest(people.eve.key, request, { capabilities: opensPages })))
  }
  const asked = await call()
  expect(asked.result).toMatchObject({ resultType: 'input_required' })
  await connect(people.eve)
  const state = { requestState: asked.result?.['requestState'] }
  const done = await call({ ...state, inputResponses: { connect: { action: 'accept' } } })
  expect(done.result).toMatchObject({ resultType: 'complete', structuredContent: { connected: true } })
})

test('values of one’s own are asked for in the same way', async () => {
  const secretive = await addConnector(server, 'Secretive', upstream.mcpUrl, {
    auth: { type: 'none' },
    headers: { 'X-Key': '{MY_KEY}' },
    status: 'active',
  })
  expect(secretive.id).toEqual(expect.any(String))
  await allow(server, [people.ben], [secretive])
  const plugin = new URL('/mcp', server.url)
  const request = {
    method: 'tools/call',
    params: { name: 'execute_tool', arguments: { meta: 'm', tool_name: 'secretive_connect', arguments: {} } },
  }
  const asked = answerOf(
    await send(plugin, modernRequest(people.ben.key, request, { capabilities: opensPages })),
  )
  expect(asked.result).toMatchObject({
    inputRequests: { connect: { params: { url: expect.stringContaining(secretive.id) } } },
  })
})
