import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maskSecrets } from './mask-secrets.ts'

const letters = (length: number) => 'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0hL'.repeat(4).slice(0, length)
const upper = (length: number) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.repeat(2).slice(0, length)

/** One sample of every kind that is told by its shape; the secret part must vanish from whatever it stands in. */
const shaped: Record<string, string> = {
  'runlayer-key': `rl_${letters(40)}`,
  'aws-access-key': `AKIA${upper(16)}`,
  'github-token': `ghp_${letters(36)}`,
  'github fine-grained': `github_pat_${letters(60)}`,
  'gitlab-token': `glpat-${letters(20)}`,
  'slack-token': `xoxb-123456789012-${letters(24)}`,
  'google-key': `AIza${letters(35)}`,
  'google secret': `GOCSPX-${letters(28)}`,
  'google token': `ya29.${letters(60)}`,
  'stripe-key': `sk_live_${letters(24)}`,
  'stripe hook': `whsec_${letters(32)}`,
  'openai key': `sk-proj-${letters(48)}`,
  'anthropic key': `sk-ant-api03-${letters(80)}`,
  'npm token': `npm_${letters(36)}`,
  'pypi token': `pypi-${letters(60)}`,
  'hugging face': `hf_${letters(34)}`,
  'digital ocean': `dop_v1_${'0123456789abcdef'.repeat(4)}`,
  'sendgrid-key': `SG.${letters(22)}.${letters(43)}`,
  jwt: `eyJ${letters(20)}.eyJ${letters(40)}.${letters(43)}`,
  bearer: `Bearer ${letters(30)}`,
  basic: `Basic ${letters(24)}==`,
  'private key': `-----BEGIN RSA PRIVATE KEY-----\nMII${letters(60)}\n${letters(64)}\n-----END RSA PRIVATE KEY-----`,
  'cut private key': `-----BEGIN PRIVATE KEY-----\nMII${letters(60)}\n`,
  'connection string': `postgres://app:${letters(16)}@db.internal:5432/app`,
  assignment: `API_KEY=${letters(20)}`,
  'query string': `https://api.example.com/v1?access_token=${letters(20)}&page=2`,
}
/** What of a sample must not be left. */
const secretOf = (sample: string) =>
  sample.replace(/^(?:Bearer|Basic) |^.*?:\/\/(?:app:|\S*?=)|^API_KEY=|@.*$|&.*$/g, '').slice(-16)

const surroundings: ((secret: string) => unknown)[] = [
  (secret) => secret,
  (secret) => `before ${secret} after`,
  (secret) => `line\n${secret}\n`,
  (secret) => `(${secret})`,
  (secret) => ({ text: secret, n: 1 }),
  (secret) => ({ content: [{ type: 'text', text: JSON.stringify({ deep: `x ${secret}` }) }] }),
  (secret) => ({ twice: JSON.stringify({ text: JSON.stringify({ deep: secret }) }) }),
]

test.each(Object.entries(shaped))('%s is masked wherever it stands, and JSON stays JSON', (_kind, sample) => {
  for (const place of surroundings) {
    const masked = maskSecrets(JSON.stringify(place(sample)))
    expect(masked).not.toContain(secretOf(sample))
    expect(masked).toContain('[REDACTED:')
    expect(() => JSON.parse(masked)).not.toThrow()
  }
})

test.each([
  'password',
  'Password',
  'PASSWORD',
  'db_password',
  'passwd',
  'pwd',
  'passphrase',
  'secret',
  'client_secret',
  'clientSecret',
  'token',
  'access_token',
  'refreshToken',
  'X-Auth-Token',
  'api_key',
  'apiKey',
  'X-API-Key',
  'Authorization',
  'proxy-authorization',
  'private_key',
  'secretAccessKey',
  'AWS_SECRET_ACCESS_KEY',
  'Set-Cookie',
  'cookie',
  'credentials',
  'connectionString',
])('the value of a member named %s is masked at every depth of quoting', (name) => {
  const inner = { [name]: 'hunter2 "quoted" \\ end', after: 1 }
  let text: unknown = inner
  for (let depth = 0; depth < 4; depth++) {
    const masked = maskSecrets(JSON.stringify(text))
    expect(masked).not.toContain('hunter2')
    let opened: unknown = JSON.parse(masked)
    for (let at = 0; at < depth; at++) opened = JSON.parse((opened as { deep: string }).deep)
    expect(opened).toEqual({ [name]: '[REDACTED:secret]', after: 1 })
    text = { deep: JSON.stringify(text) }
  }
})

