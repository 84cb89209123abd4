import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffLines } from '../../web/src/lib/diff-lines.ts'

const sides = (before: string, after: string) => {
  const lines = diffLines(before, after)
  const side = (gone: 'added' | 'removed') =>
    lines
      .filter((line) => line.kind !== gone)
      .map((line) => line.text)
      .join('\n')
  return {
    before: side('added'),
    after: side('removed'),
    changed: lines.filter((line) => line.kind !== 'same').length,
  }
}

test('only the changed line is marked', () => {
  expect(diffLines('a\nb\nc', 'a\nx\nc').map((line) => `${line.kind} ${line.text}`)).toEqual([
    'same a',
    'removed b',
    'added x',
    'same c',
  ])
})

test('both texts can be read back from any difference', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 })
    .map((lines) => lines.join('\n'))
  fc.assert(
    fc.property(text, text, (before, after) => {
      expect(sides(before, after)).toMatchObject({ before, after })
      expect(sides(before, before).changed).toBe(0)
    }),
    { seed: 7 },
  )
})

test('very long texts are compared without a table of their product', () => {
  const long = (word: string) => Array.from({ length: 5000 }, (_, n) => `${word}${n}`).join('\n')
  expect(sides(long('a'), long('b')).changed).toBe(10_000)
})
