import { afterEach, expect, test } from 'vitest'
import { authorizationServer } from '../../../test/fixtures/authorization-server.ts'
import { readBody, sendJson, serve } from '../../../test/fixtures/http-fixture.ts'
import { vaultFixture } from '../../../test/fixtures/secret-stores.ts'
import { addConnector, addPerson, grantsWorld } from '../../../test/support/grants-world.ts'
import { eachStore } from '../../../test/support/stores.ts'
import type { ConnectorAuth } from '../kernel/connector.ts'
import { openGuardedFetch } from '../lib/guarded-fetch.ts'
import { addressGuard } from '../lib/network.ts'
import type { Storage } from '../storage/storage.ts'
import { secretStores } from './secret-stores.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function scene(storage: Storage) {
  const vault = await vaultFixture()
  ends.push(() => vault.close())
  const clock = { now: Date.now() }
  const login = { kind: 'token', token: 'hvs.first' } as const
  const stores = secretStores({
    settings: { vault: { url: vault.url, namespace: undefined, login }, aws: undefined, files: undefined },
    fetch: openGuardedFetch({ guard: addressGuard(['127.0.0.0/8']) }),
    now: () => clock.now,
  })
  const world = await grantsWorld({ storage, now: () => clock.now, stores })
  ends.push(() => world.close())
  return { vault, clock, world, person: await addPerson(storage) }
}

/** An upstream that takes one bearer token and remembers what it was shown. */
async function upstreamTaking(first: string) {
  const state = { token: first, seen: [] as (string | undefined)[] }
  const fixture = await serve((req, res) => {
    void (async () => {
      const message = JSON.parse((await readBody(req)) || '{}') as { id?: number; method?: string }
      state.seen.push(req.headers.authorization)
      if (req.headers.authorization !== `Bearer ${state.token}`)
        return void res.writeHead(401, { 'www-authenticate': 'Bearer' }).end()
      if (message.id === undefined) return void res.writeHead(202).end()
      const result =
        message.method === 'initialize'
          ? {
              protocolVersion: '2025-11-25',
              capabilities: { tools: {} },
              serverInfo: { name: 'x', version: '1' },
            }
          : { content: [{ type: 'text', text: 'done' }] }
      sendJson(res, 200, { jsonrpc: '2.0', id: message.id, result })
    })()
  })
  ends.push(() => fixture.close())
  return { url: fixture.url, state }
}

const github = { 'auth.token': 'vault:kv/data/github#token' }

eachStore((open) => {
  test('a token kept in Vault is read for the call, kept for half a minute and stored nowhere', async () => {
    const storage = await open()
    const { vault, clock, world, person } = await scene(storage)
    vault.secrets.set('kv/data/github', { token: 'ghp_one' })
    const upstream = await upstreamTaking('ghp_one')
    const connector = await addConnector(storage, {
      url: upstream.url,
      auth: { type: 'bearer' },
      references: github,
    })
    await Promise.all(Array.from({ length: 20 }, () => world.call(connector, person)))
    expect(vault.asked).toEqual(['kv/data/github'])
    clock.now += 31_000
    await world.call(connector, person)
    expect(vault.asked).toHaveLength(2)
    const rows = await storage.pool.query('SELECT * FROM connector_secrets')
    expect(JSON.stringify(rows.rows)).not.toContain('ghp_one')
  })

  test('a secret changed where it is kept is used at once when the upstream refuses the one before', async () => {
    const storage = await open()
    const { vault, world, person } = await scene(storage)
    vault.secrets.set('kv/data/github', { token: 'ghp_one' })
    const upstream = await upstreamTaking('ghp_one')
    const connector = await addConnector(storage, {
      url: upstream.url,
      auth: { type: 'bearer' },
      references: github,
    })
    await world.call(connector, person)
    vault.secrets.set('kv/data/github', { token: 'ghp_two' })
    upstream.state.token = 'ghp_two'
    expect(await world.call(connector, person)).toContain('done')
    // An upstream that refuses everything does not have Vault asked for each call.
    upstream.state.token = 'none'
    const before = vault.asked.length
    for (let call = 0; call < 5; call++)
      await expect(world.call(connector, person)).rejects.toMatchObject({ reason: 'upstream-refused' })
    expect(vault.asked.length - before).toBeLessThanOrEqual(1)
  })

  test('a store that is down fails the call with its name, and recovers alone', async () => {
    const storage = await open()
    const { vault, world, person } = await scene(storage)
    vault.secrets.set('kv/data/github', { token: 'ghp_one' })
    vault.on.sealed = true
    const upstream = await upstreamTaking('ghp_one')
    const connector = await addConnector(storage, {
      url: upstream.url,
      auth: { type: 'bearer' },
      references: github,
    })
    await expect(world.call(connector, person)).rejects.toMatchObject({
      reason: 'secret-unavailable',
      message: 'HashiCorp Vault is sealed.',
    })
    expect(upstream.state.seen).toEqual([])
    vault.on.sealed = false
    expect(await world.call(connector, person)).toContain('done')
  })

  test('a client secret kept in Vault signs in and renews, also after it changed there', async () => {
    const storage = await open()
    const { vault, clock, world, person } = await scene(storage)
    vault.secrets.set('kv/data/oauth', { secret: 'sesame-one' })
    const upstream = await authorizationServer()
    ends.push(() => upstream.close())
    upstream.addClient('known', 'sesame-one')
    const auth: ConnectorAuth = { type: 'oauth', clientId: 'known' }
    const connector = await addConnector(storage, {
      url: upstream.mcpUrl,
      auth,
      references: { 'auth.client_secret': 'vault:kv/data/oauth#secret' },
    })
    const url = await world.grants.begin(connector, person)
    await world.grants.finish(person, { state: '', ...(await upstream.consent(url.href)) })
    expect(await world.call(connector, person)).toContain('scope read')
    vault.secrets.set('kv/data/oauth', { secret: 'sesame-two' })
    upstream.addClient('known', 'sesame-two')
    clock.now += 3_601_000
    upstream.expireTokens()
    expect(await world.call(connector, person)).toContain('scope read')
  })
})
