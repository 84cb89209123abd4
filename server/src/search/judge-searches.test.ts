import { expect, test } from 'vitest'
import type { TrailEvent } from '../audit/audit.ts'
import type { ServerId } from '../kernel/ids.ts'
import { judgeSearches } from './judge-searches.ts'

const minute = 60_000
const search = (at: number, query: string, hits: string[], more: Partial<TrailEvent> = {}): TrailEvent =>
  ({ kind: 'search', atMs: at * minute, actorId: 'ada', client: 'c', query, hits, ...more }) as TrailEvent
const run = (at: number, tool: string, more: Partial<TrailEvent> = {}): TrailEvent =>
  ({
    kind: 'run',
    atMs: at * minute,
    actorId: 'ada',
    client: 'c',
    serverId: 's' as ServerId,
    tool,
    ...more,
  }) as TrailEvent
const judge = (...events: TrailEvent[]) =>
  judgeSearches(events, ({ tool }) => (tool === 'gone' ? undefined : tool), 10 * minute).map(
    ({ verdict }) => verdict,
  )

test('a shown tool that is run next is found, with its place', () => {
  expect(judge(search(0, 'q', ['a', 'b']), run(1, 'b'))).toEqual([{ kind: 'found', rank: 1 }])
})

test('another tool that is run is what was wanted', () => {
  expect(judge(search(0, 'q', ['a']), run(1, 'b'))).toEqual([{ kind: 'missed', wanted: 'b' }])
})

test('tries that follow each other are all judged by the call that ends them', () => {
  expect(judge(search(0, 'q', ['a']), search(1, 'r', []), search(2, 's', ['b']), run(3, 'b'))).toEqual([
    { kind: 'missed', wanted: 'b' },
    { kind: 'missed', wanted: 'b' },
    { kind: 'found', rank: 0 },
  ])
})

test('a search that begins after a call is another task', () => {
  expect(judge(search(0, 'q', ['a']), run(1, 'a'), search(2, 'r', ['b']), run(3, 'b'))).toEqual([
    { kind: 'found', rank: 0 },
    { kind: 'found', rank: 0 },
  ])
})

test('a tool known from an earlier search says nothing about a later one', () => {
  expect(judge(search(0, 'q', ['a']), search(1, 'r', ['b']), run(2, 'a'))).toEqual([
    { kind: 'found', rank: 0 },
    { kind: 'known' },
  ])
})

test('too late, somebody else, another client, a tool that is gone: nothing was run', () => {
  for (const other of [
    run(11, 'a'),
    run(1, 'a', { actorId: 'ben' }),
    run(1, 'a', { client: 'd' }),
    run(1, 'gone'),
  ])
    expect(judge(search(0, 'q', ['a']), other)).toEqual([{ kind: 'abandoned' }])
})
