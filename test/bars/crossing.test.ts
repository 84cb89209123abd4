import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startWitnessUpstream, type WitnessUpstream } from '../fixtures/witness-upstream.ts'
import { freshServer } from '../support/fresh-server.ts'
import { answerOf, LegacyClient, modernRequest, type RpcMessage, send, textOf } from '../support/raw-mcp.ts'
import type { RunningServer } from '../support/server.ts'
import { addConnector, addPerson, allow, type Made, type Person, publicNames } from '../support/world.ts'

/**
 * O10 and T19: two people with credentials of their own, the same JSON-RPC ids, progress tokens and tools at the same
 * time. Whatever reaches a person must carry that person's nonce and that person's credential.
 */
const total = process.env['RUNLAYER_LONG'] === '1' ? 10_000 : 1_000
const kinds = ['echo', 'stream', 'echo', 'ask', 'echo', 'wait', 'echo', 'stream'] as const
type Kind = (typeof kinds)[number]

type Actor = { person: Person; credential: string; name: string }
type Call = { actor: Actor; kind: Kind; id: number; nonce: string }
type Way = (call: Call) => Promise<void>

let server: RunningServer
let upstreams: { legacy: WitnessUpstream; modern: WitnessUpstream }
let connectors: { legacy: Made; modern: Made; shared: Made }
let tools: { legacy: Record<string, string>; modern: Record<string, string> }
let actors: Actor[] = []
const plugin = () => new URL('/mcp', server.url)

beforeAll(async () => {
  upstreams = { legacy: await startWitnessUpstream('legacy'), modern: await startWitnessUpstream('modern') }
  server = await freshServer()
  const personal = { headers: { 'x-credential': '{TOKEN}' } }
  connectors = {
    legacy: await addConnector(server, 'Old', upstreams.legacy.url, personal),
    modern: await addConnector(server, 'New', upstreams.modern.url, personal),
    shared: await addConnector(server, 'Shared', upstreams.legacy.url, {
      headers: { 'x-credential': 'everybody' },
    }),
  }
  const people = [await addPerson(server, 'ada'), await addPerson(server, 'ben')]
  await allow(server, people, Object.values(connectors))
  actors = people.map((person, index) => ({
    person,
    credential: `credential-${index}-${randomUUID()}`,
    name: index === 0 ? 'ada' : 'ben',
  }))
  for (const actor of actors)
    for (const connector of [connectors.legacy, connectors.modern])
      await server.api(
        'PUT',
        `/api/v1/servers/${connector.id}/connection`,
        { values: { TOKEN: actor.credential } },
        actor.person.key,
      )
  tools = {
    legacy: await publicNames(server, connectors.legacy),
    modern: await publicNames(server, connectors.modern),
  }
})
afterAll(async () => {
  await server?.remove()
  await upstreams?.legacy.close()
  await upstreams?.modern.close()
})

/** Everything but the answer: it may speak of this call only. */
function checkMessage(call: Call, message: RpcMessage): void {
  const mark = `${call.nonce} ${call.actor.credential}`
  if (message.method === 'notifications/progress')
    expect(message.params).toMatchObject({ progressToken: `p${call.id}`, message: mark })
  else if (message.method === 'notifications/message') expect(message.params).toMatchObject({ data: mark })
  else if (message.method === 'elicitation/create') expect(message.params).toMatchObject({ message: mark })
  else if (message.method !== undefined) throw new Error(`not expected: ${JSON.stringify(message)}`)
}

function checkAnswer(call: Call, answer: RpcMessage): void {
  expect(answer.id).toBe(call.id)
  expect(answer.error).toBeUndefined()
  expect(JSON.parse(textOf(answer))).toEqual({
    nonce: call.nonce,
    credential: call.actor.credential,
    ...(call.kind === 'ask' ? { answer: { said: call.nonce } } : {}),
  })
}

function paramsOf(call: Call, era: 'legacy' | 'modern', viaPlugin: boolean): Record<string, unknown> {
  const args = { nonce: call.nonce }
  return viaPlugin
    ? {
        name: 'execute_tool',
        arguments: { meta: 'crossing', tool_name: tools[era][call.kind], arguments: args },
      }
    : { name: call.kind, arguments: args }
}

type Place = { upstream: 'legacy' | 'modern'; viaPlugin: boolean }

async function legacyWay(actor: Actor, place: Place): Promise<Way> {
  const url = place.viaPlugin ? plugin() : connectors[place.upstream].url
  const client = await LegacyClient.open(url, actor.person.key, { capabilities: { elicitation: {} } })
  return async (call) => {
    const follow: Promise<unknown>[] = []
    const asking = client.request(
      'tools/call',
      { ...paramsOf(call, place.upstream, place.viaPlugin), _meta: { progressToken: `p${call.id}` } },
      {
        id: call.id,
        onMessage(message) {
          if (message.method === 'elicitation/create')
            follow.push(client.answer(message.id, { action: 'accept', content: { said: call.nonce } }))
        },
      },
    )
    if (call.kind === 'wait') {
      await upstreams[place.upstream].arrived(call.nonce)
      await client.notify('notifications/cancelled', { requestId: call.id })
    }
    const reply = await asking
    await Promise.all(follow)
    for (const message of reply.messages) checkMessage(call, message)
    if (call.kind === 'wait') return expect(reply.text).not.toContain('credential-')
    if (call.kind === 'stream') expect(reply.messages).toHaveLength(4)
    checkAnswer(call, answerOf(reply))
  }
}

