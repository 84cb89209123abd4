import { afterEach, describe, expect, test } from 'vitest'
import {
  type AuthorizationServer,
  authorizationServer,
  type Switches,
} from '../../../test/fixtures/authorization-server.ts'
import { addConnector, addPerson, type GrantsWorld, grantsWorld } from '../../../test/support/grants-world.ts'
import { eachStore } from '../../../test/support/stores.ts'
import type { Connector, ConnectorAuth } from '../kernel/connector.ts'
import type { UserId } from '../kernel/ids.ts'
import type { Storage } from '../storage/storage.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

type Scene = {
  storage: Storage
  upstream: AuthorizationServer
  world: GrantsWorld
  person: UserId
  connector: Connector
  clock: { now: number }
}

async function scene(
  storage: Storage,
  on: Partial<Switches> = {},
  auth: ConnectorAuth = { type: 'oauth' },
  secret?: string,
): Promise<Scene> {
  const upstream = await authorizationServer(on)
  ends.push(() => upstream.close())
  const clock = { now: Date.now() }
  const world = await newWorld(storage, clock)
  const person = await addPerson(storage)
  const connector = await addConnector(storage, {
    url: upstream.mcpUrl,
    auth,
    ...(secret === undefined ? {} : { secret }),
  })
  return { storage, upstream, world, person, connector, clock }
}

async function newWorld(storage: Storage, clock: { now: number }): Promise<GrantsWorld> {
  const world = await grantsWorld({ storage, now: () => clock.now })
  ends.push(() => world.close())
  return world
}

async function signIn(
  { world, upstream, connector, person }: Scene,
  as = person,
): Promise<Record<string, string>> {
  const url = await world.grants.begin(connector, as)
  const { error_description: errorDescription, ...answer } = await upstream.consent(url.href)
  await world.grants.finish(as, { state: '', ...answer, errorDescription })
  return Object.fromEntries(url.searchParams)
}

const tokenRequests = (upstream: AuthorizationServer, grant: string) =>
  upstream.asked.filter(({ params }) => params.get('grant_type') === grant)

