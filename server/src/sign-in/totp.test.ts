import { expect, test } from 'vitest'
import { makeRecoveryCodes, makeTotpSecret, plainRecoveryCode, stepOf, totpAt } from './totp.ts'

// RFC 6238, appendix B: the key is the text 12345678901234567890; the last six digits of its codes for SHA-1.
const rfcSecret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

test.each([
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130'],
])('at second %i the code is %s', (second, code) => {
  expect(totpAt(rfcSecret, Math.floor(second / 30))).toBe(code)
  expect(stepOf(rfcSecret, code, second * 1000)).toBe(Math.floor(second / 30))
})

test('a code is taken one step early or late, not two', () => {
  const secret = makeTotpSecret()
  expect(secret).toMatch(/^[A-Z2-7]{32}$/)
  const at = 1_700_000_010_000
  const step = Math.floor(at / 30_000)
  expect([-2, -1, 0, 1, 2].map((by) => stepOf(secret, totpAt(secret, step + by), at))).toEqual([
    undefined,
    step - 1,
    step,
    step + 1,
    undefined,
  ])
  expect(stepOf(secret, '12345', at)).toBeUndefined()
})

test('recovery codes differ and are read as people type them', () => {
  const codes = makeRecoveryCodes()
  expect(new Set(codes).size).toBe(10)
  for (const code of codes) expect(plainRecoveryCode(` ${code.toLowerCase()} `)).toBe(code.replace('-', ''))
})