function modernWay(actor: Actor, place: Place): Way {
  const url = place.viaPlugin ? plugin() : connectors[place.upstream].url
  const ask = (call: Call, more: object, signal?: AbortSignal) =>
    send(url, {
      ...modernRequest(
        actor.person.key,
        {
          id: call.id,
          method: 'tools/call',
          params: { ...paramsOf(call, place.upstream, place.viaPlugin), ...more },
        },
        { capabilities: { elicitation: {} }, logLevel: 'info', progressToken: `p${call.id}` },
      ),
      ...(signal === undefined ? {} : { signal }),
    })
  return async (call) => {
    if (call.kind === 'wait') {
      const gone = new AbortController()
      const asking = ask(call, {}, gone.signal)
      await upstreams[place.upstream].arrived(call.nonce)
      gone.abort()
      return await expect(asking).rejects.toThrow()
    }
    const reply = await ask(call, {})
    for (const message of reply.messages) checkMessage(call, message)
    if (call.kind === 'stream') expect(reply.messages).toHaveLength(4)
    const answer = answerOf(reply)
    if (call.kind !== 'ask') return checkAnswer(call, answer)
    expect(answer.id).toBe(call.id)
    expect(answer.result?.['resultType'], reply.text).toBe('input_required')
    const asked = answer.result?.['inputRequests'] as Record<string, RpcMessage>
    for (const question of Object.values(asked)) checkMessage(call, question)
    const inputResponses = Object.fromEntries(
      Object.keys(asked).map((key) => [key, { action: 'accept', content: { said: call.nonce } }]),
    )
    checkAnswer(
      call,
      answerOf(await ask(call, { inputResponses, requestState: answer.result?.['requestState'] })),
    )
  }
}

const places: readonly Place[] = [
  { upstream: 'legacy', viaPlugin: false },
  { upstream: 'modern', viaPlugin: false },
  { upstream: 'legacy', viaPlugin: true },
  { upstream: 'modern', viaPlugin: true },
]

test(`T19: ${total} interleaved calls of two people with equal ids, over both eras on both sides: none crossed`, async () => {
  const waited = { legacy: new Set<string>(), modern: new Set<string>() }
  let done = 0
  const lanes = actors.flatMap((actor) =>
    places.flatMap((place) => [
      { actor, place, way: legacyWay(actor, place) },
      { actor, place, way: modernWay(actor, place) },
    ]),
  )
  await Promise.all(
    lanes.map(async ({ actor, place, way }) => {
      const run = await way
      for (let id = 1; id <= Math.ceil(total / lanes.length); id++) {
        const kind = kinds[id % kinds.length] ?? 'echo'
        const nonce = `${actor.name}-${randomUUID()}`
        if (kind === 'wait') waited[place.upstream].add(nonce)
        await run({ actor, kind, id, nonce })
        done++
      }
    }),
  )
  expect(done).toBeGreaterThanOrEqual(total)
  const credentials = Object.fromEntries(actors.map((actor) => [actor.name, actor.credential]))
  for (const era of ['legacy', 'modern'] as const) {
    const witnessed = upstreams[era].calls
    expect(witnessed.length).toBeGreaterThan(total / 3)
    expect(
      witnessed.filter(({ nonce, credential }) => credential !== credentials[nonce.slice(0, 3)]),
    ).toEqual([])
    await expect
      .poll(() => [...upstreams[era].cancelled].sort(), { timeout: 5_000 })
      .toEqual([...waited[era]].sort())
  }
}, 600_000)

test('no upstream session ever served two people, also where they share a credential', async () => {
  await Promise.all(
    actors.flatMap(({ person, name }) => [
      LegacyClient.open(connectors.shared.url, person.key).then((client) =>
        client.request('tools/call', { name: 'echo', arguments: { nonce: `${name}-shared-legacy` } }),
      ),
      send(
        connectors.shared.url,
        modernRequest(person.key, {
          method: 'tools/call',
          params: { name: 'echo', arguments: { nonce: `${name}-shared-modern` } },
        }),
      ),
    ]),
  )
  const people = new Map<string, Set<string>>()
  for (const { session, nonce } of upstreams.legacy.calls) {
    const seen = people.get(session ?? '') ?? new Set()
    people.set(session ?? '', seen.add(nonce.slice(0, 3)))
  }
  expect(upstreams.legacy.calls.filter(({ nonce }) => nonce.includes('-shared-'))).toHaveLength(4)
  expect([...people.values()].filter((seen) => seen.size !== 1)).toEqual([])
})
