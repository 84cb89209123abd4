import { describe, expect, test } from 'vitest'
import { findSecrets } from './find-secrets.ts'
import { maskJson } from './mask-text.ts'
import { secretKinds } from './secret-kinds.ts'

const kinds = (text: string, name?: string) => findSecrets(text, name).map(({ kind }) => kind)
/** Put together here, so that no scanner takes this file for a leak. */
const made = (...parts: string[]) => parts.join('')
const letters = 'aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC2dF4gH6jK8mN'

describe('secrets', () => {
  test('at least sixty kinds are known, each with a cheap sign', () => {
    expect(new Set(secretKinds.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(60)
    for (const { kind, signs } of secretKinds)
      expect([kind, signs.every((sign) => sign !== '')]).toEqual([kind, true])
  })

  test('are found by shape, in addresses, in headers and behind names', () => {
    expect(kinds(made('key AK', 'IAQ4ZXTBNM5KLPWE7R'))).toEqual(['aws-access-key'])
    expect(kinds(made('ghp', '_', letters.slice(0, 36)))).toEqual(['github-token'])
    expect(kinds(made('postgres://app:', 'h7Kq2!xv@db.internal:5432/app'))).toEqual(['password'])
    expect(kinds(made('Authorization: Bearer ', letters))).toEqual(['authorization'])
    expect(kinds(made('DB_PASSWORD=', 'h7Kq2xv!9'))).toEqual(['password'])
    expect(kinds(letters, 'client_secret')).toEqual(['secret'])
    expect(
      kinds(
        made('-----BEGIN RSA PRIVATE', ' KEY-----\n', 'MIIEow'.repeat(20), '\n-----END RSA PRIVATE KEY-----'),
      ),
    ).toEqual(['private-key'])
  })

  test('placeholders, ids, page tokens and prose are spared', () => {
    for (const text of [
      'password: your_password_here',
      `API_KEY=${'$'}{API_KEY}`,
      'token = os.environ["TOKEN"]',
      'https://user:password@example.com/',
      made('AK', 'IAIOSFODNN7EXAMPLE'),
      'next_page_token: CAUQAAdhJk38dhGskKLa',
      'commit 3f786850e387550fdab836ed7e6dc881de23001b',
      '"id":"0f8fad5b-d9cb-469f-a165-70867728950e"',
      'The secret of good bread is time.',
      'max_tokens: 4096',
    ])
      expect([text, kinds(text)]).toEqual([text, []])
  })

  test('masking keeps JSON whole, numbers to the last digit and text around', () => {
    const secret = made('sk_', 'live_', letters.slice(0, 24))
    const { text, secrets } = maskJson(`{"n":90071992547409931,"a":["x ${secret} y\\n"],"b":"ok"}`, {
      secrets: true,
      hidden: true,
    })
    expect(text).toBe('{"n":90071992547409931,"a":["x [REDACTED:stripe-key] y\\n"],"b":"ok"}')
    expect(secrets).toBe(1)
  })

  test('hidden characters go, emoji and joined scripts stay', () => {
    const veiled = `a${'\u200b\u200c\u200d\u2060'.repeat(3)}b 👩\u200d👩 می\u200cخواهم`
    expect(maskJson(JSON.stringify([veiled]), { secrets: true, hidden: true }).text).toBe(
      JSON.stringify(['ab 👩\u200d👩 می\u200cخواهم']),
    )
  })
})
