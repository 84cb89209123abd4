import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  type FaultName,
  type MisbehavingUpstream,
  startMisbehavingUpstream,
} from '../../../test/fixtures/misbehaving-upstream.ts'
import { connectorOf } from '../../../test/support/connector-of.ts'
import { openTestUpstreams, requestOf, textOf } from '../../../test/support/upstream-world.ts'
import type { Connector } from '../kernel/connector.ts'
import type { Reason } from '../kernel/reasons.ts'
import type { OpenUpstreams } from './upstream.ts'

let server: MisbehavingUpstream
let upstreams: OpenUpstreams
let connector: Connector

beforeAll(async () => {
  server = await startMisbehavingUpstream()
  upstreams = openTestUpstreams()
  connector = connectorOf({ url: server.url })
  await upstreams.call(requestOf(connector))
})

afterAll(async () => {
  await upstreams.drain(0)
  await server.close()
})

beforeEach(() => {
  server.fault = undefined
})

const verdicts: Record<FaultName, Reason> = {
  hang: 'upstream-timeout',
  reset: 'upstream-unreachable',
  'status 500': 'upstream-failed',
  'status 429': 'upstream-failed',
  'status 401': 'upstream-refused',
  'not JSON': 'upstream-malformed',
  'not UTF-8': 'upstream-malformed',
  'duplicate keys': 'upstream-malformed',
  'proto key': 'upstream-malformed',
  'nested 1,000 deep': 'upstream-malformed',
  'another id': 'upstream-malformed',
  'no result': 'upstream-malformed',
  'result is a list': 'upstream-malformed',
  'a web page': 'upstream-malformed',
  accepted: 'upstream-malformed',
  'gzip bomb': 'upstream-malformed',
  '50 MB with a length': 'upstream-too-large',
  '50 MB in chunks': 'upstream-too-large',
  'endless event': 'upstream-too-large',
  'endless stream': 'upstream-too-large',
  'stream without an answer': 'upstream-unreachable',
  'slow loris': 'upstream-timeout',
  'beats without an answer': 'upstream-timeout',
  'redirect to a private address': 'upstream-failed',
  'cut in the middle': 'upstream-unreachable',
}

test.each(Object.entries(verdicts) as [FaultName, Reason][])(
  'T37 %s → %s, once, naming the connector, and the next call is fine',
  async (fault, reason) => {
    server.fault = fault
    const before = server.calls
    await expect(upstreams.call(requestOf(connector, { idleTimeoutMs: 300 }))).rejects.toMatchObject({
      reason,
      connector: 'Echo',
    })
    expect(server.calls - before).toBe(1)
    server.fault = undefined
    expect(textOf(await upstreams.call(requestOf(connector)))).toBe('fine')
  },
)

test('T37 many hanging calls to one connector do not slow another', async () => {
  const other = await startMisbehavingUpstream()
  server.fault = 'hang'
  const controller = new AbortController()
  const stuck = Array.from({ length: 300 }, () =>
    upstreams.call(requestOf(connector, { signal: controller.signal })).catch(() => undefined),
  )
  const healthy = connectorOf({ url: other.url })
  for (let at = 0; at < 20; at++)
    expect(textOf(await upstreams.call(requestOf(healthy, { idleTimeoutMs: 1000 })))).toBe('fine')
  controller.abort()
  await Promise.all(stuck)
  await other.close()
})

test('a server that is not there is unreachable, and the words say why', async () => {
  const gone = connectorOf({ name: 'Gone', url: 'http://127.0.0.1:1/mcp' })
  await expect(upstreams.call(requestOf(gone))).rejects.toMatchObject({
    reason: 'upstream-unreachable',
    message: 'Gone could not be reached: the connection was refused.',
  })
})

test('T11 an address outside the allowed networks is refused before anything is sent', async () => {
  for (const url of [
    'http://10.0.0.1/mcp',
    'http://169.254.169.254/',
    'http://[::1]:1/',
    'http://2852039166/',
  ]) {
    await expect(upstreams.call(requestOf(connectorOf({ url }))), url).rejects.toMatchObject({
      reason: 'address-refused',
      connector: 'Echo',
    })
  }
  const closed = openTestUpstreams({ allowedNetworks: [] })
  const before = server.calls
  for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]']) {
    const url = server.url.replace('127.0.0.1', host)
    await expect(closed.call(requestOf(connectorOf({ url }))), host).rejects.toMatchObject({
      reason: 'address-refused',
    })
  }
  expect(server.calls).toBe(before)
  await closed.drain(0)
})

test('more than the waiting room holds is refused as busy', async () => {
  const small = openTestUpstreams({ caps: { connectionsPerOrigin: 1, queuedPerOrigin: 1 } })
  await small.call(requestOf(connector))
  server.fault = 'hang'
  const controller = new AbortController()
  const call = () => small.call(requestOf(connector, { signal: controller.signal }))
  const outcomes = Promise.allSettled([call(), call(), call()])
  await expect(call()).rejects.toMatchObject({ reason: 'busy' })
  controller.abort()
  await outcomes
  await small.drain(0)
})
