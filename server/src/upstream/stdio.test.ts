import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connectorOf } from '../../../test/support/connector-of.ts'
import { childHosting, openTestUpstreams, requestOf, textOf } from '../../../test/support/upstream-world.ts'
import type { OpenUpstreams } from './upstream.ts'

const command = fileURLToPath(new URL('../../../test/fixtures/stdio-upstream.ts', import.meta.url))
let hosting: ReturnType<typeof childHosting>
let upstreams: OpenUpstreams

beforeEach(() => {
  hosting = childHosting()
  upstreams = openTestUpstreams({ hosting })
})

afterEach(async () => {
  await upstreams.drain(0)
  for (const child of hosting.children) child.kill('SIGKILL')
})

const serverOf = (era: string) => connectorOf({ transport: 'stdio', command, args: [era] })
const lane = (principal: string, exclusive = false) => ({ principal, session: undefined, exclusive })

test('a legacy server is probed, initialized and reused as one process', async () => {
  const connector = serverOf('legacy')
  const [first, second] = await Promise.all(
    [1, 2].map(() => upstreams.call(requestOf(connector, { tool: 'pid' })).then(textOf)),
  )
  expect(first).toBe(second)
  expect(hosting.starts).toBe(1)
})

test('a server that exits on a request before initialize is started again the legacy way', async () => {
  expect(textOf(await upstreams.call(requestOf(serverOf('fragile'))))).toBe('hello')
  expect(hosting.starts).toBe(2)
})

test('a modern server gets _meta with each request and is listened to', async () => {
  const connector = serverOf('modern')
  const reply = await upstreams.call(requestOf(connector, { tool: 'meta' }))
  expect(reply.era).toBe('modern')
  expect(JSON.parse(textOf(reply))).toMatchObject({ 'io.modelcontextprotocol/protocolVersion': '2026-07-28' })
  const heard: string[] = []
  const watch = await upstreams.watch({
    ...requestOf(connector),
    resources: [],
    onNotification: (method) => heard.push(method),
    onEnd: () => heard.push('end'),
  })
  await expect.poll(() => heard).toEqual(['notifications/tools/list_changed'])
  watch.close()
  expect(heard).toHaveLength(1)
})

test('two people never share a process', async () => {
  const connector = serverOf('legacy')
  const pid = (principal: string) =>
    upstreams.call(requestOf(connector, { tool: 'pid', lane: lane(principal) })).then(textOf)
  expect(await pid('ada')).not.toBe(await pid('bob'))
})

test('a question is asked when one call runs, so an exclusive lane gets a process of its own', async () => {
  const connector = serverOf('legacy')
  const ask = (text: string) =>
    upstreams
      .call(
        requestOf(connector, {
          tool: 'ask',
          args: { text },
          lane: lane('ada', true),
          onAsk: (_method, params) => Promise.resolve({ result: params }),
        }),
      )
      .then(textOf)
  expect(await Promise.all([ask('one'), ask('two')])).toEqual(['{"text":"one"}', '{"text":"two"}'])
  expect(upstreams.sessionCount).toBe(2)
})

test('a process that exits fails its calls with the reason, and the next call starts a new one', async () => {
  const connector = serverOf('legacy')
  const before = await upstreams.call(requestOf(connector, { tool: 'pid' })).then(textOf)
  const calls = ['hang', 'exit'].map((tool) => upstreams.call(requestOf(connector, { tool })))
  for (const call of calls)
    await expect(call).rejects.toMatchObject({
      reason: 'upstream-unreachable',
      message: 'Echo ended: exit 3',
    })
  expect(await upstreams.call(requestOf(connector, { tool: 'pid' })).then(textOf)).not.toBe(before)
})

test('a person has at most five processes of a connector: idle ones go first, then it is busy', async () => {
  const connector = serverOf('legacy')
  const controller = new AbortController()
  const hang = () =>
    upstreams
      .call(requestOf(connector, { tool: 'hang', lane: lane('ada', true), signal: controller.signal }))
      .catch(() => undefined)
  const stuck = Array.from({ length: 5 }, hang)
  await expect(upstreams.call(requestOf(connector, { lane: lane('ada', true) }))).rejects.toMatchObject({
    reason: 'busy',
    connector: 'Echo',
  })
  controller.abort()
  await Promise.all(stuck)
  const session = { principal: 'ada', session: 'another client', exclusive: false }
  expect(textOf(await upstreams.call(requestOf(connector, { lane: session })))).toBe('hello')
  expect(upstreams.sessionCount).toBe(5)
})

test('cancelling tells the process which request', async () => {
  const connector = serverOf('legacy')
  const controller = new AbortController()
  const call = upstreams.call(
    requestOf(connector, {
      tool: 'hang',
      signal: controller.signal,
      onNotification: () => controller.abort(),
    }),
  )
  await expect(call).rejects.toMatchObject({ reason: 'call-lost' })
  expect(textOf(await upstreams.call(requestOf(connector, { tool: 'cancelled' })))).toMatch(/^\[\d+\]$/)
})

test('R19 a process that stopped answering is ended after one silent call, a slow one is not', async () => {
  const impatient = openTestUpstreams({ hosting, caps: { tellMs: 300 } })
  const connector = serverOf('legacy')
  const pid = () => impatient.call(requestOf(connector, { tool: 'pid' })).then(textOf)
  const before = await pid()
  await expect(
    impatient.call(requestOf(connector, { tool: 'hang', idleTimeoutMs: 50 })),
  ).rejects.toMatchObject({ reason: 'upstream-timeout' })
  expect(await pid()).toBe(before)
  await expect(
    impatient.call(requestOf(connector, { tool: 'freeze', idleTimeoutMs: 50 })),
  ).rejects.toMatchObject({ reason: 'upstream-timeout' })
  await expect(impatient.call(requestOf(connector))).rejects.toMatchObject({
    reason: 'upstream-unreachable',
    message: 'Echo stopped answering.',
  })
  expect(await pid()).not.toBe(before)
  await impatient.drain(0)
})

test('T37 a line that is not JSON fails the call, an oversized line ends the process', async () => {
  const connector = serverOf('legacy')
  await expect(upstreams.call(requestOf(connector, { tool: 'noise' }))).rejects.toMatchObject({
    reason: 'upstream-malformed',
  })
  await expect(upstreams.call(requestOf(connector, { tool: 'long' }))).rejects.toMatchObject({
    reason: 'upstream-too-large',
  })
  expect(textOf(await upstreams.call(requestOf(connector)))).toBe('hello')
})

test('draining ends every process', async () => {
  await upstreams.call(requestOf(serverOf('legacy')))
  const [child] = hosting.children
  const gone = new Promise((done) => child?.once('exit', done))
  await upstreams.drain(0)
  await gone
  await expect(upstreams.call(requestOf(serverOf('legacy')))).rejects.toMatchObject({ reason: 'stopping' })
})
