import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import {
  anyTool,
  type ScriptedUpstream,
  startScriptedUpstream,
  words,
} from '../fixtures/scripted-upstream.ts'
import { postgresEnvironment } from '../support/fresh-server.ts'
import { answerOf, LegacyClient, modernRequest, type RpcMessage, send, textOf } from '../support/raw-mcp.ts'
import { type RunningServer, startServer } from '../support/server.ts'
import { addConnector, addPerson, allow, type Made, type Person } from '../support/world.ts'

const missing = 'missing' in inject('postgres')
let upstream: ScriptedUpstream
let one: RunningServer
let other: RunningServer
let connector: Made
let ada: Person
/** Lets every running `slow` answer. */
let release: () => void = () => undefined

beforeAll(async () => {
  if (missing) return
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  upstream = await startScriptedUpstream({
    era: 'legacy',
    capabilities: { tools: { listChanged: true }, logging: {} },
    tools: ['echo', 'log', 'slow', 'ask'].map((name) => anyTool(name)),
    scripts: {
      'tools/call echo': () => words('here'),
      'tools/call log': ({ tell }) => {
        for (const level of ['info', 'error']) tell('notifications/message', { level, data: level })
        return words('logged')
      },
      'tools/call slow': () => gate.then(() => words('finished')),
      'tools/call ask': async ({ ask }) => words(JSON.stringify((await ask('elicitation/create', {})).error)),
    },
  })
  const env = await postgresEnvironment()
  one = await startServer({ env })
  other = await startServer({ env })
  connector = await addConnector(one, 'Shared', upstream.url)
  ada = await addPerson(one, 'ada')
  await allow(one, [ada], [connector])
  // The other process hears of the rule and of the tools within a moment.
  const { headers, body } = modernRequest(ada.key, { method: 'tools/list' })
  await vi.waitFor(
    async () => expect(JSON.stringify(await send(at(other), { headers, body }))).toContain('echo'),
    5_000,
  )
})
afterAll(async () => {
  await one?.remove()
  await other?.remove()
  await upstream?.close()
})

const slow = { name: 'slow', arguments: {} }
const at = (server: RunningServer) => new URL(connector.url.pathname, server.url)
const moved = (client: LegacyClient, server: RunningServer, message: object) =>
  send(at(server), { headers: client.headers, body: JSON.stringify({ jsonrpc: '2.0', ...message }) })

describe.skipIf(missing)('two processes of one installation', () => {
  test('a session of one is served by the other', async () => {
    const client = await LegacyClient.open(at(one), ada.key)
    const params = { name: 'echo', arguments: {} }
    const reply = await moved(client, other, { id: 1, method: 'tools/call', params })
    expect(textOf(answerOf(reply))).toBe('here')
  })

  test('a log level set at one holds at the other, whether it knew the session or not', async () => {
    const client = await LegacyClient.open(at(one), ada.key)
    const levels = async () => {
      const params = { name: 'log', arguments: {} }
      const { messages } = await moved(client, other, { id: 1, method: 'tools/call', params })
      return messages.flatMap((message) => message.params?.['level'] ?? [])
    }
    await client.request('logging/setLevel', { level: 'error' })
    expect(await levels()).toEqual(['error'])
    await client.request('logging/setLevel', { level: 'debug' })
    await expect.poll(levels).toEqual(['info', 'error'])
  })

  test('a session ended at one is unknown at the other, whether it knew it or not', async () => {
    for (const known of [false, true]) {
      const client = await LegacyClient.open(at(one), ada.key)
      const ping = async () => (await moved(client, other, { id: 1, method: 'ping' })).status
      if (known) expect(await ping()).toBe(200)
      await send(at(one), { method: 'DELETE', headers: client.headers })
      await expect.poll(ping).toBe(404)
    }
  })
})

describe.skipIf(missing)('a server that is told to stop', () => {
  test('answers what runs, in every transport, ends what waits, and then is gone', async () => {
    const legacy = await LegacyClient.open(at(one), ada.key, { capabilities: { elicitation: {} } })
    const heard: RpcMessage[] = []
    let ended = 0
    const stream = (headers: object, more: object) =>
      send(at(one), { ...more, headers: { ...headers }, onMessage: (message) => heard.push(message) }).then(
        () => ended++,
        () => undefined,
      )
    const listen = modernRequest(ada.key, {
      id: 'listen',
      method: 'subscriptions/listen',
      params: { notifications: { toolsListChanged: true } },
    })
    const waiting = [
      stream({ ...legacy.headers, accept: 'text/event-stream' }, { method: 'GET' }),
      stream(listen.headers, { body: listen.body }),
    ]
    const old = new Client({ name: 'old', version: '1' })
    const requestInit = { headers: { authorization: `Bearer ${ada.key}` } }
    await old.connect(new SSEClientTransport(at(one), { requestInit }))
    const running = [
      legacy.request('tools/call', slow).then((reply) => textOf(answerOf(reply))),
      send(at(one), modernRequest(ada.key, { method: 'tools/call', params: slow })).then((reply) =>
        textOf(answerOf(reply)),
      ),
      old.callTool(slow).then(({ content }) => (content as { text: string }[])[0]?.text),
    ]
    let question: () => void = () => undefined
    const questioned = new Promise<void>((resolve) => {
      question = resolve
    })
    const asked = legacy.request(
      'tools/call',
      { name: 'ask', arguments: {} },
      { onMessage: () => question() },
    )
    await questioned
    await expect
      .poll(() => upstream.seen.filter((each) => each.message.params?.name === 'slow').length)
      .toBe(3)
    await expect
      .poll(() => heard.map((message) => message.method))
      .toContain('notifications/subscriptions/acknowledged')

    const started = performance.now()
    const stopped = one.stop()
    // Nobody can be asked any more, so that question ends in words; streams that only wait end in good order.
    expect(textOf(answerOf(await asked))).toContain('shutting down')
    await Promise.all(waiting)
    expect([ended, heard.at(-1)]).toMatchObject([2, { id: 'listen', result: { resultType: 'complete' } }])
    release()
    expect(await Promise.all(running)).toEqual(['finished', 'finished', 'finished'])
    await stopped
    expect(one.process.exitCode).toBe(0)
    // Once the last call is answered nothing is waited for.
    expect(performance.now() - started).toBeLessThan(5_000)
    await old.close()
  })
})
