import { afterEach, describe, expect, test } from 'vitest'
import {
  type AuthorizationServer,
  authorizationServer,
  type Switches,
} from '../../../test/fixtures/authorization-server.ts'
import type { OAuthSettings } from '../kernel/connector.ts'
import { openGuardedFetch } from '../lib/guarded-fetch.ts'
import { addressGuard } from '../lib/network.ts'
import { readChallenge } from './challenge.ts'
import { checkEndpoint, discoverServer } from './discover-server.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

async function discover(on: Partial<Switches>, settings: OAuthSettings = {}) {
  const upstream: AuthorizationServer = await authorizationServer(on)
  const fetch = openGuardedFetch({ guard: addressGuard(['127.0.0.0/8']) })
  ends.push(upstream.close, fetch.close)
  const server = { url: upstream.mcpUrl, transport: 'streamable_http' } as const
  return { upstream, find: () => discoverServer({ fetch, server, settings }) }
}

const places = ['challenge', 'path', 'root'] as const
const metadata = ['oauth', 'openid-inserted', 'openid-appended'] as const

describe('what there is is found, wherever it stands', () => {
  test.each(places.flatMap((prm) => metadata.map((at) => ({ prm, metadata: at }))))(
    'resource metadata: $prm, server metadata: $metadata',
    async (on) => {
      const { upstream, find } = await discover(on)
      expect(await find()).toMatchObject({
        issuer: upstream.issuer,
        resource: upstream.mcpUrl,
        scope: 'read',
        issuerInResponse: true,
        tokenEndpoint: `${upstream.origin}/token`,
      })
    },
  )

  test('places are asked in the order of the specification', async () => {
    const { upstream, find } = await discover({ prm: 'root', metadata: 'openid-appended' })
    await find()
    expect(upstream.paths).toEqual([
      '/mcp',
      '/.well-known/oauth-protected-resource/mcp',
      '/.well-known/oauth-protected-resource',
      '/.well-known/oauth-authorization-server/tenant',
      '/.well-known/openid-configuration/tenant',
      '/tenant/.well-known/openid-configuration',
    ])
  })

  test('an upstream of revision 2025-03-26 is its own authorization server', async () => {
    const { upstream, find } = await discover({ prm: 'none' })
    expect(await find()).toMatchObject({ issuer: upstream.origin })
  })

  test('no sign of OAuth is no finding', async () => {
    const { find } = await discover({ prm: 'none', metadata: 'none' })
    expect(await find()).toBeUndefined()
  })

  test('settled addresses are not looked up', async () => {
    const settings = {
      clientId: 'x',
      authorizationUrl: 'https://id.example/tenant/authorize',
      tokenUrl: 'https://id.example/tenant/token',
      scopes: ['api://x/.default'],
    }
    const { upstream, find } = await discover({}, settings)
    expect(await find()).toMatchObject({
      authorizationEndpoint: settings.authorizationUrl,
      tokenEndpoint: settings.tokenUrl,
      issuer: 'https://id.example',
      scope: 'api://x/.default',
    })
    expect(upstream.paths).toEqual([])
  })
})

describe('what breaks a rule is an end, never a reason for a weaker way', () => {
  test.each<[string, Partial<Switches>, string]>([
    ['an issuer of somebody else', { issuer: 'foreign' }, 'the issuer differs'],
    ['an issuer that differs by a slash', { issuer: 'slash' }, 'the issuer differs'],
    ['no PKCE', { pkce: false }, 'PKCE'],
    ['metadata of another resource', { resource: 'foreign' }, 'another server'],
    ['a server that is named and has no metadata', { metadata: 'none' }, 'no authorization server metadata'],
    [
      'an authorization endpoint for a shell',
      { authorizationEndpoint: 'file:///bin/sh' },
      'no https address',
    ],
    ['a script as endpoint', { authorizationEndpoint: 'javascript:alert(1)' }, 'no https address'],
    ['an endpoint over plain http', { authorizationEndpoint: 'http://id.example/a' }, 'no https address'],
    ['an endpoint with a command', { authorizationEndpoint: 'https://id.example/$(id)' }, 'no https address'],
  ])('%s', async (_name, on, words) => {
    const { find } = await discover(on)
    await expect(find()).rejects.toMatchObject({
      reason: 'upstream-failed',
      message: expect.stringContaining(words),
    })
  })

  test.each([
    'https://a.example/\u0001',
    'https://a.example/a b',
    'https://u:p@a.example/',
    '//a.example',
    'a',
  ])('%s is no endpoint', (address) => {
    expect(() => checkEndpoint('x', 'token_endpoint', address)).toThrow('no https address')
  })
})

test('challenges are read in every spelling, and nothing else is one', () => {
  expect(readChallenge('Basic realm="x"')).toBeUndefined()
  expect(readChallenge(undefined)).toBeUndefined()
  expect(readChallenge('Basic realm="x", bearer scope=a,error="insufficient_scope"')).toEqual({
    resourceMetadata: undefined,
    scope: 'a',
    error: 'insufficient_scope',
  })
  expect(readChallenge(['Bearer resource_metadata="https://a.example/x", scope="a b"'])).toMatchObject({
    resourceMetadata: 'https://a.example/x',
    scope: 'a b',
  })
})
