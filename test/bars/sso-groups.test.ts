import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { startIdentityProvider } from '../fixtures/identity-provider.ts'
import { anyTool, words } from '../fixtures/scripted-upstream.ts'
import { answerOf, modernRequest, send } from '../support/raw-mcp.ts'
import type { RunningServer } from '../support/server.ts'
import { startTwoProcesses, type TwoProcesses, withinMs } from '../support/two-processes.ts'
import type { Made } from '../support/world.ts'

const missing = 'missing' in inject('postgres')
let two: TwoProcesses
let idp: Awaited<ReturnType<typeof startIdentityProvider>>
let one: RunningServer
let other: RunningServer
let connector: Made
let group: string
let provider: string
let key: string

beforeAll(async () => {
  if (missing) return
  two = await startTwoProcesses({
    era: 'legacy',
    tools: [anyTool('echo')],
    scripts: { 'tools/call echo': () => words('here') },
  })
  ;({ one, other, connector } = two)
  idp = await startIdentityProvider()
  group = (await one.api<{ id: string }>('POST', '/api/v1/groups', { name: 'Engineering' })).id
  await one.api('POST', '/api/v1/policies', {
    effect: 'allow',
    principals: { type: 'group', ids: [group] },
    scope: { servers: [connector.id] },
  })
  provider = (
    await one.api<{ id: string }>('POST', '/api/v1/sso-providers', {
      name: 'Acme',
      oidc: { issuer: idp.issuer, client_id: 'console', client_secret: idp.clientSecret },
      domains: ['acme.test'],
    })
  ).id
  const made = await one.api<{ secret: string }>('POST', '/api/v1/api-keys', {
    name: 'ada',
    user_id: await signInAt(one, []),
  })
  key = made.secret
}, 90_000)
afterAll(async () => {
  await two?.remove()
  await idp?.close()
})

/** A sign-in of Ada there, whom the provider says to be in these groups. Answers her id. */
async function signInAt(server: RunningServer, groups: readonly string[]): Promise<string> {
  const base = `http://localhost:${server.url.port}`
  const post = async <T>(path: string, body: object, cookie = '') => {
    const headers = { 'content-type': 'application/json', origin: base, cookie }
    const answer = await fetch(`${base}/api/v1/${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    expect(answer.ok, path).toBe(true)
    return {
      body: (await answer.json()) as T,
      cookie: (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '',
    }
  }
  const begun = await post<{ url: string }>('sign-in/single-sign-on', { provider_id: provider })
  const ada = { sub: 'ada-1', email: 'ada@acme.test', email_verified: true, groups: [...groups] }
  const done = await post<{ user_id: string }>(
    'sessions/single-sign-on',
    idp.approve(begun.body.url, ada),
    begun.cookie,
  )
  return done.body.user_id
}

const change = (body: object) => one.api('PATCH', `/api/v1/sso-providers/${provider}`, body)

async function isLetInAt(server: RunningServer): Promise<boolean> {
  const message = { method: 'tools/call', params: { name: 'echo', arguments: {} } }
  const sending = modernRequest(key, message)
  return answerOf(await send(new URL(connector.url.pathname, server.url), sending)).error === undefined
}
const feltAt = (server: RunningServer, isLetIn: boolean) =>
  expect.poll(() => isLetInAt(server), { timeout: withinMs, interval: 20 }).toBe(isLetIn)

const losses: [string, () => Promise<unknown>][] = [
  ['a sign-in that names the group no more', () => signInAt(one, ['sales'])],
  [
    'a mapping that leads to the group no more',
    () => change({ mapping: { groups: { claim: 'groups', by_name: false, rows: [] }, attributes: [] } }),
  ],
  ['a provider deleted', () => one.api('DELETE', `/api/v1/sso-providers/${provider}`)],
]

describe.skipIf(missing)('memberships of single sign-on, on two processes', () => {
  beforeEach(async () => {
    const rows = [{ value: 'eng-all', group_id: group }]
    await change({ mapping: { groups: { claim: 'groups', by_name: false, rows }, attributes: [] } })
  })

  for (const [name, lose] of losses) {
    test(`${name}: felt at once here, within a second there`, async () => {
      await signInAt(one, ['eng-all'])
      expect(await isLetInAt(one)).toBe(true)
      await feltAt(other, true)
      await lose()
      expect(await isLetInAt(one)).toBe(false)
      await feltAt(other, false)
    })
  }
})
