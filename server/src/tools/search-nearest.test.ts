import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bestOf } from './search-nearest.ts'
import { SearchRoom } from './search-room.ts'

test('the best are those that sorting all puts first, equal ones in the order of documents', () => {
  const scores = fc.array(fc.integer({ min: -3, max: 9 }), { maxLength: 80 })
  fc.assert(
    fc.property(scores, fc.integer({ min: 1, max: 12 }), (values, most) => {
      const sorted = [...values.keys()]
        .filter((at) => (values[at] as number) > 0)
        .sort((a, b) => (values[b] as number) - (values[a] as number) || a - b)
      expect(bestOf(Float32Array.from(values), most)).toEqual(sorted.slice(0, most))
    }),
  )
})

test('every row of a room is its own, and empty again for the next search', () => {
  const room = new SearchRoom()
  for (const size of [3, 3, 5, 2]) {
    room.clear(size)
    const rows = Array.from({ length: 60 }, () => room.take())
    expect(rows.every((row) => row.length === size && row.every((value) => value === 0))).toBe(true)
    expect(new Set(rows.map((row) => row.buffer)).size).toBe(60)
    for (const row of rows) row.fill(7)
  }
})
