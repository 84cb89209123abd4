import { describe, expect, test } from 'vitest'
import { compilePattern } from '../lib/match-pattern.ts'
import { inRange, parseAddress, parseRange } from './match-address.ts'
import { compileGlob } from './match-glob.ts'

/** Generous for a busy machine; what backtracks needs hours for these. */
const limitMs = 1000

function timed(run: () => unknown): number {
  const from = performance.now()
  run()
  return performance.now() - from
}

describe('globs', () => {
  test.each([
    ['*', '', true],
    ['list_*', 'list_tables', true],
    ['list_*', 'list', false],
    ['*_table', 'drop_table', true],
    ['a*b*c', 'aXbYc', true],
    ['a*b*c', 'aXcYb', false],
    ['a*a', 'a', false],
    ['r?ad', 'read', true],
    ['r?ad', 'rad', false],
    ['?', '', false],
    ['*b?d*', 'abcd', true],
    ['a?*c', 'abc', true],
    ['a?*c', 'ac', false],
    ['file://*', 'file:///etc/passwd', true],
    ['a.b', 'axb', false],
    ['[ab]', 'a', false],
    ['Read', 'read', false],
    ['read', 'read ', false],
  ])('%s on "%s": %s', (glob, text, expected) => {
    expect(compileGlob(glob).matches(text)).toBe(expected)
  })

  test('a bomb of stars takes no time', () => {
    const bomb = compileGlob(`${'*a'.repeat(120)}*b`)
    expect(timed(() => expect(bomb.matches('a'.repeat(100_000))).toBe(false))).toBeLessThan(limitMs)
    const masked = compileGlob(`${'*?a'.repeat(80)}*b`)
    expect(timed(() => expect(masked.matches('a'.repeat(2_000))).toBe(false))).toBeLessThan(limitMs)
  })
})

describe('patterns', () => {
  test.each([
    ['^(sales|finance)_', 'sales_2026', true],
    ['^(sales|finance)_', 'hr_sales_', false],
    ['\\d{3}-\\d{2,}', 'x 123-4567', true],
    ['^\\d{3}$', '1234', false],
    ['[^a-c]x', 'bx', false],
    ['[^a-c]x', 'dx', true],
    ['a.c', 'a\nc', false],
    ['^$', '', true],
    ['a|b|', 'zzz', true],
    ['(?:ab)+?c', 'ababc', true],
    ['^[\\w.-]+@example\\.com$', 'ann.b@example.com', true],
    ['^[\\w.-]+@example\\.com$', 'ann@example.com.evil.net', false],
    ['^a{2,3}$', 'aaaa', false],
    ['^a{0}b$', 'b', true],
    ['^.$', '😀', true],
    ['[]]', 'a', 'refused'],
    ['(a)\\1', 'aa', 'refused'],
    ['(?=a)', 'a', 'refused'],
    ['(?<name>a)', 'a', 'refused'],
    ['a**', 'a', 'refused'],
    ['(a', 'a', 'refused'],
    ['a)', 'a', 'refused'],
    ['*a', 'a', 'refused'],
    ['[b-a]', 'a', 'refused'],
    ['a{1000}', 'a', 'refused'],
    ['(((a{100}){100}){100})', 'a', 'refused'],
    ['\\bword', 'word', 'refused'],
  ])('%s on "%s": %s', (pattern, text, expected) => {
    const run = () => compilePattern(pattern).matches(text)
    if (expected === 'refused') expect(run).toThrow()
    else expect(run()).toBe(expected)
  })

  test('agrees with the engine of the language on what both know', () => {
    const patterns = [
      'a*b+',
      '(a|b)*c',
      '^a?b{1,2}$',
      '[ab]+c?',
      'a(b|c)+d',
      '^(ab|a)(c|bcd)(d*)$',
      '(a*)*b',
      'x|^a|b$',
    ]
    const texts = ['', 'a', 'b', 'ab', 'abc', 'aab', 'abcd', 'acbd', 'bb', 'abb', 'xab', 'abcdd', 'cab', 'ba']
    for (const pattern of patterns) {
      for (const text of texts) {
        expect(compilePattern(pattern).matches(text), `${pattern} on ${text}`).toBe(
          new RegExp(pattern).test(text),
        )
      }
    }
  })

  test.each([
    '(a+)+$',
    '(a|a)*$',
    '(a|aa)+$',
    '(.*a){20}$',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '([a-zA-Z]+)*$',
    '(a*)*c',
    '(x+x+)+y',
  ])('the known bomb %s ends in time', (pattern) => {
    const compiled = compilePattern(pattern)
    for (const subject of [`${'a'.repeat(16_000)}!`, `${'x'.repeat(16_000)}!`]) {
      expect(timed(() => compiled.matches(subject))).toBeLessThan(limitMs)
    }
  })

  test('a subject over the limit is not judged', () => {
    expect(compilePattern('a').matches('a'.repeat(16_385))).toBeUndefined()
  })

  test('a sample matches its pattern', () => {
    for (const pattern of ['^sales_\\d{4}$', '(?:foo|bar)+!', '[^a]z', 'x{3,}', '']) {
      expect(compilePattern(pattern).matches(compilePattern(pattern).sample()), pattern).toBe(true)
    }
  })
})

describe('addresses', () => {
  const within = (address: string, range: string) => {
    const [bytes, parsed] = [parseAddress(address), parseRange(range)]
    return bytes !== undefined && parsed !== undefined && inRange(bytes, parsed)
  }
  test.each([
    ['10.255.0.1', '10.0.0.0/8', true],
    ['11.0.0.1', '10.0.0.0/8', false],
    ['172.31.255.255', '172.16.0.0/12', true],
    ['172.32.0.0', '172.16.0.0/12', false],
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.2', '192.0.2.1', false],
    ['1.2.3.4', '0.0.0.0/0', true],
    ['::ffff:10.1.2.3', '10.0.0.0/8', true],
    ['::ffff:0a01:0203', '10.0.0.0/8', true],
    ['10.1.2.3', '::ffff:10.0.0.0/104', true],
    ['2001:db8::5', '2001:db8::/32', true],
    ['2001:db9::5', '2001:db8::/32', false],
    ['fe80::1%eth0', 'fe80::/10', true],
    ['[::1]', '::1', true],
    ['10.0.0.1', '::/0', false],
  ])('%s in %s: %s', (address, range, expected) => {
    expect(within(address, range)).toBe(expected)
  })
  test.each([
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0/8',
    'ten',
    '10.0.0.0/8/8',
    '::/129',
    '::ffff:10.0.0.0/8',
    '',
  ])('%s is no range', (text) => {
    expect(parseRange(text)).toBeUndefined()
  })
})
