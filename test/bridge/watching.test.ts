import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  anyTool,
  Refusal,
  type ScriptedUpstream,
  startScriptedUpstream,
  words,
} from '../fixtures/scripted-upstream.ts'
import { freshServer } from '../support/fresh-server.ts'
import { LegacyClient, modernRequest, type RpcMessage, send } from '../support/raw-mcp.ts'
import type { RunningServer } from '../support/server.ts'
import { addConnector, addPerson, allow, type Made, type Person } from '../support/world.ts'

type Era = 'legacy' | 'modern'

let server: RunningServer
const upstreams: ScriptedUpstream[] = []
let count = 0

beforeAll(async () => {
  server = await freshServer()
})
afterAll(async () => {
  await server?.remove()
  for (const upstream of upstreams) await upstream.close()
})

async function startUpstream(era: Era): Promise<ScriptedUpstream> {
  const upstream = await startScriptedUpstream({
    era,
    capabilities: { tools: { listChanged: true }, resources: { subscribe: true, listChanged: true } },
    tools: [anyTool('echo')],
    scripts: { 'resources/list': () => ({ resources: [] }), 'tools/call echo': () => words('here') },
  })
  upstreams.push(upstream)
  return upstream
}

/** An upstream and a connector nobody may use yet, and somebody. */
async function somewhere(era: Era, more: object = {}) {
  const upstream = await startUpstream(era)
  const connector = await addConnector(server, `Watched ${++count}`, upstream.url, more)
  return { upstream, connector, person: await addPerson(server, `watcher${count}`) }
}

type Stream = { heard: RpcMessage[]; hasEnded(): boolean; close(): void }

/** The stream of a client of that era, once it is open. */
async function openStream(era: Era, { url }: Made, { key }: Person): Promise<Stream> {
  const heard: RpcMessage[] = []
  const stop = new AbortController()
  const notifications = { toolsListChanged: true, resourcesListChanged: true }
  const sending =
    era === 'modern'
      ? modernRequest(key, { method: 'subscriptions/listen', params: { notifications } })
      : {
          method: 'GET',
          headers: { ...(await LegacyClient.open(url, key)).headers, accept: 'text/event-stream' },
        }
  let ended = false
  send(url, { ...sending, signal: stop.signal, onMessage: (message) => heard.push(message) })
    .catch(() => undefined)
    .finally(() => {
      ended = true
    })
  // Both hear that the rules changed, whether or not they may see anything.
  await expect
    .poll(async () => {
      const rule = await allow(server, [await somebody()], [await anything()])
      await server.api('DELETE', `/api/v1/policies/${rule}`)
      return heard.map(({ method }) => method)
    })
    .toContain('notifications/tools/list_changed')
  return { heard, hasEnded: () => ended, close: () => stop.abort() }
}

let other: Promise<{ connector: Made; person: Person }> | undefined
const elsewhere = () => {
  other ??= somewhere('legacy')
  return other
}
const somebody = async () => (await elsewhere()).person
const anything = async () => (await elsewhere()).connector

const news = 'notifications/resources/list_changed'
const told = ({ heard }: Stream) => heard.filter(({ method }) => method === news).length
const listening = (upstream: ScriptedUpstream) => expect.poll(() => upstream.listening(), { timeout: 5_000 })

/** The upstream's word arrives. */
async function hearsFrom(upstream: ScriptedUpstream, stream: Stream): Promise<void> {
  await listening(upstream).toBe(1)
  const before = told(stream)
  upstream.push(news)
  await expect.poll(() => told(stream)).toBe(before + 1)
}

const pairs = (['legacy', 'modern'] as const).flatMap((client) =>
  (['legacy', 'modern'] as const).map((upstream) => [client, upstream] as const),
)

describe('a stream opened before its person may see the connector', () => {
  test.each(pairs)(
    'hears its upstream from the rule that lets them to the one that ends it (%s client, %s upstream)',
    async (client, era) => {
      const { upstream, connector, person } = await somewhere(era)
      const stream = await openStream(client, connector, person)
      expect(upstream.listening()).toBe(0)
      const rule = await allow(server, [person], [connector])
      await hearsFrom(upstream, stream)
      await server.api('DELETE', `/api/v1/policies/${rule}`)
      await listening(upstream).toBe(0)
      await allow(server, [person], [connector])
      await hearsFrom(upstream, stream)
      expect(stream.hasEnded()).toBe(false)
      stream.close()
      await listening(upstream).toBe(0)
    },
  )

  test.each(['legacy', 'modern'] as const)(
    'is not told of keys that come and go, which change nobody’s rights (%s client)',
    async (era) => {
      const { upstream, connector, person } = await somewhere(era)
      const stream = await openStream(era, connector, person)
      await allow(server, [person], [connector])
      await hearsFrom(upstream, stream)
      const changes = () =>
        stream.heard.filter(({ method }) => method === 'notifications/tools/list_changed').length
      const before = changes()
      const key = await server.api<{ id: string }>('POST', '/api/v1/api-keys', { name: 'one more' })
      await server.api('DELETE', `/api/v1/api-keys/${key.id}`)
      await hearsFrom(upstream, stream)
      expect(changes()).toBe(before)
      stream.close()
    },
  )

  test.each(['legacy', 'modern'] as const)(
    'hears it from joining a group until leaving it (%s client)',
    async (era) => {
      const { upstream, connector, person } = await somewhere(era)
      const group = await server.api<{ id: string }>('POST', '/api/v1/groups', { name: `group ${count}` })
      await server.api('POST', '/api/v1/policies', {
        effect: 'allow',
        principals: { type: 'group', ids: [group.id] },
        scope: { servers: [connector.id] },
      })
      const stream = await openStream(era, connector, person)
      expect(upstream.listening()).toBe(0)
      await server.api('PATCH', `/api/v1/groups/${group.id}`, { member_ids: [person.id] })
      await hearsFrom(upstream, stream)
      await server.api('PATCH', `/api/v1/groups/${group.id}`, { member_ids: [] })
      await listening(upstream).toBe(0)
      stream.close()
    },
  )

  test.each(['legacy', 'modern'] as const)(
    'hears it from giving their own values until taking them back (%s client)',
    async (era) => {
      const { upstream, connector, person } = await somewhere(era, { headers: { 'x-mine': '{MINE}' } })
      await allow(server, [person], [connector])
      const stream = await openStream(era, connector, person)
      expect(upstream.listening()).toBe(0)
      const connection = `/api/v1/servers/${connector.id}/connection`
      await server.api('PUT', connection, { values: { MINE: 'one' } }, person.key)
      await hearsFrom(upstream, stream)
      const watchedWith = () => upstream.seen.findLast(({ headers }) => headers['x-mine'] !== undefined)
      expect(watchedWith()?.headers['x-mine']).toBe('one')
      await server.api('PUT', connection, { values: { MINE: 'two' } }, person.key)
      await expect.poll(() => watchedWith()?.headers['x-mine']).toBe('two')
      await hearsFrom(upstream, stream)
      await server.api('DELETE', connection, undefined, person.key)
      await listening(upstream).toBe(0)
      stream.close()
    },
  )
})

