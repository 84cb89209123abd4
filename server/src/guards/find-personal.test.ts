import { describe, expect, test } from 'vitest'
import { findPersonal, maskPersonal, personalFindings } from './find-personal.ts'
import { personalKinds } from './personal-kinds.ts'

describe.each(personalKinds)('$kind', ({ kind, caught, spared }) => {
  test('is found in its samples and in none of the near ones', () => {
    for (const text of caught)
      expect([text, findPersonal(text).map((each) => each.kind)]).toEqual([text, [kind]])
    for (const text of spared)
      expect([text, findPersonal(text).filter((each) => each.kind === kind)]).toEqual([text, []])
  })
})

test('what is masked is written over in place, in JSON of any shape, and the rest stays to the letter', () => {
  const text =
    '{"a":[{"n":90071992547409931,"t":"ada@example.com or +44 20 7946 0958\\n"}],"ada@example.com":1}'
  expect(maskPersonal(text)).toBe(
    '{"a":[{"n":90071992547409931,"t":"[REDACTED:email] or [REDACTED:phone]\\n"}],"ada@example.com":1}',
  )
  expect(maskPersonal('{"a":"nothing here"}')).toBe('{"a":"nothing here"}')
})

test('a finding names the kind and the place, never the value', () => {
  const findings = personalFindings('{"rows":[{"mail":"ada@example.com"}]}')
  expect(findings).toMatchObject([{ detector: 'personal:email', path: 'rows[0].mail', scanner: 'personal' }])
  expect(JSON.stringify(findings)).not.toContain('ada@')
})

test('a long text of digits and at-signs takes linear time', () => {
  const took = (text: string) => {
    const started = performance.now()
    findPersonal(text)
    return performance.now() - started
  }
  for (const piece of ['4111 1111 ', '+1 ', 'a@', '@', 'a.', '1.1-', 'DE89 ', 'tel ', 'tax '])
    expect([piece, took(piece.repeat(20_000)) < 1_500]).toEqual([piece, true])
})
