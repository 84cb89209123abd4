import { setImmediate as turn } from 'node:timers/promises'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import type { Connector } from '../kernel/connector.ts'
import type { Decision } from '../kernel/decision.ts'
import { GatewayError } from '../kernel/errors.ts'
import { newId, type ServerId } from '../kernel/ids.ts'
import { keepWatching } from './keep-watching.ts'
import type { Requester } from './requester.ts'

/** Streams of one connector, and an upstream that opens watches when the test says so. */
function scene() {
  const serverId: ServerId = newId<'server'>(0)
  const state = {
    connector: { id: serverId, status: 'active', revision: 1, health: { state: 'ok' } } as Connector,
    effect: 'allow' as Decision['effect'] | 'unreadable',
    credential: { owner: 'shared', revision: '1', headers: {}, env: {}, args: [] },
    judged: 0,
    /** Asked for and not answered yet. */
    asked: [] as { open(): void; fail(): void; end(): void }[],
    open: 0,
    gone: 0,
  }
  const watches = keepWatching({
    connectors: { find: (id) => (id === serverId ? (state.connector as never) : undefined) },
    credentials: { attach: () => Promise.resolve(state.credential) },
    policy: {
      decide: () => {
        state.judged++
        if (state.effect === 'unreadable') throw new GatewayError('busy', 'not now')
        return { effect: state.effect, rules: [], reason: '' }
      },
    },
    upstreams: {
      watch: ({ onEnd }) =>
        new Promise((resolve, reject) => {
          state.asked.push({
            open: () => {
              state.open++
              resolve({ close: () => void state.open-- })
            },
            fail: () => reject(new GatewayError('upstream-unreachable', 'away')),
            end: () => {
              state.open--
              onEnd()
            },
          })
        }),
    },
    log: pino({ level: 'silent' }),
  })
  const who = () => ({ caller: { id: 'ada' }, client: { capabilities: {} }, peer: {} }) as Requester
  const add = () =>
    watches.keep({
      serverId,
      who,
      session: undefined,
      resources: () => [],
      onNotification: () => undefined,
      onEnd: () => undefined,
      onGone: () => void state.gone++,
    })
  const settle = async () => {
    for (let at = 0; at < 20; at++) await turn()
  }
  /** Lets every upstream that is asked open, until no more are. Answers how many were ever asked at once. */
  const openAll = async () => {
    let most = 0
    await settle()
    while (state.asked.length > 0) {
      most = Math.max(most, state.asked.length)
      for (const one of state.asked.splice(0)) one.open()
      await settle()
    }
    return most
  }
  return { state, watches, serverId, add, settle, openAll }
}

test('a rule for a thousand open streams asks sixteen upstreams at a time, each stream once', async () => {
  const { state, watches, add, openAll } = scene()
  state.effect = 'deny'
  const streams = Array.from({ length: 1_000 }, add)
  await watches.judgeAll()
  expect([await openAll(), state.open]).toEqual([0, 0])
  state.effect = 'allow'
  // A burst of changes: the newest round judges them all, the others give way.
  const before = state.judged
  await Promise.all(Array.from({ length: 50 }, () => watches.judgeAll()))
  expect(await openAll()).toBe(16)
  expect(state.open).toBe(1_000)
  expect(state.judged - before).toBeLessThan(50 * 100 + 1_000 + 2 * 1_000 + 1)
  state.effect = 'deny'
  await watches.judgeAll()
  expect(state.open).toBe(0)
  for (const stream of streams) stream.close()
  await watches.judgeAll()
  expect([state.open, state.asked.length]).toEqual([0, 0])
})

test('what opens after the right to it ended is closed at once', async () => {
  const { state, watches, add, settle } = scene()
  const stream = add()
  const opening = stream.open()
  await settle()
  const late = state.asked.splice(0)
  expect(late).toHaveLength(1)
  state.effect = 'deny'
  await watches.judgeAll()
  late[0]?.open()
  await opening
  expect(state.open).toBe(0)
  state.effect = 'allow'
  const again = stream.open()
  await settle()
  stream.close()
  state.asked.splice(0)[0]?.open()
  await again
  expect(state.open).toBe(0)
})

test('while the rules cannot be read a watch stays as it is, and none is begun', async () => {
  const { state, watches, add, openAll } = scene()
  const watched = add()
  void watched.open()
  await openAll()
  const waiting = add()
  state.effect = 'unreadable'
  await watches.judgeAll()
  await waiting.open()
  expect([await openAll(), state.open]).toEqual([0, 1])
  state.effect = 'allow'
  await watches.judgeAll()
  expect([await openAll(), state.open]).toEqual([1, 2])
})

test('an upstream that ended or failed is asked again at the next look that finds it well, not before', async () => {
  const { state, watches, serverId, add, settle, openAll } = scene()
  const stream = add()
  const refused = expect(stream.open()).rejects.toThrow('away')
  await settle()
  state.asked.splice(0)[0]?.fail()
  await refused
  state.connector = { ...state.connector, health: { state: 'failing' } }
  watches.judge(serverId)
  await watches.judgeAll()
  expect(await openAll()).toBe(0)
  state.connector = { ...state.connector, health: { state: 'ok' } }
  watches.judge(serverId)
  await settle()
  const [asked] = state.asked.splice(0)
  asked?.open()
  await settle()
  asked?.end()
  expect(await openAll()).toBe(0)
  watches.judge(serverId)
  expect([await openAll(), state.open]).toEqual([1, 1])
})

test('another credential opens it anew, the same one does not; another connector’s says nothing', async () => {
  const { state, watches, serverId, add, openAll } = scene()
  void add().open()
  await openAll()
  for (const id of [serverId, '*', newId<'server'>(1)]) watches.renew(id)
  expect(await openAll()).toBe(0)
  state.credential = { ...state.credential, revision: '2' }
  watches.renew(newId<'server'>(1))
  expect(await openAll()).toBe(0)
  watches.renew(serverId)
  expect([await openAll(), state.open]).toEqual([1, 1])
})

test('a connector that is switched off ends the stream', async () => {
  const { state, watches, serverId, add, openAll } = scene()
  void add().open()
  await openAll()
  state.connector = { ...state.connector, status: 'disabled', revision: 2 } as Connector
  watches.judge(serverId)
  watches.judge(serverId)
  expect([state.open, state.gone]).toEqual([0, 1])
})