eachStore((open) => {
  describe('signing in', () => {
    test('a person signs in once and calls with a token of their own from then on', async () => {
      const s = await scene(await open())
      await expect(s.world.call(s.connector, s.person)).rejects.toMatchObject({
        reason: 'needs-connection',
        data: { url: `https://gate.example/${s.connector.id}` },
      })
      const asked = await signIn(s)
      expect(asked).toMatchObject({
        code_challenge_method: 'S256',
        resource: s.upstream.mcpUrl,
        redirect_uri: 'https://gate.example/connections/callback',
        scope: 'read',
      })
      expect(await s.world.call(s.connector, s.person)).toContain('scope read')
      expect(s.upstream.registered).toHaveLength(1)
      const other = await addPerson(s.storage)
      await expect(s.world.call(s.connector, other)).rejects.toMatchObject({ reason: 'needs-connection' })
    })

    test('what one person began another cannot end, and nothing ends twice', async () => {
      const s = await scene(await open())
      const stranger = await addPerson(s.storage)
      const url = await s.world.grants.begin(s.connector, s.person)
      const answer = { state: '', ...(await s.upstream.consent(url.href)) }
      await expect(s.world.grants.finish(stranger, answer)).rejects.toMatchObject({ reason: 'state-refused' })
      expect(s.upstream.asked).toHaveLength(0)
      await s.world.grants.finish(s.person, answer)
      await expect(s.world.grants.finish(s.person, answer)).rejects.toMatchObject({ reason: 'state-refused' })
    })

    test.each<[string, Partial<Switches>]>([
      ['of another server', { iss: 'foreign' }],
      ['without iss where it was promised', { iss: 'absent' }],
      ['of another server where iss was not promised', { iss: 'foreign', advertisesIss: false }],
    ])('an answer %s is refused before its code is used', async (_name, on) => {
      const s = await scene(await open(), on)
      await expect(signIn(s)).rejects.toMatchObject({ reason: 'state-refused' })
      expect(s.upstream.asked).toEqual([])
    })

    test('a provider without metadata that refuses resource works by settings', async () => {
      const storage = await open()
      const s = await scene(storage, { metadata: 'none', prm: 'none', refusesResource: true })
      s.upstream.addClient('known', 'sesame')
      const auth = {
        type: 'oauth',
        clientId: 'known',
        authorizationUrl: `${s.upstream.origin}/authorize`,
        tokenUrl: `${s.upstream.origin}/token`,
        issuer: s.upstream.origin,
        resource: 'omit',
        tokenAuth: 'post',
        scopes: ['api/.default'],
      } as const
      const connector = await addConnector(storage, { url: s.upstream.mcpUrl, auth, secret: 'sesame' })
      const asked = await signIn({ ...s, connector })
      expect(asked['resource']).toBeUndefined()
      expect(await s.world.call(connector, s.person)).toContain('scope api/.default')
    })

    test('an answer ten minutes late is refused', async () => {
      const s = await scene(await open())
      const url = await s.world.grants.begin(s.connector, s.person)
      const answer = { state: '', ...(await s.upstream.consent(url.href)) }
      s.clock.now += 10 * 60_000 + 1
      await expect(s.world.grants.finish(s.person, answer)).rejects.toMatchObject({ reason: 'state-refused' })
    })

    test('one shared sign-in serves everybody', async () => {
      const s = await scene(await open(), {}, { type: 'oauth', credential: 'shared' })
      await signIn(s)
      expect(await s.world.call(s.connector, await addPerson(s.storage))).toContain('scope read')
      expect(await s.world.grants.state(s.connector, s.person)).toMatchObject({
        state: 'connected',
        shared: true,
      })
    })

    test('a connector that finds out for itself wants the sign-in after the first refusal', async () => {
      const s = await scene(await open(), {}, { type: 'auto' })
      expect(s.world.grants.governs(s.connector)).toBe(false)
      await expect(s.world.call(s.connector, s.person)).rejects.toMatchObject({ reason: 'needs-connection' })
      expect(s.world.grants.governs(s.connector)).toBe(true)
      await signIn(s)
      expect(await s.world.call(s.connector, s.person)).toContain('scope read')
    })

    test('client credentials need no person', async () => {
      const auth = { type: 'oauth', clientId: 'machine', flow: 'client_credentials' } as const
      const s = await scene(await open(), { issuesRefresh: false, expiresIn: 100 }, auth, 'sesame')
      s.upstream.addClient('machine', 'sesame')
      expect(await s.world.call(s.connector, s.person)).toContain('scope read')
      s.clock.now += 101_000
      s.upstream.expireTokens()
      expect(await s.world.call(s.connector, s.person)).toContain('scope read')
      expect(tokenRequests(s.upstream, 'client_credentials')).toHaveLength(2)
    })

    test('a token exchange gives each person a token of their own, without anybody signing in', async () => {
      const auth = { type: 'oauth', clientId: 'actor', flow: 'token_exchange', scopes: ['read'] } as const
      const s = await scene(await open(), { issuesRefresh: false, expiresIn: 100 }, auth, 'sesame')
      s.upstream.addClient('actor', 'sesame')
      const other = await addPerson(s.storage)
      expect(await s.world.grants.lacks(s.connector, s.person)).toBe(false)
      const first = await Promise.all(Array.from({ length: 20 }, () => s.world.call(s.connector, s.person)))
      expect(first.every((text) => text.includes(`scope read of:${s.person}`))).toBe(true)
      expect(await s.world.call(s.connector, other)).toContain(`of:${other}`)
      const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
      const [asked] = tokenRequests(s.upstream, exchange)
      expect(Object.fromEntries(asked?.params ?? [])).toMatchObject({
        subject_token: `subject ${s.person} for ${s.upstream.issuer}`,
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        resource: s.upstream.mcpUrl,
      })
      expect(tokenRequests(s.upstream, exchange)).toHaveLength(2)
      s.clock.now += 101_000
      s.upstream.expireTokens()
      expect(await s.world.call(s.connector, s.person)).toContain(`of:${s.person}`)
      await expect(s.world.grants.begin(s.connector, s.person)).rejects.toMatchObject({ reason: 'conflict' })
    })

    test('a person the authorization server does not know is told, and served once it does', async () => {
      const auth = { type: 'oauth', clientId: 'actor', flow: 'token_exchange' } as const
      const s = await scene(await open(), { refusesSubjects: true }, auth, 'sesame')
      s.upstream.addClient('actor', 'sesame')
      const refused = { reason: 'upstream-failed', message: expect.stringContaining('invalid_grant') }
      await expect(s.world.call(s.connector, s.person)).rejects.toMatchObject(refused)
      s.upstream.on.refusesSubjects = false
      expect(await s.world.call(s.connector, s.person)).toContain(`of:${s.person}`)
      s.clock.now += 3_601_000
      s.upstream.on.refusesSubjects = true
      await expect(s.world.call(s.connector, s.person)).rejects.toMatchObject(refused)
      s.upstream.on.refusesSubjects = false
      s.clock.now += 11_000
      expect(await s.world.call(s.connector, s.person)).toContain(`of:${s.person}`)
    })

    test('disconnecting one connector leaves the others connected', async () => {
      const s = await scene(await open())
      const second = {
        ...s,
        connector: await addConnector(s.storage, { url: s.upstream.mcpUrl, auth: { type: 'oauth' } }),
      }
      await signIn(s)
      await signIn(second)
      await s.world.grants.disconnect(s.connector, s.person)
      await expect(s.world.call(s.connector, s.person)).rejects.toMatchObject({ reason: 'needs-connection' })
      expect(await s.world.call(second.connector, s.person)).toContain('scope read')
      // Both were served by one registration.
      expect(s.upstream.registered).toHaveLength(1)
      expect(s.upstream.paths).toContain('/revoke')
    })

    test('ended on one process it ends on the other: within a second nobody is served with it', async () => {
      const s = await scene(await open())
      const other = await newWorld(s.storage, s.clock)
      await signIn(s)
      for (const world of [s.world, other])
        expect(await world.call(s.connector, s.person)).toContain('scope read')
      const seen = s.upstream.seen.length
      await s.world.grants.disconnect(s.connector, s.person)
      const refused = { reason: 'needs-connection' }
      await expect(s.world.call(s.connector, s.person)).rejects.toMatchObject(refused)
      const callThere = () =>
        other.call(s.connector, s.person).then(
          () => 'served',
          (thrown: { reason: string }) => thrown.reason,
        )
      await expect.poll(callThere, { timeout: 1_000, interval: 20 }).toBe('needs-connection')
      expect(await s.world.grants.endPerson(s.person)).toBe(0)
      expect(s.upstream.seen.length - seen).toBeLessThan(50)
    })

    test('where clients sign, the document that says so is shown, with a new assertion for each request', async () => {
      const client_id_metadata_document_supported = true
      const methods = { token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'] }
      const metadataMembers = { client_id_metadata_document_supported, ...methods }
      const s = await scene(await open(), { metadataMembers })
      const signing = 'https://gate.example/.well-known/oauth-client-with-key.json'
      s.upstream.addClient(signing, '')
      expect((await signIn(s))['client_id']).toBe(signing)
      expect(s.upstream.asked[0]?.params.get('client_assertion')).toBe(
        `assertion of ${signing} for ${s.upstream.issuer}`,
      )
      // Of another kind of signature than ours: as before, by the document alone.
      s.upstream.on.metadataMembers = {
        ...metadataMembers,
        token_endpoint_auth_signing_alg_values_supported: ['RS256'],
      }
      const connector = await addConnector(s.storage, { url: s.upstream.mcpUrl, auth: { type: 'oauth' } })
      const plain = 'https://gate.example/.well-known/oauth-client.json'
      s.upstream.addClient(plain, '')
      expect((await signIn({ ...s, connector }))['client_id']).toBe(plain)
      expect(s.upstream.asked.at(-1)?.params.has('client_assertion')).toBe(false)
    })

    test('a connector moved to another address does not take its tokens along', async () => {
      const s = await scene(await open())
      await signIn(s)
      const elsewhere = await authorizationServer()
      ends.push(() => elsewhere.close())
      const moved = { ...s.connector, url: elsewhere.mcpUrl, revision: 2 }
      await expect(s.world.call(moved, s.person)).rejects.toMatchObject({ reason: 'needs-connection' })
      expect(elsewhere.seen).toEqual([])
    })
  })

  describe('an expired token', () => {
    test('200 calls at once on one process: one refresh, none fails', async () => {
      const s = await scene(await open(), { tokenDelayMs: 100 })
      await signIn(s)
      s.clock.now += 3_601_000
      s.upstream.expireTokens()
      const answers = await Promise.all(
        Array.from({ length: 200 }, () => s.world.call(s.connector, s.person)),
      )
      expect(answers.every((text) => text.includes('scope read'))).toBe(true)
      expect(tokenRequests(s.upstream, 'refresh_token')).toHaveLength(1)
    })

    test('200 calls at once on two processes: one refresh, none fails', async () => {
      const s = await scene(await open(), { tokenDelayMs: 200 })
      const second = await newWorld(s.storage, s.clock)
      await signIn(s)
      s.clock.now += 3_601_000
      s.upstream.expireTokens()
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, at) => (at % 2 === 0 ? s.world : second).call(s.connector, s.person)),
      )
      expect(answers.every((text) => text.includes('scope read'))).toBe(true)
      expect(tokenRequests(s.upstream, 'refresh_token')).toHaveLength(1)
    })

    test('refused by the upstream before its time: 200 calls, one refresh, none fails', async () => {
      const s = await scene(await open(), { tokenDelayMs: 100 })
      await signIn(s)
      await s.world.call(s.connector, s.person)
      s.upstream.expireTokens()
      const answers = await Promise.all(
        Array.from({ length: 200 }, () => s.world.call(s.connector, s.person)),
      )
      expect(answers.every((text) => text.includes('scope read'))).toBe(true)
      expect(tokenRequests(s.upstream, 'refresh_token')).toHaveLength(1)
    })

    test('is renewed before it ends, without a call that waits', async () => {
      const s = await scene(await open())
      await signIn(s)
      await s.world.call(s.connector, s.person)
      s.clock.now += 3_545_000
      expect(await s.world.call(s.connector, s.person)).toContain('scope read')
      await expect.poll(() => tokenRequests(s.upstream, 'refresh_token').length).toBe(1)
      await expect
        .poll(() => s.world.closed.some(({ action }) => action === 'connection_refreshed'))
        .toBe(true)
    })

    test('an authorization server in trouble for a minute: calls name it, the grant survives and recovers alone', async () => {
      const s = await scene(await open())
      await signIn(s)
      s.clock.now += 3_601_000
      s.upstream.expireTokens()
      for (const status of [500, 429, 503]) {
        s.upstream.on.tokenStatus = status
        for (let second = 0; second < 20; second++) {
          await expect(s.world.call(s.connector, s.person)).rejects.toMatchObject({
            reason: 'upstream-failed',
            connector: 'Guarded',
            message: expect.stringContaining(s.upstream.issuer),
          })
          s.clock.now += 1_000
        }
      }
      expect(await s.world.grants.state(s.connector, s.person)).toMatchObject({ state: 'connected' })
      // It was not hammered either.
      expect(s.upstream.asked.length).toBeLessThan(30)
      s.upstream.on.tokenStatus = 0
      s.clock.now += 11_000
      expect(await s.world.call(s.connector, s.person)).toContain('scope read')
    })

    test('only the server’s word ends a grant, and the person hears why', async () => {
      const s = await scene(await open())
      await signIn(s)
      s.clock.now += 3_601_000
      s.upstream.on.tokenError = 'invalid_grant'
      await expect(s.world.call(s.connector, s.person)).rejects.toMatchObject({
        reason: 'needs-connection',
        message: expect.stringContaining('invalid_grant'),
      })
      expect(await s.world.grants.state(s.connector, s.person)).toMatchObject({ state: 'ended' })
      s.upstream.on.tokenError = ''
      await signIn(s)
      expect(await s.world.call(s.connector, s.person)).toContain('scope read')
    })

    test('a refused client that was registered is registered anew at the next sign-in', async () => {
      const s = await scene(await open())
      await signIn(s)
      s.clock.now += 3_601_000
      s.upstream.on.tokenError = 'invalid_client'
      await expect(s.world.call(s.connector, s.person)).rejects.toMatchObject({ reason: 'needs-connection' })
      s.upstream.on.tokenError = ''
      await signIn(s)
      expect(s.upstream.registered).toHaveLength(2)
    })

    test('an upstream that refuses fresh tokens too keeps its challenge and gets no storm of refreshes', async () => {
      const s = await scene(await open())
      await signIn(s)
      s.upstream.on.refusesAll = true
      for (let call = 0; call < 5; call++)
        await expect(s.world.call(s.connector, s.person)).rejects.toMatchObject({
          reason: 'upstream-refused',
          data: { status: 401, www_authenticate: expect.stringContaining('resource_metadata') },
        })
      expect(tokenRequests(s.upstream, 'refresh_token')).toHaveLength(1)
    })

    test('a server that keeps its refresh token is used with the same one again', async () => {
      const s = await scene(await open(), { refreshRotates: false })
      await signIn(s)
      s.upstream.on.issuesRefresh = false
      for (let round = 0; round < 2; round++) {
        s.clock.now += 3_601_000
        expect(await s.world.call(s.connector, s.person)).toContain('scope read')
      }
      const used = tokenRequests(s.upstream, 'refresh_token').map(({ params }) => params.get('refresh_token'))
      expect(new Set(used).size).toBe(1)
    })
  })

  test('an operation that wants more rights asks for all of them once, and not again in vain', async () => {
    const s = await scene(await open(), { wantsScope: 'write' })
    await signIn(s)
    await expect(s.world.call(s.connector, s.person)).rejects.toMatchObject({
      reason: 'needs-connection',
      message: expect.stringContaining('write'),
    })
    expect((await signIn(s))['scope']).toBe('read write')
    expect(await s.world.call(s.connector, s.person)).toContain('scope read write')
    s.upstream.on.wantsScope = 'write admin'
    s.upstream.on.givesScope = 'read write'
    await expect(s.world.call(s.connector, s.person)).rejects.toMatchObject({ reason: 'needs-connection' })
    expect((await signIn(s))['scope']).toBe('read write admin')
    // Everything was asked for, not everything was given: asking again would go in circles.
    await expect(s.world.call(s.connector, s.person)).rejects.toMatchObject({ reason: 'upstream-refused' })
  })

  test('tokens and secrets are nowhere in the database in clear', async () => {
    const s = await scene(await open(), {}, { type: 'oauth', clientId: 'known' }, 'sesame-open')
    s.upstream.addClient('known', 'sesame-open')
    await signIn(s)
    await s.world.call(s.connector, s.person)
    await s.world.grants.begin(s.connector, s.person)
    const rows: unknown[] = []
    for (const table of [
      'grants',
      'grant_flows',
      'upstream_clients',
      'grant_discoveries',
      'connector_secrets',
      'connectors',
    ])
      rows.push((await s.storage.pool.query(`SELECT * FROM ${table}`)).rows)
    const text = JSON.stringify(rows)
    expect(text).not.toMatch(/at_[0-9a-f]{12}|rt_[0-9a-f]{12}|sesame-open/)
    expect(text).toContain('known')
  })
})
