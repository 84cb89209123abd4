import { describe, expect, test } from 'vitest'
import type { Connector } from '../kernel/connector.ts'
import { fingerprintOf } from './fingerprint-connector.ts'
import { makeSlug } from './make-slug.ts'

type Described = Pick<Connector, 'transport' | 'url' | 'command' | 'args'>
const http = (url: string): Described => ({ transport: 'streamable_http', url, command: undefined, args: [] })
const stdio = (command: string, ...args: string[]): Described => ({
  transport: 'stdio',
  url: undefined,
  command,
  args,
})

describe('two descriptions of one server have one fingerprint', () => {
  test.each<[string, Described, Described]>([
    ['whatever the query', http('https://a.example/mcp?key=1'), http('https://a.example/mcp')],
    [
      'whatever the letter case of the host',
      http('https://A.example/mcp'),
      http('https://a.example:443/mcp/'),
    ],
    ['wherever the command stands', stdio('/usr/bin/npx', '-y', 'thing'), stdio('npx', 'thing')],
    ['on Windows too', stdio('C:\\node\\npx.cmd', '-y', 'thing'), stdio('npx', 'thing')],
    [
      'whatever the values of arguments',
      stdio('npx', 'thing', '--dir', '/a'),
      stdio('npx', 'thing', '--dir', '/b'),
    ],
    ['whatever stands behind =', stdio('npx', 'thing', '--dir=/a'), stdio('npx', 'thing', '--dir=/b')],
  ])('%s', (_what, a, b) => expect(fingerprintOf(a)).toBe(fingerprintOf(b)))
})

describe('different servers have different fingerprints', () => {
  test.each<[string, Described, Described]>([
    ['another path', http('https://a.example/mcp'), http('https://a.example/other')],
    [
      'another transport',
      http('https://a.example/mcp'),
      { ...http('https://a.example/mcp'), transport: 'sse' },
    ],
    ['another package', stdio('npx', 'thing'), stdio('npx', 'other')],
    ['another version', stdio('npx', 'thing@1'), stdio('npx', 'thing@2')],
    ['another option', stdio('npx', 'thing', '--a', 'x'), stdio('npx', 'thing', '--b', 'x')],
    ['another runner', stdio('npx', 'thing'), stdio('uvx', 'thing')],
  ])('%s', (_what, a, b) => expect(fingerprintOf(a)).not.toBe(fingerprintOf(b)))
})

describe('a slug', () => {
  test.each([
    ['Weather', 1, 'weather'],
    ['  Café & Crème!  ', 1, 'cafe-creme'],
    ['日本', 1, 'connector'],
    ['Weather', 2, 'weather-2'],
    [`${'a'.repeat(29)} b`, 1, 'a'.repeat(29)],
    ['a'.repeat(50), 12, `${'a'.repeat(27)}-12`],
  ])('of %j at attempt %i is %s', (name, attempt, slug) => expect(makeSlug(name, attempt)).toBe(slug))
})
