import { describe, expect, test } from 'vitest'
import type { ServerId } from '../kernel/ids.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import { adviseTool, type ToolText } from './advise-tool.ts'
import { buildSet } from './build-set.ts'
import type { JudgedSearch, Verdict } from './judge-searches.ts'
import { type Reading, sumUp } from './sum-up.ts'

const tool = (name: string, description: string): PinnedTool =>
  ({
    name,
    publicName: `desk_${name}`,
    title: undefined,
    description,
    inputSchema: {},
  }) as unknown as PinnedTool
const judged = (query: string, hits: string[], verdict: Verdict, actorId = 'ada'): JudgedSearch => ({
  query,
  hits,
  verdict,
  actorId,
  atMs: 0,
})
const catalogue = [
  {
    id: 's' as ServerId,
    name: 'Desk',
    tools: [
      tool('read', 'Reads one note by its id.'),
      tool('file', ''),
      tool('burn', 'Burns what you no longer need.'),
    ],
  },
]
const found: Verdict = { kind: 'found', rank: 0 }
const missed: Verdict = { kind: 'missed', wanted: 'desk_file' }
const sharedWords: Reading['sharedWords'] = (query, text) => ({
  shared: query.split(' ').filter((word) => text.toLowerCase().split(/\W+/).includes(word)),
})
const reading = (...all: JudgedSearch[]): Reading => ({
  judged: all,
  runs: new Map([['desk_file', 2]]),
  fromMs: 0,
  toMs: 1,
  isCut: false,
  catalogue,
  sharedWords,
})

test('recall counts what was decided, with an interval that few searches make wide', () => {
  const report = sumUp(
    reading(
      judged('a', ['desk_read'], found),
      judged('b', ['desk_read'], { kind: 'found', rank: 3 }, 'ben'),
      judged('c', ['desk_read'], missed),
      judged('d', ['desk_read'], { kind: 'known' }),
      judged('e', [], { kind: 'abandoned' }),
    ),
  )
  expect(report).toMatchObject({
    searches: 5,
    people: 2,
    found: 2,
    foundFirst: 1,
    missed: 1,
    known: 1,
    abandoned: 1,
    empty: 1,
  })
  expect(report.recall?.value).toBeCloseTo(2 / 3)
  expect(report.recall?.low).toBeLessThan(0.3)
  expect(report.recall?.high).toBeGreaterThan(0.9)
  expect(sumUp(reading()).recall).toBeUndefined()
})

test('the worst queries come first, however they were capitalised', () => {
  const { worstQueries } = sumUp(
    reading(
      judged('fine', ['desk_read'], found),
      judged('nothing there', [], { kind: 'abandoned' }),
      judged('Archive it', ['desk_read'], missed),
      judged('archive it', [], missed),
    ),
  )
  expect(worstQueries).toEqual([
    { query: 'Archive it', times: 2, missed: 2, empty: 1, wanted: ['desk_file'] },
    { query: 'nothing there', times: 1, missed: 0, empty: 1, wanted: [] },
  ])
})

test('a tool that is run but not shown is listed with the words people use for it', () => {
  const { hardTools } = sumUp(
    reading(judged('archive document', ['desk_read'], missed), judged('archive', [], missed)),
  )
  expect(hardTools[0]).toMatchObject({
    name: 'desk_file',
    runs: 2,
    missed: 2,
    problems: ['no_description', 'missing_words'],
    suggestion: 'File in Desk. People also say: archive, document.',
  })
  expect(hardTools.map(({ name }) => name)).not.toContain('desk_burn')
})

test('the set to measure with holds each query once, with all tools that were run after it', () => {
  const set = buildSet(
    [
      judged('a', ['desk_read'], found),
      judged('a ', [], missed),
      judged('b', [], { kind: 'abandoned' }),
      judged('c', [], { kind: 'missed', wanted: 'not_there' }),
    ],
    catalogue,
  )
  expect(set.corpus).toHaveLength(3)
  expect(set.queries).toEqual([
    { query_id: 'audit-1', query: 'a', relevant: ['desk_file', 'desk_read'], kind: 'audit' },
  ])
})

describe('advice', () => {
  const text = (part: Partial<ToolText>): ToolText => ({
    name: 'create_issue',
    description: 'Opens a new issue in a repository.',
    connector: 'Tracker',
    inputSchema: {},
    isShared: false,
    missingWords: [],
    ...part,
  })
  test.each([
    ['nothing wrong', {}, []],
    ['no description', { description: ' ' }, ['no_description']],
    ['its name again', { description: 'Create issue.' }, ['no_description']],
    ['three words', { description: 'Opens an issue' }, ['short_description']],
    [
      'enough in a script without spaces',
      { description: '在代码仓库中创建一个新的问题并指派给负责人处理，支持标签和里程碑' },
      [],
    ],
    ['a name that says nothing', { name: 'run_query' }, ['empty_name']],
    [
      'silent parameters',
      { inputSchema: { properties: { a: {}, b: {}, c: { description: 'x' } } } },
      ['undescribed_parameters'],
    ],
    ['somebody else’s words', { isShared: true }, ['shared_description']],
  ] as const)('%s', (_what, part, problems) => {
    const advice = adviseTool(text(part as Partial<ToolText>))
    expect(advice.problems).toEqual(problems)
    expect(advice.suggestion === undefined).toBe(problems.length === 0)
  })

  test('a suggestion is made of what is known', () => {
    const properties = Object.fromEntries(['title', 'body', 'labels'].map((name) => [name, {}]))
    expect(
      adviseTool(text({ description: '', inputSchema: { properties }, missingWords: ['ticket'] })).suggestion,
    ).toBe('Create issue in Tracker. Takes title, body and labels. People also say: ticket.')
  })
})
