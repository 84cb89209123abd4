import { describe, expect, test } from 'vitest'
import { readConfig } from './config.ts'

const key = Buffer.alloc(32, 1).toString('base64')

describe('configuration', () => {
  test('an empty environment is a working installation on loopback', () => {
    const config = readConfig({}, '1.0.0')
    expect(config.publicUrl.href).toBe('http://localhost:3000/')
    expect(config.bind).toBe('127.0.0.1')
    expect(config.allowedNetworks).toEqual(['127.0.0.0/8', '::1/128'])
  })

  test('every mistake is reported at once', () => {
    const wrong = {
      RUNLAYER_PORT: 'abc',
      RUNLAYER_ADMIN_API_KEY: 'rl_short',
      RUNLAYER_SECRET_KEY: 'c2hvcnQ=',
      RUNLAYER_PUBLIC_URL: 'ftp://x',
      RUNLAYER_TYPO: '1',
      LOG_LEVEL: 'loud',
    }
    const read = () => readConfig(wrong, '1.0.0')
    for (const name of Object.keys(wrong)) expect(read).toThrow(name)
  })

  test.each([
    ['a database without a key', { RUNLAYER_DATABASE_URL: 'postgres://localhost/x' }, 'RUNLAYER_SECRET_KEY'],
    ['an admin email without a key', { RUNLAYER_ADMIN_EMAIL: 'a@example.com' }, 'RUNLAYER_ADMIN_API_KEY'],
    ['plain http on a public host', { RUNLAYER_PUBLIC_URL: 'http://example.com' }, 'https'],
    [
      'a weak admin key',
      { RUNLAYER_ADMIN_EMAIL: 'a@example.com', RUNLAYER_ADMIN_API_KEY: 'rl_123' },
      '32 more',
    ],
    ['a network that is none', { RUNLAYER_ALLOWED_UPSTREAM_NETWORKS: '10.0.0.0/99' }, 'CIDR'],
    ['a role of its own', { RUNLAYER_ROLE: 'worker' }, 'RUNLAYER_ROLE'],
  ])('%s stops the start', (_name, env, words) => {
    expect(() => readConfig(env, '1.0.0')).toThrow(words)
  })

  test('loopback upstreams are not allowed by themselves once the server listens to others', () => {
    const config = readConfig(
      { RUNLAYER_BIND: '0.0.0.0', RUNLAYER_PUBLIC_URL: 'https://mcp.example.com' },
      '1.0.0',
    )
    expect(config.allowedNetworks).toEqual([])
  })

  test('a list of keys rotates', () => {
    expect(readConfig({ RUNLAYER_SECRET_KEY: `${key},${key}` }, '1.0.0').secretKeys).toHaveLength(2)
  })

  test('a secret never stands in the message', () => {
    const secret = 'rl_not_long_enough_secret'
    try {
      readConfig({ RUNLAYER_ADMIN_EMAIL: 'a@example.com', RUNLAYER_ADMIN_API_KEY: secret }, '1.0.0')
      expect.unreachable()
    } catch (error) {
      expect(String(error)).not.toContain(secret)
    }
  })

  test('settings of later versions are no mistake, but are named', () => {
    expect(readConfig({ RUNLAYER_S3_URL: 's3://bucket' }, '1.0.0').withoutEffect).toEqual(['RUNLAYER_S3_URL'])
  })
})
