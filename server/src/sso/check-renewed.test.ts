import { UnsecuredJWT } from 'jose'
import { expect, test } from 'vitest'
import { otherThan, signedInOf } from './check-renewed.ts'

const claims = {
  iss: 'https://id.example',
  sub: 'ada',
  aud: ['console', 'api'],
  azp: 'console',
  auth_time: 7,
  nonce: 'n',
}
const tokenOf = (given: object) => signedInOf(new UnsecuredJWT({ ...given }).encode())
const signedIn = tokenOf(claims)
const without = (name: string) =>
  Object.fromEntries(Object.entries(claims).filter(([claim]) => claim !== name))

test('a renewed ID token says the same, more audiences, or neither time nor nonce', () => {
  const fine = [
    claims,
    { ...claims, aud: ['more', 'api', 'console'], exp: 9, email: 'other@example.com' },
    without('auth_time'),
    without('nonce'),
  ]
  for (const renewed of fine) expect(otherThan(signedIn, tokenOf(renewed))).toBeUndefined()
  const one = tokenOf({ ...claims, aud: 'console' })
  expect(otherThan(one, tokenOf({ ...claims, aud: ['console'] }))).toBeUndefined()
})

test.each([
  ['iss', { ...claims, iss: 'https://id.example/' }],
  ['iss', without('iss')],
  ['sub', { ...claims, sub: 'Ada' }],
  ['sub', without('sub')],
  ['aud', { ...claims, aud: 'console' }],
  ['aud', without('aud')],
  ['azp', { ...claims, azp: 'api' }],
  ['azp', without('azp')],
  ['auth_time', { ...claims, auth_time: 8 }],
  ['nonce', { ...claims, nonce: 'another' }],
])('with another %s it is of another sign-in', (name, renewed) => {
  expect(otherThan(signedIn, tokenOf(renewed))).toBe(name)
})

test('a sign-in without azp has none later', () => {
  expect(otherThan(tokenOf(without('azp')), signedIn)).toBe('azp')
})
