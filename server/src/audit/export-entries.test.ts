import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvCell } from './export-entries.ts'

test.each(['=cmd()', '+1', '-1', '@sum', ' =x', '\t=x', '\r\n=x', '|calc', '%x', '＝x'])(
  '%j cannot run in a spreadsheet',
  (text) => {
    expect(csvCell(text).replace(/^"/, '').startsWith("'")).toBe(true)
  },
)

test('a cell is one cell, whatever is in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const cell = csvCell(text)
      if (/[",\r\n]/.test(text)) expect(cell).toMatch(/^"(?:[^"]|"")*"$/s)
      else expect(cell.replace(/^'/, '')).toBe(text.replace(/^'/, ''))
    }),
  )
  expect(csvCell(undefined)).toBe('')
  expect(csvCell(12)).toBe('12')
})
