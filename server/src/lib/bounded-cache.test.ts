import { expect, test } from 'vitest'
import { BoundedCache } from './bounded-cache.ts'

test('a full cache forgets what was used longest ago', () => {
  const cache = new BoundedCache<{ n: number }>(3)
  for (const n of [1, 2, 3]) cache.set(`k${n}`, { n })
  expect(cache.get('k1')).toEqual({ n: 1 })
  cache.set('k4', { n: 4 })
  expect(cache.size).toBe(3)
  expect(cache.get('k2')).toBeUndefined()
  expect(cache.get('k1')).toEqual({ n: 1 })
})

test('a hundred thousand keys leave it at its bound', () => {
  const cache = new BoundedCache<{ n: number }>(100)
  for (let n = 0; n < 100_000; n++) cache.set(`k${n}`, { n })
  expect(cache.size).toBe(100)
})
