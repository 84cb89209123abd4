import { expect, test } from 'vitest'
import { isServers, nextAddress } from '../../web/src/lib/next-address.ts'

const origin = 'https://gateway.example'

test.each([
  ['/connectors?query=a#top', '/connectors?query=a#top'],
  ['/api/v1/oauth/authorize?client_id=x', '/api/v1/oauth/authorize?client_id=x'],
  ['/a/../people', '/people'],
  [undefined, '/'],
  ['', '/'],
  ['people', '/'],
  ['https://evil.example/', '/'],
  ['//evil.example/', '/'],
  ['/\\evil.example/', '/'],
  ['/\t/evil.example/', '/'],
  ['/\n\\evil.example', '/'],
  ['\\\\evil.example', '/'],
  ['javascript:alert(1)', '/'],
  ['/sign-in?next=/sign-in', '/'],
])('after signing in, %j leads to %s', (next, to) => {
  expect(nextAddress(next, origin)).toBe(to)
})

test('addresses of the server are told from pages', () => {
  expect(['/api/v1/x', '/docs', '/mcp?x', '/.well-known/x'].map(isServers)).toEqual([true, true, true, true])
  expect(['/', '/apiary', '/connectors'].map(isServers)).toEqual([false, false, false])
})
