import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Check, type Results, type Revision, requiredScenarios, revisions, runSuite } from './suite.ts'
import { type FixtureEra, fixtureEras, type World } from './world.ts'

/** One run of one requirement set: against the fixture itself, or through the gateway before a fixture of one era. */
export type Cell = {
  readonly name: string
  readonly upstream: 'direct' | FixtureEra
  readonly revision: Revision
}

export const cells: readonly Cell[] = (['direct', ...fixtureEras] as const).flatMap((upstream) =>
  revisions.map((revision) => ({
    name: upstream === 'direct' ? `fixture itself, ${revision}` : `${upstream} fixture, ${revision}`,
    upstream,
    revision,
  })),
)

/**
 * A failure that follows from the era of the upstream. The file that lists them, by cell, may only shrink.
 * `isTimed`: it also passes, when what the upstream sends comes close enough together.
 */
export type ExpectedFailure = { scenario: string; check: string; reason: string; isTimed?: boolean }

/** What the suite runs without scoring it and the product holds to all the same (protocol.md §4.5). */
const alsoHeld = [
  'http-header-validation',
  'http-custom-header-server-validation',
  'json-schema-2020-12',
  'server-session-lifecycle',
]

export type ScenarioOutcome = {
  readonly scenario: string
  readonly kind: 'required' | 'also held' | 'unscored'
  readonly checks: readonly Check[]
}

export type CellOutcome = {
  readonly cell: Cell
  readonly scenarios: readonly ScenarioOutcome[]
  /** Why the cell fails: one sentence each, none when it passes. */
  readonly faults: readonly string[]
  readonly durationMs: number
}

const failed = (check: Check) => check.status === 'FAILURE'

/** Two fixtures at a time: a scenario mostly waits, and a machine may have no more than two cores. */
const atOnce = 2

/** Runs cells and tells each outcome as it comes. */
export async function runCells(
  world: World,
  chosen: readonly Cell[],
  tell: (outcome: CellOutcome) => void,
): Promise<CellOutcome[]> {
  const outcomes: CellOutcome[] = []
  // The suite changes the fixture's lists and watches them, so one fixture serves one run at a time.
  const queue = [...Map.groupBy(chosen, ({ upstream }) => upstream).values()]
  const work = async () => {
    for (let group = queue.shift(); group !== undefined; group = queue.shift())
      for (const cell of group) {
        const outcome = await runCell(world, cell)
        tell(outcome)
        outcomes.push(outcome)
      }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return outcomes
}

async function runCell(world: World, cell: Cell): Promise<CellOutcome> {
  const started = performance.now()
  const url = cell.upstream === 'direct' ? world.directUrl : world.gatewayUrl(cell.upstream)
  const [results, required, expected] = await Promise.all([
    runSuite(url, cell.revision),
    requiredScenarios(cell.revision),
    expectedFailures(cell),
  ])
  const scenarios = sortScenarios(results, required)
  return {
    cell,
    scenarios,
    faults: findFaults(scenarios, expected),
    durationMs: Math.round(performance.now() - started),
  }
}

async function expectedFailures(cell: Cell): Promise<readonly ExpectedFailure[]> {
  const text = await readFile(join(import.meta.dirname, 'expected-failures.json'), 'utf8')
  const all = JSON.parse(text) as Record<string, ExpectedFailure[]>
  return all[cell.name] ?? []
}

function sortScenarios(results: Results, required: readonly string[]): ScenarioOutcome[] {
  return [...new Set([...required, ...results.keys()])].map((scenario) => ({
    scenario,
    kind: required.includes(scenario) ? 'required' : alsoHeld.includes(scenario) ? 'also held' : 'unscored',
    checks: results.get(scenario) ?? [],
  }))
}

/**
 * What is wrong with a run: a scenario that did not run, a check that failed unexpectedly, and, because it would hide the
 * next failure, a check that was expected to fail and did not.
 */
export function findFaults(
  scenarios: readonly ScenarioOutcome[],
  expected: readonly ExpectedFailure[],
): string[] {
  const isExpected = (scenario: string, { id }: Check) =>
    expected.some((one) => one.scenario === scenario && one.check === id)
  const failures = scenarios
    .filter(({ kind }) => kind !== 'unscored')
    .flatMap(({ scenario, checks }) =>
      checks.length === 0
        ? [`${scenario} did not run`]
        : checks
            .filter((check) => failed(check) && !isExpected(scenario, check))
            .map(({ id, errorMessage }) => `${scenario}:${id} failed: ${errorMessage ?? 'no reason given'}`),
    )
  const stale = expected
    .filter(
      ({ scenario, check, isTimed }) =>
        isTimed !== true &&
        !scenarios.some(
          (one) => one.scenario === scenario && one.checks.some((each) => failed(each) && each.id === check),
        ),
    )
    .map(({ scenario, check }) => `${scenario}:${check} is expected to fail and did not`)
  return [...failures, ...stale]
}

const count = (scenarios: readonly ScenarioOutcome[], status: Check['status']) =>
  scenarios.reduce((sum, { checks }) => sum + checks.filter((check) => check.status === status).length, 0)
const isGood = ({ checks }: ScenarioOutcome) => checks.length > 0 && !checks.some(failed)

/** A line of the table for one cell, and one below for each fault. */
export function describeOutcome({ cell, scenarios, faults, durationMs }: CellOutcome): string {
  const required = scenarios.filter(({ kind }) => kind === 'required')
  const others = scenarios.filter(({ kind }) => kind !== 'required')
  const checks = [
    `${count(required, 'SUCCESS')} passed`,
    `${count(required, 'FAILURE')} failed`,
    `${count(required, 'WARNING')} warned`,
  ]
  const columns = [
    faults.length === 0 ? 'ok    ' : 'FAILED',
    cell.name.padEnd(26),
    `required ${required.filter(isGood).length}/${required.length}`.padEnd(14),
    `checks ${checks.join(', ')}`.padEnd(40),
    `unscored ${others.filter(isGood).length}/${others.length}`.padEnd(14),
    `${(durationMs / 1000).toFixed(1)} s`,
  ]
  return [columns.join('  '), ...faults.map((fault) => `        ${fault}`)].join('\n')
}
