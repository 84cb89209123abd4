import { afterEach, beforeEach, expect, test } from 'vitest'
import { type LegacyUpstream, startLegacyUpstream } from '../../../test/fixtures/legacy-upstream.ts'
import { connectorOf } from '../../../test/support/connector-of.ts'
import { credential, openTestUpstreams, requestOf, textOf } from '../../../test/support/upstream-world.ts'
import type { Connector } from '../kernel/connector.ts'
import type { Lane, UpstreamRequest } from '../kernel/upstream.ts'
import type { OpenUpstreams } from './upstream.ts'

let server: LegacyUpstream
let upstreams: OpenUpstreams
let connector: Connector
let clock = 1_000_000

beforeEach(async () => {
  server = await startLegacyUpstream()
  upstreams = openTestUpstreams({
    now: () => clock,
    caps: { sweepMs: 5, sessionsPerPrincipal: 3, sessionsPerConnector: 4 },
  })
  connector = connectorOf({ url: server.url, protocol: 'legacy' })
})

afterEach(async () => {
  await upstreams.drain(0)
  await server.close()
})

const laneOf = (principal: string, session?: string, exclusive = false): Lane => ({
  principal,
  session,
  exclusive,
})
const whoami = (lane: Lane, part: Partial<UpstreamRequest> = {}) => {
  const { params: _params, ...rest } = part
  return upstreams.call(requestOf(connector, { tool: 'whoami', lane, ...rest })).then(textOf)
}
const wait = (lane: Lane) => upstreams.call(requestOf(connector, { tool: 'wait', lane }))

async function release(count: number): Promise<void> {
  await expect
    .poll(() => server.seen.filter(({ message }) => message.params?.name === 'wait').length)
    .toBe(count)
  await upstreams.call(requestOf(connector, { tool: 'release', lane: laneOf('releaser') }))
}

test('a session is shared only by the same person, session, credential, capabilities and connector revision', async () => {
  const wide = openTestUpstreams()
  const own = connector
  const id = (c: Connector, part: object) => wide.call(requestOf(c, { tool: 'whoami', ...part })).then(textOf)
  const base = await id(own, { lane: laneOf('ada') })
  expect(await id(own, { lane: laneOf('ada') })).toBe(base)
  const others = await Promise.all([
    id(own, { lane: laneOf('bob') }),
    id(own, { lane: laneOf('ada', 'client 1') }),
    id(own, { lane: laneOf('ada', 'client 2') }),
    id(own, { lane: laneOf('ada'), credential: { ...credential, owner: 'ada' } }),
    id(own, { lane: laneOf('ada'), credential: { ...credential, revision: '2' } }),
    id(own, { lane: laneOf('ada'), capabilities: { sampling: {} } }),
    id({ ...own, revision: 2 }, { lane: laneOf('ada') }),
  ])
  expect(new Set([base, ...others]).size).toBe(others.length + 1)
  await wide.drain(0)
})

test('concurrent first calls of one lane open one session', async () => {
  const ids = await Promise.all(Array.from({ length: 10 }, () => whoami(laneOf('ada'))))
  expect(new Set(ids).size).toBe(1)
})

test('an exclusive call has its session alone, and leaves it to the next', async () => {
  const first = wait(laneOf('ada', undefined, true))
  const other = await whoami(laneOf('ada', undefined, true))
  expect(await whoami(laneOf('ada'))).toBe(other)
  await release(1)
  await first
  expect(upstreams.sessionCount).toBe(3)
})

test('at a cap the session idle for longest goes first, and its end reaches the upstream', async () => {
  const first = await whoami(laneOf('ada', 's1'))
  clock += 1000
  const second = await whoami(laneOf('ada', 's2'))
  clock += 1000
  await whoami(laneOf('ada', 's3'))
  await whoami(laneOf('ada', 's4'))
  await expect.poll(() => server.sessions.has(first)).toBe(false)
  expect(server.sessions.has(second)).toBe(true)
})