test.each([
  '{"next_page_token":"abcdef"}',
  '{"max_tokens":500}',
  '{"tokens":12}',
  '{"key":"name"}',
  '{"monkey":"banana"}',
  '{"token":null}',
  '{"secret":true}',
  '{"url":"https://example.com/a/b?page=2#x"}',
  '{"mail":"alice@example.com"}',
  '{"a":"url_abcdefghijklmnopqrstuvw"}',
  '{"text":"a basic thing, bearer of news"}',
  '{"string":"x"}',
  '{"n":12345678901234567890.10}',
  '{"t":"progressToken"}',
])('%s holds no secret and is left alone', (text) => {
  expect(maskSecrets(text)).toBe(text)
})

test('numbers, lists and objects under a secret name are masked whole', () => {
  expect(maskSecrets('{"pwd":1234,"n":1}')).toBe('{"pwd":"[REDACTED:secret]","n":1}')
  expect(maskSecrets('{"token":["a","]",{"b":"}"}],"n":1}')).toBe('{"token":"[REDACTED:secret]","n":1}')
  expect(maskSecrets('{"credentials":{"user":"u","p":"\\"}"},"n":1}')).toBe(
    '{"credentials":"[REDACTED:secret]","n":1}',
  )
})

test('a secret cut off inside a string is masked up to where the string ends', () => {
  for (const text of [
    '{"t":"{\\"token\\":\\"abcdefg"}',
    '{"t":"{\\"token\\":[\\"abcdefg"}',
    '{"t":"{\\"token\\":{\\"x\\":\\"abcdefg\\\\\\\\"}',
  ]) {
    const masked = maskSecrets(text)
    expect(masked).not.toContain('abcdefg')
    expect(() => JSON.parse(masked)).not.toThrow()
  }
})

test('escaped characters do not hide a secret', () => {
  const escaped = shaped['runlayer-key']?.replace(/_/, '\\u005f') ?? ''
  expect(maskSecrets(`{"a":"${escaped}"}`)).toBe('{"a":"[REDACTED:runlayer-key]"}')
  expect(maskSecrets('{"pass\\u0077ord":"hunter2"}')).not.toContain('hunter2')
  expect(maskSecrets('{"a":"postgres:\\/\\/u:hunter22@db"}')).not.toContain('hunter22')
})

const hostile = fc.oneof(
  fc.string({
    unit: fc.constantFrom(
      '"',
      '\\',
      '[',
      ']',
      '{',
      '}',
      ':',
      ',',
      'token',
      'password',
      '=',
      '\n',
      'a',
      ' ',
      '-----BEGIN PRIVATE KEY-----',
      '://',
      '@',
      'eyJ',
      '.',
      'u00',
      'rl_',
    ),
    maxLength: 60,
  }),
  fc.constantFrom(...Object.values(shaped)),
)

test('any JSON stays JSON, masking twice changes nothing more, and plain text never fails', () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.oneof(hostile, fc.constantFrom('token', 'password', 'x')),
        fc.oneof(
          hostile,
          fc.jsonValue(),
          hostile.map((text) => JSON.stringify({ password: text })),
        ),
      ),
      (value) => {
        const masked = maskSecrets(JSON.stringify(value))
        expect(() => JSON.parse(masked)).not.toThrow()
        expect(maskSecrets(masked)).toBe(masked)
      },
    ),
    { numRuns: 3000, examples: [[{ '://token=rl_u00,@': 0 }]] },
  )
  fc.assert(fc.property(hostile, (text) => typeof maskSecrets(text) === 'string'))
})

test('time grows with length, not with its square', () => {
  const attacks = [
    'eyJ',
    'a.',
    '://',
    'token":[',
    '\\"token\\":[\\"',
    '-----BEGIN PRIVATE KEY-----',
    'x=',
    'bearer ',
    '"token":"',
    '\\\\',
    'sk-',
    'SG.a',
    '\\u0041',
    'password\\"',
    '://a:b',
    'token={',
  ]
  for (const attack of attacks) {
    const text = `rl_ password=1 ${attack.repeat(Math.ceil(400_000 / attack.length))}`
    const started = performance.now()
    maskSecrets(text)
    // A square would take minutes here; the bound is loose because the machine is shared.
    expect(performance.now() - started, attack).toBeLessThan(3000)
  }
})
