import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { AskReply, UpstreamReply } from '../kernel/call.ts'
import { type ParkHooks, parkedCalls, type Round } from './parked-calls.ts'

const result = (text: string): UpstreamReply => ({
  kind: 'result',
  era: 'legacy',
  text,
  members: new Map(),
})
const round = (signal = new AbortController().signal): Round => ({ signal, onNotification: () => undefined })
const none = new Map<string, string>()

/** A call that asks these methods at once and answers with what it was told. */
function asking(...methods: string[]) {
  const seen: { hooks?: ParkHooks } = {}
  const start = async (hooks: ParkHooks) => {
    seen.hooks = hooks
    const replies = await Promise.all(methods.map((method) => hooks.onAsk(method, '{"a":1}')))
    return result(JSON.stringify(replies))
  }
  return { seen, start }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Runs what waits for the few milliseconds in which questions are gathered. */
async function settled<T>(promise: Promise<T>): Promise<T> {
  await vi.advanceTimersByTimeAsync(20)
  return await promise
}

const parkOf = (reply: unknown) => reply as { kind: 'parked'; handle: string; inputRequests: string }

describe('a call that is asked in the middle', () => {
  test('questions asked together travel in one round, each under a key of its own', async () => {
    const parked = parkedCalls()
    const { start } = asking('elicitation/create', 'sampling/createMessage', 'elicitation/create')
    const reply = parkOf(await settled(parked.run('ada', round(), start)))
    expect(JSON.parse(reply.inputRequests)).toEqual({
      elicitation_1: { method: 'elicitation/create', params: { a: 1 } },
      sampling_2: { method: 'sampling/createMessage', params: { a: 1 } },
      elicitation_3: { method: 'elicitation/create', params: { a: 1 } },
    })
    expect(parked.count()).toBe(1)
    parked.close()
  })

  test('answers to some of them only: asked again for the rest, then it goes on', async () => {
    const parked = parkedCalls()
    const { start } = asking('elicitation/create', 'roots/list')
    const first = parkOf(await settled(parked.run('ada', round(), start)))
    const responses = new Map([
      ['roots_2', '{"roots":[]}'],
      ['never_asked', '{}'],
    ])
    const again = parkOf(
      await settled(parked.resume(first.handle, { principal: 'ada', round: round(), responses })),
    )
    expect(Object.keys(JSON.parse(again.inputRequests))).toEqual(['elicitation_1'])
    const rest = new Map([['elicitation_1', '{"action":"decline"}']])
    const done = await parked.resume(again.handle, { principal: 'ada', round: round(), responses: rest })
    expect(done).toMatchObject({
      kind: 'result',
      text: '[{"result":"{\\"action\\":\\"decline\\"}"},{"result":"{\\"roots\\":[]}"}]',
    })
    expect(parked.count()).toBe(0)
  })

  test('another person, or a second time: lost', async () => {
    const parked = parkedCalls()
    const { start } = asking('elicitation/create')
    const { handle } = parkOf(await settled(parked.run('ada', round(), start)))
    const resume = (principal: string) =>
      parked.resume(handle, { principal, round: round(), responses: new Map([['elicitation_1', '{}']]) })
    await expect(resume('eve')).rejects.toMatchObject({ reason: 'call-lost' })
    expect(parked.count()).toBe(1)
    expect(await resume('ada')).toMatchObject({ kind: 'result' })
    await expect(resume('ada')).rejects.toMatchObject({ reason: 'call-lost' })
  })

  test('after ten minutes without an answer it is given up, and the upstream hears it', async () => {
    const parked = parkedCalls()
    const { start, seen } = asking('elicitation/create')
    const { handle } = parkOf(await settled(parked.run('ada', round(), start)))
    await vi.advanceTimersByTimeAsync(10 * 60_000 - 1_000)
    expect(parked.count()).toBe(1)
    await vi.advanceTimersByTimeAsync(1_000)
    expect([parked.count(), seen.hooks?.signal.aborted]).toEqual([0, true])
    await expect(
      parked.resume(handle, { principal: 'ada', round: round(), responses: none }),
    ).rejects.toMatchObject({ reason: 'call-lost' })
  })

  test('one person may leave sixteen waiting; the next is refused and its upstream call ends, others still may', async () => {
    const parked = parkedCalls()
    const park = (principal: string, call = asking('elicitation/create')) =>
      settled(parked.run(principal, round(), call.start))
    for (let count = 0; count < 16; count++) await park('ada')
    const over = asking('elicitation/create')
    const refused = parked.run('ada', round(), over.start).catch((error: unknown) => error)
    expect(await settled(refused)).toMatchObject({ reason: 'busy' })
    expect(over.seen.hooks?.signal.aborted).toBe(true)
    expect(await park('ben')).toMatchObject({ kind: 'parked' })
    parked.close()
    expect(parked.count()).toBe(0)
  })
})

describe('a client that leaves', () => {
  test('before anything was asked: the upstream call ends', async () => {
    const parked = parkedCalls()
    const gone = new AbortController()
    const seen: { signal?: AbortSignal } = {}
    const running = parked.run('ada', round(gone.signal), (hooks) => {
      seen.signal = hooks.signal
      return new Promise(() => undefined)
    })
    gone.abort()
    await expect(running).rejects.toMatchObject({ reason: 'invalid-request' })
    expect(seen.signal?.aborted).toBe(true)
  })

  test('after the question was handed over: the call waits for the answer', async () => {
    const parked = parkedCalls()
    const gone = new AbortController()
    const { start, seen } = asking('elicitation/create')
    const { handle } = parkOf(await settled(parked.run('ada', round(gone.signal), start)))
    gone.abort()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(seen.hooks?.signal.aborted).toBe(false)
    const responses = new Map([['elicitation_1', '{}']])
    expect(await parked.resume(handle, { principal: 'ada', round: round(), responses })).toMatchObject({
      kind: 'result',
    })
  })

  test('at shutdown what waits is answered with a refusal', async () => {
    const parked = parkedCalls()
    const replies: AskReply[] = []
    const start = async (hooks: ParkHooks) => {
      replies.push(await hooks.onAsk('elicitation/create', '{}'))
      return result('{}')
    }
    await settled(parked.run('ada', round(), start))
    parked.close()
    await vi.advanceTimersByTimeAsync(1)
    expect(replies).toEqual([{ error: expect.stringContaining('shutting down') }])
  })
})

test('news of a round go to that round, and none to nobody', async () => {
  const parked = parkedCalls()
  const heard: string[] = []
  const into = (name: string): Round => ({
    signal: new AbortController().signal,
    onNotification: (method) => heard.push(`${name} ${method}`),
  })
  let hooks: ParkHooks | undefined
  const first = parked.run('ada', into('first'), async (given) => {
    hooks = given
    await null
    given.onNotification('one', none)
    await given.onAsk('elicitation/create', '{}')
    given.onNotification('three', none)
    return result('{}')
  })
  const { handle } = parkOf(await settled(first))
  hooks?.onNotification('two', none)
  const responses = new Map([['elicitation_1', '{}']])
  await parked.resume(handle, { principal: 'ada', round: into('second'), responses })
  expect(heard.filter((one) => !one.startsWith('second'))).toEqual(['first one'])
  expect(heard).toContain('second three')
})