test('when every session of a person works, one more is busy while others are served', async () => {
  const working = ['s1', 's2', 's3'].map((session) => wait(laneOf('ada', session)))
  await expect(whoami(laneOf('ada', 's4'))).rejects.toMatchObject({ reason: 'busy', connector: 'Echo' })
  await release(3)
  await Promise.all(working)
})

test('sessions idle for five minutes end, working ones stay', async () => {
  const idle = await whoami(laneOf('ada'))
  const working = wait(laneOf('bob'))
  await expect.poll(() => server.sessions.size).toBe(2)
  clock += 5 * 60_000 + 1
  await expect.poll(() => server.sessions.has(idle)).toBe(false)
  expect(server.sessions.size).toBe(1)
  await release(1)
  await working
})

test('ending a client’s session ends its upstream sessions and no others', async () => {
  const mine = await whoami(laneOf('ada', 'client 1'))
  const other = await whoami(laneOf('ada', 'client 2'))
  upstreams.endSession('client 1')
  await expect.poll(() => server.sessions.has(mine)).toBe(false)
  expect(server.sessions.has(other)).toBe(true)
})

test('forgetting a connector lets running calls finish and serves new ones anew', async () => {
  const before = await whoami(laneOf('ada'))
  const running = wait(laneOf('ada'))
  await expect.poll(() => server.seen.at(-1)?.message.params?.name).toBe('wait')
  upstreams.forget(connector.id)
  expect(await whoami(laneOf('ada'))).not.toBe(before)
  await release(1)
  expect(textOf(await running)).toBe('released')
  await expect.poll(() => server.sessions.has(before)).toBe(false)
})

test('a failed opening leaves nothing behind and is tried again', async () => {
  const gone = connectorOf({ url: 'http://127.0.0.1:1/' })
  for (let at = 0; at < 5; at++)
    await expect(upstreams.call(requestOf(gone))).rejects.toMatchObject({ reason: 'upstream-unreachable' })
  expect(upstreams.sessionCount).toBe(0)
})

test('a caller who leaves while the session opens is let go at once', async () => {
  const slow = connectorOf({ url: server.url, protocol: 'legacy' })
  const controller = new AbortController()
  const call = upstreams.call(requestOf(slow, { signal: controller.signal }))
  controller.abort()
  await expect(call).rejects.toMatchObject({ reason: 'call-lost' })
  await expect(upstreams.call(requestOf(slow, { signal: controller.signal }))).rejects.toMatchObject({
    reason: 'call-lost',
  })
})

test('draining waits for running calls up to its limit, refuses new ones and deletes the sessions', async () => {
  const running = wait(laneOf('ada'))
  await expect.poll(() => server.seen.at(-1)?.message.params?.name).toBe('wait')
  const drained = upstreams.drain(5000)
  await expect(whoami(laneOf('ada'))).rejects.toMatchObject({ reason: 'stopping' })
  server.release()
  expect(textOf(await running)).toBe('released')
  await drained
  expect(server.sessions.size).toBe(0)
})

test('draining cuts what outlives its limit', async () => {
  const running = wait(laneOf('ada'))
  await expect.poll(() => server.seen.at(-1)?.message.params?.name).toBe('wait')
  await Promise.all([expect(running).rejects.toMatchObject({ reason: 'call-lost' }), upstreams.drain(10)])
})

test('T19 two people with equal ids over 2,000 interleaved calls never see each other’s answers', async () => {
  let crossings = 0
  const person = async (name: string) => {
    for (let round = 0; round < 50; round++) {
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          upstreams.call(
            requestOf(connector, { args: { text: `${name} ${round} ${at}` }, lane: laneOf(name) }),
          ),
        ),
      )
      crossings += replies.filter((reply, at) => textOf(reply) !== `${name} ${round} ${at}`).length
    }
  }
  await Promise.all([person('ada'), person('bob')])
  expect(crossings).toBe(0)
})
