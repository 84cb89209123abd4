import { expect, test } from 'vitest'
import type { ServerId } from '../kernel/ids.ts'
import { openLimits } from './limits.ts'

const github = 'github' as ServerId
const files = 'files' as ServerId

function reasonOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return (error as { reason: string }).reason
  }
  return 'none'
}

test('a person over the cap is refused and may call again once a call ends', () => {
  const limits = openLimits({ perPrincipal: 2 })
  const first = limits.takeShare('ann', github)
  limits.takeShare('ann', files)
  expect(reasonOf(() => limits.takeShare('ann', github))).toBe('rate-limited')
  expect(reasonOf(() => limits.takeShare('ben', github))).toBe('none')
  first()
  expect(reasonOf(() => limits.takeShare('ann', github))).toBe('none')
})

test('a full connector is busy for everybody while other connectors are not', () => {
  const limits = openLimits({ perConnector: 2 })
  limits.takeShare('ann', github)
  limits.takeShare('ben', github)
  expect(reasonOf(() => limits.takeShare('cho', github))).toBe('busy')
  expect(reasonOf(() => limits.takeShare('cho', files))).toBe('none')
})

test('giving a share back twice frees one place only', () => {
  const limits = openLimits({ perPrincipal: 2 })
  const release = limits.takeShare('ann', github)
  limits.takeShare('ann', github)
  release()
  release()
  expect(limits.running()).toBe(1)
  limits.takeShare('ann', github)
  expect(reasonOf(() => limits.takeShare('ann', github))).toBe('rate-limited')
})

test('a refused call takes nothing from either cap', () => {
  const limits = openLimits({ perPrincipal: 1, perConnector: 2 })
  limits.takeShare('ann', github)
  for (let tries = 0; tries < 5; tries++) reasonOf(() => limits.takeShare('ann', github))
  expect(limits.running()).toBe(1)
  expect(reasonOf(() => limits.takeShare('ben', github))).toBe('none')
})

test('a rate lets a burst through, then as many as time refills', () => {
  let at = 0
  const limits = openLimits({ rate: { perSecond: 2, burst: 3 }, now: () => at })
  const start = () => reasonOf(() => limits.takeShare('ann', github)())
  expect([start(), start(), start(), start()]).toEqual(['none', 'none', 'none', 'rate-limited'])
  at += 500
  expect([start(), start()]).toEqual(['none', 'rate-limited'])
  at += 60_000
  expect([start(), start(), start(), start()]).toEqual(['none', 'none', 'none', 'rate-limited'])
})
