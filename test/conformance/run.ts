import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { type Cell, type CellOutcome, cells, describeOutcome, runCells } from './cells.ts'
import { openWorld } from './world.ts'

/*
 * The official conformance suite against the fixture itself and through the gateway before fixtures of each era:
 *   run.ts [--only WORDS] [--json FILE]
 * Ends with 1 when a required scenario fails that is not expected to, or passes that is expected to fail.
 */
const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' } } })

async function run(chosen: readonly Cell[]): Promise<CellOutcome[]> {
  const world = await openWorld()
  try {
    const outcomes = await runCells(world, chosen, (outcome) => console.log(describeOutcome(outcome)))
    if (outcomes.some(({ faults }) => faults.length > 0)) console.log(world.output())
    return outcomes
  } finally {
    await world.close()
  }
}

const outcomes = await run(cells.filter(({ name }) => name.includes(values.only ?? '')))
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(outcomes, null, 2)}\n`)
const failures = outcomes.filter(({ faults }) => faults.length > 0).length
console.log(`${outcomes.length - failures} passed, ${failures} failed, 0 skipped`)
process.exitCode = failures === 0 ? 0 : 1
