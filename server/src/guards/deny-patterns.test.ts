import { expect, test } from 'vitest'
import { type CompiledPattern, compileDenied, deniedFindings } from './deny-patterns.ts'

const denied = (pattern: string): CompiledPattern =>
  compileDenied({ id: 'p', name: 'Project name', pattern, looksAt: 'both' })
const found = (pattern: string, text: string) =>
  deniedFindings(text, [denied(pattern)]).map(({ path }) => path)

test('a pattern is found in a plain text, in a string of JSON, and behind escapes', () => {
  expect(found('Bluebird', 'the Bluebird plan')).toEqual([''])
  expect(found('ACME-\\d{4}', '{"rows":[{"id":"ACME-4711"}]}')).toEqual(['rows[0].id'])
  expect(found('a/b', '{"path":"a\\/b"}')).toEqual(['path'])
  expect(found('colou?r code', '{"t":"color code"}')).toEqual(['t'])
  expect(found('^secret plan$', '{"t":"secret plan"}')).toEqual(['t'])
})

test('what does not match is spared, whatever characters it shares', () => {
  expect(found('Bluebird', 'the blue bird plan')).toEqual([])
  expect(found('ACME-\\d{4}', '{"id":"ACME-47"}')).toEqual([])
  expect(found('^secret plan$', '{"t":"no secret plan"}')).toEqual([])
})

test('a match across the parts of a long text is found', () => {
  const text = `${'x'.repeat(15_997)}Bluebird${'y'.repeat(40_000)}`
  expect(found('Blu[e]bird', text)).toEqual([''])
})

test('time grows with the text only, whatever the pattern', () => {
  const started = performance.now()
  expect(found('(a+)+(a+)+b', 'a'.repeat(30_000))).toEqual([])
  expect(performance.now() - started).toBeLessThan(3_000)
})
