import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { anyTool, words } from '../fixtures/scripted-upstream.ts'
import { answerOf, LegacyClient, modernRequest, type RpcMessage, send } from '../support/raw-mcp.ts'
import type { RunningServer } from '../support/server.ts'
import { startTwoProcesses, type TwoProcesses, withinMs } from '../support/two-processes.ts'
import { addPerson, allow, type Made, type Person } from '../support/world.ts'

const missing = 'missing' in inject('postgres')
let two: TwoProcesses
let upstream: TwoProcesses['upstream']
let one: RunningServer
let other: RunningServer
let connector: Made
let people = 0
/** Calls the upstream is still working on. */
let running = 0

beforeAll(async () => {
  if (missing) return
  two = await startTwoProcesses({
    era: 'legacy',
    capabilities: { tools: { listChanged: true }, resources: { subscribe: true }, logging: {} },
    tools: ['echo', 'slow'].map((name) => anyTool(name)),
    scripts: {
      'resources/list': () => ({ resources: [{ uri: 'test://a', name: 'a' }] }),
      'tools/call echo': () => words('here'),
      // Speaks once, so that its answer is a stream, and then never again.
      'tools/call slow': ({ tell, closed }) => {
        tell('notifications/message', { level: 'error', data: 'begun' })
        running += 1
        return closed.then(() => {
          running -= 1
          return undefined
        })
      },
    },
  })
  ;({ one, other, upstream, connector } = two)
}, 90_000)
afterAll(async () => {
  await two?.remove()
})

const at = (server: RunningServer) => new URL(connector.url.pathname, server.url)
const newPerson = () => addPerson(one, `person${++people}`)

type Stream = { name: string; heard: RpcMessage[]; ended: Promise<number> }

/** Opens one stream of every kind; each has spoken before this resolves. */
async function openStreams(server: RunningServer, key: string): Promise<Stream[]> {
  const client = await LegacyClient.open(at(server), key)
  const streams: Stream[] = []
  const open = (name: string, sending: Parameters<typeof send>[1]) => {
    const heard: RpcMessage[] = []
    const ended = send(at(server), { ...sending, onMessage: (message) => heard.push(message) })
      .catch(() => undefined)
      .then(() => performance.now())
    streams.push({ name, heard, ended })
    return heard
  }
  const call = { name: 'slow', arguments: {} }
  open('2025 stream', { method: 'GET', headers: { ...client.headers, accept: 'text/event-stream' } })
  open('2024-11-05 stream', {
    method: 'GET',
    headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' },
  })
  const spoken = [
    open(
      'listen',
      modernRequest(key, {
        method: 'subscriptions/listen',
        params: { notifications: { toolsListChanged: true } },
      }),
    ),
    open('legacy call', {
      headers: client.headers,
      body: JSON.stringify({ jsonrpc: '2.0', id: 'slow', method: 'tools/call', params: call }),
    }),
    open('modern call', modernRequest(key, { method: 'tools/call', params: call }, { logLevel: 'debug' })),
  ]
  await expect.poll(() => spoken.map((heard) => heard.length > 0)).toEqual([true, true, true])
  return streams
}

/** A call there; refused with an error until that process has heard of the rule that allows it, and after it is gone. */
const callAt = async (server: RunningServer, key: string) => {
  const message = { method: 'tools/call', params: { name: 'echo', arguments: {} } }
  return answerOf(await send(at(server), modernRequest(key, message)))
}
const allowedAt = (server: RunningServer, key: string) =>
  expect.poll(async () => (await callAt(server, key)).error).toBeUndefined()

/** The status of one more request there. */
const statusAt = async (server: RunningServer, key: string) =>
  (await send(at(server), modernRequest(key, { method: 'tools/list' }))).status

/** What is counted once this was done. */
function after<Counted>(act: () => void, count: () => Counted): Counted {
  act()
  return count()
}

