import type { PinnedTool } from '../kernel/tool.ts'
import { adviseTool, type Problem } from './advise-tool.ts'
import type { JudgedSearch } from './judge-searches.ts'
import type { CataloguePart } from './search.ts'

export type WorstQuery = {
  readonly query: string
  readonly times: number
  /** Times another tool was run than any that was shown. */
  readonly missed: number
  /** Times nothing was shown. */
  readonly empty: number
  /** Public names of what was run instead, most often first. */
  readonly wanted: readonly string[]
}
export type HardTool = {
  readonly name: string
  readonly connector: string
  readonly serverId: string
  readonly upstreamName: string
  readonly description: string
  readonly runs: number
  readonly shown: number
  readonly missed: number
  readonly problems: readonly Problem[]
  readonly suggestion: string | undefined
}
export type SearchReport = {
  readonly fromMs: number
  readonly toMs: number
  /** There was more than was read; the oldest is missing. */
  readonly isCut: boolean
  readonly searches: number
  readonly people: number
  readonly found: number
  readonly foundFirst: number
  readonly missed: number
  readonly known: number
  readonly abandoned: number
  readonly empty: number
  /** found / (found + missed), with its 95 % interval; undefined without either. */
  readonly recall: { readonly value: number; readonly low: number; readonly high: number } | undefined
  readonly worstQueries: readonly WorstQuery[]
  readonly hardTools: readonly HardTool[]
}

export type Reading = {
  readonly judged: readonly JudgedSearch[]
  /** Calls by public name. */
  readonly runs: ReadonlyMap<string, number>
  readonly fromMs: number
  readonly toMs: number
  readonly isCut: boolean
  readonly catalogue: readonly CataloguePart[]
  sharedWords(query: string, text: string): { readonly shared: readonly string[] }
}

const maxListed = 50
const maxWanted = 5

export function sumUp(reading: Reading): SearchReport {
  const { judged, fromMs, toMs, isCut } = reading
  const count = (kind: string) => judged.filter(({ verdict }) => verdict.kind === kind).length
  const [found, missed] = [count('found'), count('missed')]
  return {
    fromMs,
    toMs,
    isCut,
    searches: judged.length,
    people: new Set(judged.map(({ actorId }) => actorId)).size,
    found,
    foundFirst: judged.filter(({ verdict }) => verdict.kind === 'found' && verdict.rank === 0).length,
    missed,
    known: count('known'),
    abandoned: count('abandoned'),
    empty: judged.filter(({ hits }) => hits.length === 0).length,
    recall: found + missed === 0 ? undefined : shareOf(found, found + missed),
    worstQueries: worstQueries(judged),
    hardTools: hardTools(reading),
  }
}

/** A share with its Wilson interval, which stays between 0 and 1 for few searches too. */
function shareOf(part: number, all: number): { value: number; low: number; high: number } {
  const z = 1.96
  const value = part / all
  const middle = (value + (z * z) / (2 * all)) / (1 + (z * z) / all)
  const half = (z * Math.sqrt((value * (1 - value)) / all + (z * z) / (4 * all * all))) / (1 + (z * z) / all)
  return { value, low: Math.max(0, middle - half), high: Math.min(1, middle + half) }
}

function worstQueries(judged: readonly JudgedSearch[]): WorstQuery[] {
  const byQuery = Map.groupBy(judged, ({ query }) => query.trim().toLowerCase())
  const all = [...byQuery.values()].map((same): WorstQuery => {
    const wanted = new Map<string, number>()
    for (const { verdict } of same)
      if (verdict.kind === 'missed') wanted.set(verdict.wanted, (wanted.get(verdict.wanted) ?? 0) + 1)
    return {
      query: same[0]?.query.trim() ?? '',
      times: same.length,
      missed: [...wanted.values()].reduce((sum, each) => sum + each, 0),
      empty: same.filter(({ hits }) => hits.length === 0).length,
      wanted: mostFirst(wanted).slice(0, maxWanted),
    }
  })
  const bad = all.filter(({ missed, empty }) => missed + empty > 0)
  return bad
    .sort((a, b) => b.missed - a.missed || b.empty - a.empty || b.times - a.times || order(a.query, b.query))
    .slice(0, maxListed)
}

/** Tools that were run without being found, or never shown though something is wrong with what they say. */
function hardTools(reading: Reading): HardTool[] {
  const shown = counts(reading.judged.flatMap(({ hits }) => hits))
  const misses = Map.groupBy(
    reading.judged.filter(({ verdict }) => verdict.kind === 'missed'),
    ({ verdict }) => (verdict.kind === 'missed' ? verdict.wanted : ''),
  )
  const tools = reading.catalogue.flatMap((part) => {
    const texts = counts(part.tools.map(({ description }) => description))
    return part.tools.map((tool) => {
      const missedBy = (misses.get(tool.publicName) ?? []).map(({ query }) => query)
      return describe(tool, {
        part,
        shown: shown.get(tool.publicName) ?? 0,
        runs: reading.runs.get(tool.publicName) ?? 0,
        missedBy,
        isShared: tool.description !== '' && (texts.get(tool.description) ?? 0) > 1,
        sharedWords: reading.sharedWords,
      })
    })
  })
  return tools
    .filter(
      ({ missed, shown: times, runs, problems }) =>
        missed > 0 || (times === 0 && (runs > 0 || problems.length > 0)),
    )
    .sort((a, b) => b.missed - a.missed || b.runs - a.runs || order(a.name, b.name))
    .slice(0, maxListed)
}

type Facts = {
  part: CataloguePart
  shown: number
  runs: number
  missedBy: readonly string[]
  isShared: boolean
  sharedWords: Reading['sharedWords']
}

function describe(tool: PinnedTool, facts: Facts): HardTool {
  const { part, shown, runs, missedBy, isShared, sharedWords } = facts
  const text = `${tool.name} ${tool.title ?? ''} ${tool.description} ${part.name}`
  const advice = adviseTool({
    name: tool.name,
    description: tool.description,
    connector: part.name,
    inputSchema: tool.inputSchema,
    isShared,
    missingWords: missingWords(missedBy, text, sharedWords),
  })
  return {
    name: tool.publicName,
    connector: part.name,
    serverId: part.id,
    upstreamName: tool.name,
    description: tool.description,
    runs,
    shown,
    missed: missedBy.length,
    ...advice,
  }
}

/** Words people used for a tool that it does not have, most used first. */
function missingWords(
  queries: readonly string[],
  text: string,
  sharedWords: Reading['sharedWords'],
): string[] {
  const missing = new Map<string, number>()
  for (const query of queries) {
    const has = new Set(sharedWords(query, text).shared)
    for (const word of sharedWords(query, query).shared)
      if (!has.has(word)) missing.set(word, (missing.get(word) ?? 0) + 1)
  }
  return mostFirst(missing)
}

function counts(names: readonly string[]): Map<string, number> {
  const counted = new Map<string, number>()
  for (const name of names) counted.set(name, (counted.get(name) ?? 0) + 1)
  return counted
}

function mostFirst(counted: ReadonlyMap<string, number>): string[] {
  return [...counted].sort((a, b) => b[1] - a[1] || order(a[0], b[0])).map(([name]) => name)
}

function order(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