describe('a stream whose connector changes', () => {
  test.each(['legacy', 'modern'] as const)(
    'hears an upstream that was down once it is found well (%s client)',
    async (era) => {
      const { upstream, connector, person } = await somewhere('legacy')
      await allow(server, [person], [connector])
      const initialize = upstream.scripts['initialize']
      upstream.scripts['initialize'] = () => {
        throw new Refusal(-32000, 'not today')
      }
      await server.api('PATCH', `/api/v1/servers/${connector.id}`, { url: `${upstream.url}?again` })
      await server.api('POST', `/api/v1/servers/${connector.id}/refresh`)
      const stream = await openStream(era, connector, person)
      expect(upstream.listening()).toBe(0)
      if (initialize !== undefined) upstream.scripts['initialize'] = initialize
      await server.api('POST', `/api/v1/servers/${connector.id}/refresh`)
      await hearsFrom(upstream, stream)
      stream.close()
    },
  )

  test.each(['legacy', 'modern'] as const)(
    'hears the new upstream and not the old, without being opened again (%s client)',
    async (era) => {
      const { upstream, connector, person } = await somewhere(era)
      const next = await startUpstream(era === 'legacy' ? 'modern' : 'legacy')
      await allow(server, [person], [connector])
      const stream = await openStream(era, connector, person)
      await hearsFrom(upstream, stream)
      await server.api('PATCH', `/api/v1/servers/${connector.id}`, { url: next.url })
      await hearsFrom(next, stream)
      expect([upstream.listening(), stream.hasEnded()]).toEqual([0, false])
      stream.close()
    },
  )

  test.each(['legacy', 'modern'] as const)(
    'ends with the connector: %s client, switched off or deleted',
    async (era) => {
      const { upstream, connector, person } = await somewhere(era)
      await allow(server, [person], [connector])
      const first = await openStream(era, connector, person)
      await hearsFrom(upstream, first)
      await server.api('PATCH', `/api/v1/servers/${connector.id}`, { status: 'disabled' })
      await expect.poll(() => first.hasEnded()).toBe(true)
      await listening(upstream).toBe(0)
      await server.api('PATCH', `/api/v1/servers/${connector.id}`, { status: 'active' })
      const second = await openStream(era, connector, person)
      await hearsFrom(upstream, second)
      await server.api('DELETE', `/api/v1/servers/${connector.id}`)
      await expect.poll(() => second.hasEnded()).toBe(true)
      await listening(upstream).toBe(0)
    },
  )
})

describe('resources of a session', () => {
  test('what the upstream refuses is said, and costs the stream none of its news', async () => {
    const { upstream, connector, person } = await somewhere('legacy')
    upstream.scripts['resources/subscribe'] = ({ params }) => {
      if (params['uri'] === 'test://none') throw new Refusal(-32002, 'no such resource')
      return {}
    }
    await allow(server, [person], [connector])
    const client = await LegacyClient.open(connector.url, person.key)
    const subscribe = async (uri: string) =>
      (await client.request('resources/subscribe', { uri })).messages.at(-1)
    // Without a stream there is nobody to tell: the upstream is asked whether it would, and that is all.
    expect((await subscribe('test://none'))?.error).toBeDefined()
    expect((await subscribe('test://a'))?.result).toEqual({})
    await listening(upstream).toBe(0)
    const heard: RpcMessage[] = []
    const stop = new AbortController()
    void send(connector.url, {
      method: 'GET',
      headers: { ...client.headers, accept: 'text/event-stream' },
      signal: stop.signal,
      onMessage: (message) => heard.push(message),
    }).catch(() => undefined)
    await listening(upstream).toBe(1)
    expect((await subscribe('test://none'))?.error).toBeDefined()
    // The watch given up for the refused one may still be ending: what is pushed on that one is lost.
    await expect
      .poll(() => {
        upstream.push('notifications/resources/updated', { uri: 'test://a' })
        return heard.map(({ params }) => params?.['uri'])
      })
      .toContain('test://a')
    stop.abort()
  })
})
