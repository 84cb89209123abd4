import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CellOutcome, cells, describeOutcome, findFaults, runCells } from './cells.ts'
import { requiredScenarios } from './suite.ts'
import { openWorld, type World } from './world.ts'

describe('the official suite finds nothing that is not expected', () => {
  let world: World | undefined
  let outcomes: CellOutcome[] = []

  beforeAll(async () => {
    world = await openWorld()
    outcomes = await runCells(world, cells, (outcome) => console.log(describeOutcome(outcome)))
  }, 600_000)

  afterAll(async () => {
    await world?.close()
  })

  test.each(cells)('$name', (cell) => {
    const outcome = outcomes.find((each) => each.cell === cell)
    expect(outcome?.faults).toEqual([])
  })
})

describe('a run is judged', () => {
  const scenario = (status: 'SUCCESS' | 'FAILURE') =>
    ({ scenario: 'ping', kind: 'required', checks: [{ id: 'ping', status }] }) as const
  const expected = [{ scenario: 'ping', check: 'ping', reason: 'for this test' }]

  test('a failure fails it, and an expected one does not', () => {
    expect(findFaults([scenario('FAILURE')], [])).toEqual(['ping:ping failed: no reason given'])
    expect(findFaults([scenario('FAILURE')], expected)).toEqual([])
  })

  test('a pass that was expected to fail fails it', () => {
    expect(findFaults([scenario('SUCCESS')], expected)).toEqual(['ping:ping is expected to fail and did not'])
  })

  test('a pass that was expected to fail at times does not', () => {
    const atTimes = expected.map((one) => ({ ...one, isTimed: true }))
    expect(findFaults([scenario('SUCCESS')], atTimes)).toEqual([])
    expect(findFaults([scenario('FAILURE')], atTimes)).toEqual([])
  })

  test('a required scenario that did not run fails it', () => {
    expect(findFaults([{ ...scenario('SUCCESS'), checks: [] }], [])).toEqual(['ping did not run'])
  })

  test('the sets hold as many server scenarios as the suite froze', async () => {
    expect(await requiredScenarios('2025-11-25')).toHaveLength(30)
    expect(await requiredScenarios('2026-07-28')).toHaveLength(37)
  })
})
