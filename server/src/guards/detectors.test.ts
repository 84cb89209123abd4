import { describe, expect, test } from 'vitest'
import { detectors } from './detectors.ts'
import type { Detector, Sample } from './finding.ts'
import { judgeLeaves } from './judge-leaves.ts'

function finds({ id, kinds }: Detector, { text, name = '' }: Sample): boolean {
  const [kind = 'tool_output'] = kinds
  const { findings } = judgeLeaves(kind, [{ text, path: '', name }])
  return findings.some(({ detector }) => detector === id)
}

describe('every detector', () => {
  test('has an id of its own, a reason and samples of both sorts', () => {
    expect(new Set(detectors.map(({ id }) => id)).size).toBe(detectors.length)
    for (const { caught, spared, reason } of detectors) {
      expect(caught.length).toBeGreaterThan(0)
      expect(spared.length).toBeGreaterThan(0)
      expect(reason).toMatch(/^[A-Z].*\.$/)
    }
  })

  for (const detector of detectors) {
    test(`${detector.id} finds what it must and spares what is near`, () => {
      expect(detector.caught.filter((sample) => !finds(detector, sample))).toEqual([])
      expect(detector.spared.filter((sample) => finds(detector, sample))).toEqual([])
    })
  }
})
