import { z } from 'zod'
import { can, type Route, route } from '../kernel/route.ts'
import type { SearchReport, SearchReports } from './search.ts'

const Period = z.object({
  days: z.coerce.number().int().min(1).max(90).default(30),
  window_minutes: z.coerce
    .number()
    .int()
    .min(1)
    .max(240)
    .default(10)
    .describe('How long after a search a call still counts as its outcome'),
})
const count = z.number().int()
const WorstQuery = z
  .object({
    query: z.string(),
    times: count,
    missed: count.describe('Times another tool was run than any that was shown'),
    empty: count.describe('Times nothing was shown'),
    wanted: z.array(z.string()).describe('What was run instead, most often first'),
  })
  .meta({ id: 'WorstQuery' })
const HardTool = z
  .object({
    name: z.string(),
    connector: z.string(),
    server_id: z.string(),
    upstream_name: z.string(),
    description: z.string(),
    runs: count,
    shown: count,
    missed: count,
    problems: z.array(
      z.enum([
        'no_description',
        'short_description',
        'empty_name',
        'undescribed_parameters',
        'shared_description',
        'missing_words',
      ]),
    ),
    suggestion: z.string().nullable().describe('A description that would be found'),
  })
  .meta({ id: 'HardTool' })
const Report = z
  .object({
    from: z.string(),
    to: z.string(),
    is_cut: z.boolean().describe('There was more than was read; the oldest is missing'),
    searches: count,
    people: count,
    found: count.describe('A tool that was shown was run'),
    found_first: count.describe('The tool shown first was run'),
    missed: count.describe('Another tool was run than any that was shown'),
    known: count.describe('Only tools of earlier searches were run'),
    abandoned: count.describe('Nothing was run'),
    empty: count.describe('Nothing was shown'),
    recall: z.object({ value: z.number(), low: z.number(), high: z.number() }).nullable(),
    worst_queries: z.array(WorstQuery).nullable().describe('null for readers who may not see arguments'),
    hard_tools: z.array(HardTool),
  })
  .meta({ id: 'SearchReport' })
const EvaluationSet = z
  .object({
    corpus: z.array(
      z.object({
        tool_id: z.string(),
        server: z.string(),
        name: z.string(),
        description: z.string(),
        inputSchema: z.record(z.string(), z.json()),
      }),
    ),
    queries: z.array(
      z.object({
        query_id: z.string(),
        query: z.string(),
        relevant: z.array(z.string()),
        kind: z.literal('audit'),
      }),
    ),
  })
  .meta({ id: 'SearchEvaluationSet' })

function show(report: SearchReport, mayReadBodies: boolean): z.input<typeof Report> {
  const { fromMs, toMs, isCut, foundFirst, recall, worstQueries, hardTools, ...counted } = report
  return {
    ...counted,
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    is_cut: isCut,
    found_first: foundFirst,
    recall: recall ?? null,
    worst_queries: mayReadBodies ? worstQueries.map((each) => ({ ...each, wanted: [...each.wanted] })) : null,
    hard_tools: hardTools.map(({ serverId, upstreamName, suggestion, problems, ...tool }) => ({
      ...tool,
      server_id: serverId,
      upstream_name: upstreamName,
      problems: [...problems],
      // A suggestion may hold words of queries.
      suggestion: mayReadBodies ? (suggestion ?? null) : null,
    })),
  }
}

export function searchRoutes(reports: SearchReports): Route[] {
  const periodOf = (query: z.output<typeof Period>) => ({
    days: query.days,
    windowMs: query.window_minutes * 60_000,
  })
  return [
    route({
      method: 'GET',
      path: '/api/v1/search/report',
      operationId: 'getSearchReport',
      summary: 'How often search shows the tool that is then run, where it fails, and why',
      tag: 'Runlayer Plugin',
      needs: 'audit.read',
      query: Period,
      output: Report,
      status: 200,
      run: async ({ caller }, { query }) =>
        show(await reports.report(periodOf(query)), can(caller, 'audit.bodies')),
    }),
    route({
      method: 'GET',
      path: '/api/v1/search/evaluation-set',
      operationId: 'getSearchEvaluationSet',
      summary: 'Your own tools, and queries with the tools that were run after them, to measure search with',
      tag: 'Runlayer Plugin',
      needs: 'audit.bodies',
      query: Period,
      output: EvaluationSet,
      status: 200,
      async run(_context, { query }) {
        const { corpus, queries } = await reports.evaluationSet(periodOf(query))
        return { corpus: [...corpus], queries: [...queries] }
      },
    }),
  ]
}
