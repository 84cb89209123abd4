import { expect, test } from 'vitest'
import { GatewayError } from '../kernel/errors.ts'
import {
  checkPattern,
  judgeRedirect,
  loopbackPattern,
  redirectKind,
  withoutLoopbackPort,
} from './match-redirect.ts'

const allow = (...patterns: string[]) => patterns.map((pattern) => ({ effect: 'allow' as const, pattern }))
const block = (...patterns: string[]) => patterns.map((pattern) => ({ effect: 'block' as const, pattern }))

test('an address is allowed exactly as listed', () => {
  const rules = allow('https://app.example.com/cb?x=1')
  expect(judgeRedirect(rules, 'https://app.example.com/cb?x=1')).toBe('allowed')
  for (const other of [
    'https://app.example.com/cb',
    'https://app.example.com/cb?x=2',
    'https://app.example.com/CB?x=1',
    'https://app.example.com:8443/cb?x=1',
    'https://app.example.com.evil.example/cb?x=1',
    'https://evil.example/app.example.com/cb?x=1',
  ])
    expect([other, judgeRedirect(rules, other)]).toEqual([other, 'unknown'])
})

test('a wildcard covers one label of a host, never scheme, port or path', () => {
  const rules = allow('https://*.example.com/cb')
  expect(judgeRedirect(rules, 'https://app.example.com/cb')).toBe('allowed')
  for (const other of [
    'https://example.com/cb',
    'https://a.b.example.com/cb',
    'https://appexample.com/cb',
    'https://app.example.com/cb/more',
    'https://app.example.com:444/cb',
    'https://app.example.com.evil.com/cb',
    'https://app.example.org/cb',
    'https://evil.com/x.example.com/cb',
    'https://evil.com\\.example.com/cb',
  ])
    expect([other, judgeRedirect(rules, other)]).toEqual([other, 'unknown'])
})

test('a block is stronger than an allow, in whatever order', () => {
  const uri = 'https://app.example.com/cb'
  expect(judgeRedirect([...allow(uri), ...block('https://*.example.com/cb')], uri)).toBe('blocked')
  expect(judgeRedirect([...block(uri), ...allow('https://*.example.com/cb')], uri)).toBe('blocked')
  expect(
    judgeRedirect([...allow(loopbackPattern), ...block('http://localhost/cb')], 'http://localhost:99/cb'),
  ).toBe('blocked')
})

test('loopback takes any port of this machine, and no other machine', () => {
  const rules = allow(loopbackPattern)
  for (const uri of ['http://localhost:1/cb', 'http://127.0.0.1:65000/', 'http://[::1]:8/x'])
    expect([uri, judgeRedirect(rules, uri)]).toEqual([uri, 'allowed'])
  for (const uri of [
    'http://localhost.evil.example/cb',
    'http://127.0.0.1.evil.example/cb',
    'http://0.0.0.0:1/cb',
    'http://localhost@evil.example/cb',
    'http://192.168.0.1/cb',
  ])
    expect([uri, judgeRedirect(rules, uri)]).toEqual([uri, 'blocked'])
  expect(judgeRedirect(allow('http://localhost/cb'), 'http://localhost:7/cb')).toBe('allowed')
  expect(judgeRedirect(allow('http://localhost/cb'), 'http://127.0.0.1:7/cb')).toBe('unknown')
  expect(withoutLoopbackPort('http://127.0.0.1:7/cb')).toBe('http://127.0.0.1/cb')
})

test('the scheme of an app counts only when it is listed exactly', () => {
  expect(judgeRedirect(allow('cursor://callback/one'), 'cursor://callback/one')).toBe('allowed')
  expect(judgeRedirect(allow('cursor://callback/one'), 'cursor://callback/two')).toBe('unknown')
  expect(judgeRedirect(allow(loopbackPattern), 'cursor://localhost/')).toBe('unknown')
})

test('scripts, files, fragments, plain http and user names are never an address', () => {
  for (const uri of [
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'vbscript:x',
    'blob:https://a.example/1',
    'http://app.example.com/cb',
    'https://app.example.com/cb#x',
    'https://user@app.example.com/cb',
    'https://user:word@app.example.com/cb',
    'ftp://app.example.com/',
    '/relative',
    '',
  ]) {
    expect([uri, redirectKind(uri)]).toEqual([uri, undefined])
    expect([uri, judgeRedirect(allow(loopbackPattern, uri), uri)]).toEqual([uri, 'blocked'])
  }
})

test('a pattern that means more than it seems is refused', () => {
  for (const pattern of [
    '*',
    'https://*',
    'https://*/cb',
    'https://*.com/cb',
    'https://*.*.example.com/cb',
    'https://app.*.com/cb',
    'https://app.example.com/*',
    'http://*.example.com/cb',
    'https://a*.example.com/cb',
    'https://*.example.com:*/cb',
    'http://example.com/cb',
    'javascript:x',
    'words',
  ]) {
    expect(() => checkPattern(pattern), pattern).toThrow(GatewayError)
  }
  for (const pattern of ['https://*.example.com/cb', 'https://a.example/cb', 'loopback', 'cursor://x/y'])
    expect(checkPattern(pattern)).toBe(pattern)
})