async function longestEnd(streams: readonly Stream[], started: number): Promise<string[]> {
  const slow = await Promise.all(
    streams.map(async ({ name, ended }) => {
      const tooLate = new Promise<number>((resolve) =>
        setTimeout(() => resolve(Number.POSITIVE_INFINITY), withinMs * 3),
      )
      return (await Promise.race([ended, tooLate])) - started <= withinMs ? [] : [name]
    }),
  )
  return slow.flat()
}

const revocations: [string, (person: Person) => Promise<unknown>][] = [
  ['a key revoked', (person) => one.api('DELETE', `/api/v1/api-keys/${person.keyId}`)],
  [
    'a person deactivated',
    (person) => one.api('PATCH', `/api/v1/users/${person.id}`, { status: 'deactivated' }),
  ],
  ['a person deleted', (person) => one.api('DELETE', `/api/v1/users/${person.id}`)],
]

describe.skipIf(missing)('revocation on two processes', () => {
  for (const [name, revoke] of revocations) {
    test(`${name}: refused at once here, within a second there, and every open stream ends`, async () => {
      const person = await newPerson()
      const bystander = await newPerson()
      await allow(one, [person, bystander], [connector])
      await allowedAt(other, bystander.key)
      const streams = [...(await openStreams(one, person.key)), ...(await openStreams(other, person.key))]
      const untouched = await openStreams(other, bystander.key)
      expect(await statusAt(other, person.key)).toBe(200)
      const started = performance.now()
      await revoke(person)
      expect(await statusAt(one, person.key)).toBe(401)
      await expect.poll(() => statusAt(other, person.key), { timeout: withinMs, interval: 20 }).toBe(401)
      expect(await longestEnd(streams, started)).toEqual([])
      for (const { heard } of streams.filter((stream) => stream.name.endsWith('call')))
        expect(heard.at(-1)).toMatchObject({
          error: {
            message: expect.stringContaining('revoked while it ran'),
            data: { reason: 'unauthenticated' },
          },
        })
      // Of four calls stopped here and two that go on: the upstream was told to end the four.
      await expect.poll(() => running, { timeout: withinMs }).toBe(2)
      const still = await Promise.all(
        untouched.map(({ ended }) => Promise.race([ended.then(() => 'ended'), Promise.resolve('open')])),
      )
      expect(still).toEqual(untouched.map(() => 'open'))
      await one.api('DELETE', `/api/v1/users/${bystander.id}`)
      await expect.poll(() => running).toBe(0)
    })
  }

  test('a rule deleted: refused at once here, within a second there, and its news end in every kind of stream', async () => {
    const person = await newPerson()
    const rule = await allow(one, [person], [connector])
    const news = 'notifications/resources/updated'
    const client = await LegacyClient.open(at(other), person.key)
    const heard: RpcMessage[] = []
    const gone = new AbortController()
    const keep = (sending: Parameters<typeof send>[1]) =>
      void send(at(other), {
        ...sending,
        signal: gone.signal,
        onMessage: (message) => heard.push(message),
      }).catch(() => undefined)
    keep({ method: 'GET', headers: { ...client.headers, accept: 'text/event-stream' } })
    await expect
      .poll(async () => answerOf(await client.request('resources/subscribe', { uri: 'test://a' })).result)
      .toEqual({})
    keep(
      modernRequest(person.key, {
        method: 'subscriptions/listen',
        params: { notifications: { resourceSubscriptions: ['test://a'] } },
      }),
    )
    const updates = () => heard.filter(({ method }) => method === news).length
    await expect
      .poll(() => after(() => upstream.push(news, { uri: 'test://a' }), updates), { timeout: 5_000 })
      .toBeGreaterThan(3)

    const call = (server: RunningServer) => callAt(server, person.key)
    expect((await call(other)).error).toBeUndefined()
    await one.api('DELETE', `/api/v1/policies/${rule}`)
    expect((await call(one)).error).toBeDefined()
    await expect
      .poll(async () => (await call(other)).error !== undefined, { timeout: withinMs, interval: 20 })
      .toBe(true)
    const before = updates()
    for (let turn = 0; turn < 5; turn++) {
      upstream.push(news, { uri: 'test://a' })
      upstream.push('notifications/message', { level: 'error', data: 'secret' })
    }
    // A rule that lets them see again proves that the stream still carries news, and that those five are not on their way.
    await allow(one, [person], [connector])
    await expect
      .poll(() => after(() => upstream.push(news, { uri: 'test://a' }), updates), { timeout: 5_000 })
      .toBeGreaterThan(before)
    expect(heard.filter(({ method }) => method === 'notifications/message')).toEqual([])
    gone.abort()
  })

  test('a stream opened there before the rule hears its upstream within a second of it, and until it is gone', async () => {
    const person = await newPerson()
    const gone = new AbortController()
    const notifications = { resourcesListChanged: true }
    const client = await LegacyClient.open(at(other), person.key)
    const heard: [RpcMessage[], RpcMessage[]] = [[], []]
    for (const [which, sending] of [
      modernRequest(person.key, { method: 'subscriptions/listen', params: { notifications } }),
      { method: 'GET', headers: { ...client.headers, accept: 'text/event-stream' } },
    ].entries())
      void send(at(other), {
        ...sending,
        signal: gone.signal,
        onMessage: (message) => heard[which]?.push(message),
      }).catch(() => undefined)
    const listening = () => upstream.listening()
    const within = { timeout: withinMs, interval: 20 }
    // Whatever the tests before left open is closed by now, or stays as it is.
    await expect.poll(() => heard[0].length).toBeGreaterThan(0)
    const before = listening()
    const rule = await allow(one, [person], [connector])
    await expect.poll(listening, within).toBe(before + 2)
    const news = 'notifications/resources/list_changed'
    const told = () => heard.map((each) => each.some(({ method }) => method === news))
    await expect.poll(() => after(() => upstream.push(news), told), within).toEqual([true, true])
    await one.api('DELETE', `/api/v1/policies/${rule}`)
    await expect.poll(listening, within).toBe(before)
    gone.abort()
  })

  test('news follow the person as they are: out of the group, out of its news, on a stream opened before', async () => {
    const person = await newPerson()
    const group = await one.api<{ id: string }>('POST', '/api/v1/groups', {
      name: 'watchers',
      member_ids: [person.id],
    })
    await one.api('POST', '/api/v1/policies', {
      effect: 'allow',
      principals: { type: 'group', ids: [group.id] },
      scope: { servers: [connector.id] },
    })
    await allowedAt(other, person.key)
    const news = 'notifications/message'
    const client = await LegacyClient.open(at(other), person.key)
    const heard: RpcMessage[] = []
    const gone = new AbortController()
    void send(at(other), {
      method: 'GET',
      headers: { ...client.headers, accept: 'text/event-stream' },
      signal: gone.signal,
      onMessage: (message) => heard.push(message),
    }).catch(() => undefined)
    const told = () => heard.filter(({ method }) => method === news).length
    await expect
      .poll(() => after(() => upstream.push(news, { level: 'error', data: 'x' }), told), { timeout: 5_000 })
      .toBeGreaterThan(0)
    await one.api('PATCH', `/api/v1/groups/${group.id}`, { member_ids: [] })
    await new Promise((resolve) => setTimeout(resolve, withinMs))
    const before = told()
    for (let turn = 0; turn < 5; turn++) upstream.push(news, { level: 'error', data: 'x' })
    await one.api('PATCH', `/api/v1/groups/${group.id}`, { member_ids: [person.id] })
    await new Promise((resolve) => setTimeout(resolve, withinMs))
    const later = told()
    await expect
      .poll(() => after(() => upstream.push(news, { level: 'error', data: 'x' }), told), { timeout: 5_000 })
      .toBeGreaterThan(later)
    expect(later).toBe(before)
    gone.abort()
  })
})
