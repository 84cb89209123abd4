import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Running } from './running.ts'

describe('what runs right now', () => {
  test('holds the same as a Map after any comings and goings', () => {
    const step = fc.record({
      name: fc.constantFrom('1', '2', '3', '4'),
      comes: fc.boolean(),
      value: fc.nat(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const running = new Running<number>()
        const model = new Map<string, number>()
        for (const { name, comes, value } of steps) {
          if (comes) {
            running.set(name, value)
            model.set(name, value)
          } else {
            running.delete(name)
            model.delete(name)
          }
          expect(running.size).toBe(model.size)
          for (const key of ['1', '2', '3', '4']) {
            expect(running.has(key)).toBe(model.has(key))
            expect(running.get(key)).toBe(model.get(key))
          }
        }
        expect([...running.values()].sort()).toEqual([...model.values()].sort())
      }),
    )
  })
})
