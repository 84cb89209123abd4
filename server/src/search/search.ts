/** How well search works for this organisation, read from its own audit: what was asked, shown, and then run. */
import type { SearchTrail, TrailEvent } from '../audit/audit.ts'
import type { ServerId } from '../kernel/ids.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import { buildSet, type EvaluationSet } from './build-set.ts'
import { type JudgedSearch, judgeSearches } from './judge-searches.ts'
import { type SearchReport, sumUp } from './sum-up.ts'

export type { EvaluationSet } from './build-set.ts'
export type { SearchReport } from './sum-up.ts'

export type SearchReports = {
  report(o: { days: number; windowMs: number }): Promise<SearchReport>
  /** The organisation's own catalogue and queries, in the form that `npm run search:eval` reads. */
  evaluationSet(o: { days: number; windowMs: number }): Promise<EvaluationSet>
}

/** A connector with the tools it serves. */
export type CataloguePart = {
  readonly id: ServerId
  readonly name: string
  readonly tools: readonly PinnedTool[]
}

export type SearchReportParts = {
  searchTrail(sinceMs: number): Promise<SearchTrail>
  /** All active connectors. */
  catalogue(): readonly CataloguePart[]
  findTool(serverId: ServerId, name: string): PinnedTool | undefined
  sharedWords(query: string, text: string): { readonly shared: readonly string[] }
  now: () => number
}

const dayMs = 24 * 3600 * 1000

export function searchReports(parts: SearchReportParts): SearchReports {
  const read = async ({ days, windowMs }: { days: number; windowMs: number }) => {
    const fromMs = parts.now() - days * dayMs
    const trail = await parts.searchTrail(fromMs)
    const nameRun = (run: { serverId: ServerId; tool: string }) =>
      parts.findTool(run.serverId, run.tool)?.publicName
    const judged: JudgedSearch[] = judgeSearches(trail.events, nameRun, windowMs)
    const runs = new Map<string, number>()
    for (const event of trail.events) {
      const name = runName(event, nameRun)
      if (name !== undefined) runs.set(name, (runs.get(name) ?? 0) + 1)
    }
    return { judged, runs, fromMs, toMs: parts.now(), isCut: trail.isCut, catalogue: parts.catalogue() }
  }
  return {
    report: async (o) => sumUp({ ...(await read(o)), sharedWords: parts.sharedWords }),
    evaluationSet: async (o) => {
      const { judged, catalogue } = await read(o)
      return buildSet(judged, catalogue)
    },
  }
}

function runName(
  event: TrailEvent,
  nameRun: (run: { serverId: ServerId; tool: string }) => string | undefined,
): string | undefined {
  return event.kind === 'run' ? nameRun(event) : undefined
}
