import type { TrailEvent } from '../audit/audit.ts'

type Search = TrailEvent & { kind: 'search' }
type Run = TrailEvent & { kind: 'run' }

/**
 * What became of a search. found: a tool it showed was run. missed: another tool was run that it did not show.
 * known: only tools of earlier searches were run, which says nothing about this one. abandoned: nothing was run.
 */
export type Verdict =
  | { readonly kind: 'found'; readonly rank: number }
  | { readonly kind: 'missed'; readonly wanted: string }
  | { readonly kind: 'known' | 'abandoned' }

export type JudgedSearch = {
  readonly query: string
  readonly hits: readonly string[]
  readonly actorId: string
  readonly atMs: number
  readonly verdict: Verdict
}

/** Public name of the tool that was run, or undefined when it is no longer there. */
export type NameRun = (run: Pick<Run, 'serverId' | 'tool'>) => string | undefined

/** Events looked at behind one search: a person who runs more than this is on to something else. */
const maxAhead = 40

/**
 * Judges each search by what the same person, with the same client, ran next. Searches that follow each other without a
 * call between them are tries at the same thing, so all of them are judged by the call that ends the tries.
 */
export function judgeSearches(
  events: readonly TrailEvent[],
  nameRun: NameRun,
  windowMs: number,
): JudgedSearch[] {
  const judged: JudgedSearch[] = []
  for (const own of Map.groupBy(events, (event) => `${event.actorId} ${event.client}`).values()) {
    for (const [at, event] of own.entries()) {
      if (event.kind !== 'search') continue
      const { query, hits, actorId, atMs } = event
      judged.push({ query, hits, actorId, atMs, verdict: verdictOn(event, { own, at, nameRun, windowMs }) })
    }
  }
  return judged.sort((a, b) => a.atMs - b.atMs)
}

type Place = { own: readonly TrailEvent[]; at: number; nameRun: NameRun; windowMs: number }

function verdictOn(search: Search, place: Place): Verdict {
  const runs = runsBehind(search, place)
  for (const name of runs) {
    const rank = search.hits.indexOf(name)
    if (rank !== -1) return { kind: 'found', rank }
  }
  const known = shownBefore(place.own, place.at, place.windowMs)
  const wanted = runs.find((name) => !known.has(name))
  if (wanted !== undefined) return { kind: 'missed', wanted }
  return { kind: runs.length > 0 ? 'known' : 'abandoned' }
}

/** What was run before the next task began: a search that follows a call is another task. */
function runsBehind(search: Search, { own, at, nameRun, windowMs }: Place): string[] {
  const runs: string[] = []
  for (const next of own.slice(at + 1, at + 1 + maxAhead)) {
    if (next.atMs - search.atMs > windowMs || (next.kind === 'search' && runs.length > 0)) break
    const name = next.kind === 'run' ? nameRun(next) : undefined
    if (name !== undefined) runs.push(name)
  }
  return runs
}

function shownBefore(own: readonly TrailEvent[], at: number, windowMs: number): Set<string> {
  const shown = new Set<string>()
  const from = (own[at]?.atMs ?? 0) - windowMs
  for (const event of own.slice(Math.max(0, at - maxAhead), at)) {
    if (event.kind === 'search' && event.atMs >= from) for (const name of event.hits) shown.add(name)
  }
  return shown
}
