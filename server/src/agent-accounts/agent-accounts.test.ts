import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { callRoute, refusalOf, type Sent } from '../../../test/support/call-route.ts'
import { eachStore } from '../../../test/support/stores.ts'
import type { Caller } from '../kernel/caller.ts'
import type { ServerId, UserId } from '../kernel/ids.ts'
import type { Storage } from '../storage/storage.ts'
import { openAgentAccounts } from './agent-accounts.ts'
import { agentAccountRoutes } from './api.ts'

const annId = '01890000-0000-7000-8000-0000000000a1' as UserId
const benId = '01890000-0000-7000-8000-0000000000a2' as UserId
const gone = '01890000-0000-7000-8000-0000000000ff'
const as = (id: UserId, role: Caller['roles'][number]) =>
  ({
    type: 'user',
    id,
    email: 'ann@example.com',
    name: '',
    roles: [role],
    groupIds: [],
    proof: { kind: 'session' },
  }) as unknown as Caller
const ann = as(annId, 'developer')

async function openOn({ db, bus, pool }: Storage) {
  let at = Date.parse('2026-05-05T12:00:00Z')
  const told: string[] = []
  for (const [id, email] of [
    [annId, 'ann@example.com'],
    [benId, 'ben@example.com'],
  ])
    await pool.query(
      `INSERT INTO people (id, email, name, roles, status, created_at, updated_at) VALUES ($1, $2, '', '{user}', 'active', now(), now())`,
      [id, email],
    )
  const agents = openAgentAccounts({
    db,
    bus,
    keyring: { derive: (label) => Buffer.from(label) },
    now: () => at++,
  })
  const routes = agentAccountRoutes({
    agents,
    person: async (id) => (id === annId || id === benId ? { email: 'x' } : undefined),
    visible: (_caller, id) => ({ id: id as ServerId, name: 'Server' }),
    notify: async (id, text) => void told.push(`${id === benId ? 'ben' : 'ann'}: ${text}`),
  })
  const call = async (operationId: string, sent: Sent = {}) => {
    const { value, recorded } = await callRoute(routes, operationId, { as: ann, ...sent })
    return {
      recorded,
      value: value as { id: string; client_id: string; secret: string } & Record<string, unknown>,
    }
  }
  const make = async (more: object = {}) =>
    (await call('createAgentAccount', { body: { name: 'bot', ...more } })).value
  const works = async ({ id, generation }: { id: string; generation?: number }) =>
    (await agents.living(id, generation ?? 1)) !== undefined
  const pass = (ms: number) => {
    at += ms
  }
  return { agents, call, make, works, told, pool, pass }
}

const publicKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })

eachStore((open) => {
  test('making one shows a client id and a secret once, and only its hash is kept', async () => {
    const { call, make, agents, pool } = await openOn(await open())
    const made = await make()
    expect(made.client_id).toMatch(/^client_[0-9a-f]{32}$/)
    expect(made.secret).toMatch(/^rlagent_[\w-]{43}$/)
    expect(made).toMatchObject({ owner_id: annId, is_working: true, auth_method: 'client_secret' })
    const { value: read, recorded } = await call('getAgentAccount', { params: { id: made.id } })
    expect(read).not.toHaveProperty('secret')
    expect(JSON.stringify(recorded)).not.toContain(made.secret)
    const { rows } = await pool.query('SELECT * FROM agent_accounts')
    expect(JSON.stringify(rows)).not.toContain(made.secret)
    expect((await agents.findClient(made.client_id))?.secretHash).toBe(agents.hashOf(made.secret))
  })

  test('rotating ends the old secret and every token made with it', async () => {
    const { call, make, agents, works } = await openOn(await open())
    const made = await make()
    expect(await works(made)).toBe(true)
    const { value: after } = await call('rotateAgentAccount', { params: { id: made.id } })
    expect(after.secret).not.toBe(made.secret)
    expect([await works(made), await works({ id: made.id, generation: 2 })]).toEqual([false, true])
    expect((await agents.findClient(made.client_id))?.secretHash).toBe(agents.hashOf(after.secret))
  })

  test('disabled, deleted, or without a working owner it does nothing', async () => {
    const { call, make, works, agents, pool } = await openOn(await open())
    const [one, two, three] = [await make(), await make(), await make({ owner_id: benId })]
    await call('updateAgentAccount', { params: { id: one.id }, body: { status: 'disabled' } })
    await call('deleteAgentAccount', { params: { id: two.id } })
    await pool.query(`UPDATE people SET status = 'deactivated' WHERE id = $1`, [benId])
    for (const each of [one, two, three]) {
      expect(await works(each)).toBe(false)
      expect(await agents.findClient(each.client_id)).toBeUndefined()
    }
    await call('updateAgentAccount', { params: { id: three.id }, body: { owner_id: annId } })
    expect(await works(three)).toBe(true)
  })

  test('handed over it stands still until its new owner lets it work, and old tokens stay dead', async () => {
    const { call, make, agents, works } = await openOn(await open())
    const made = await make()
    expect(await agents.handOver(annId, benId)).toBe(1)
    expect(await works(made)).toBe(false)
    const { value } = await call('updateAgentAccount', {
      params: { id: made.id },
      body: { status: 'active' },
    })
    expect(value).toMatchObject({ owner_id: benId, is_working: true })
    expect([await works(made), await works({ id: made.id, generation: 2 })]).toEqual([false, true])
  })

  test('whoever answers for it hears what others do to it', async () => {
    const { call, make, told } = await openOn(await open())
    const made = await make({ owner_id: benId })
    await call('rotateAgentAccount', { params: { id: made.id } })
    await call('deleteAgentAccount', { params: { id: made.id } })
    await make()
    expect(told).toEqual(
      ['made', 'rotated the secret of', 'deleted'].map(
        (what) => `ben: ann@example.com ${what} the agent account “bot”, which you answer for.`,
      ),
    )
  })

  test('public keys take the place of a secret; private, weak and odd ones are refused', async () => {
    const { call, make, agents } = await openOn(await open())
    const made = await make({ public_keys: { keys: [publicKey()] } })
    expect(made).toMatchObject({ secret: null, auth_method: 'private_key_jwt' })
    expect((await agents.findClient(made.client_id))?.secretHash).toBeUndefined()
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })
    for (const key of [
      privateKey.export({ format: 'jwk' }),
      weak,
      { kty: 'oct', k: 'AAAA' },
      { kty: 'EC', crv: 'P-256', x: 'A', y: 'B' },
      { ...publicKey(), alg: 'RS256' },
      { ...publicKey(), use: 'enc' },
    ])
      expect(
        await refusalOf(call('createAgentAccount', { body: { name: 'x', public_keys: { keys: [key] } } })),
      ).toEqual(['body.public_keys.keys.0 public-key'])
    const { value } = await call('rotateAgentAccount', { params: { id: made.id } })
    expect(value).toMatchObject({ auth_method: 'client_secret', public_keys: [] })
  })

  test('an owner must be an active person; lists page and find by name and client id', async () => {
    const { call, make } = await openOn(await open())
    expect(await refusalOf(make({ owner_id: gone }))).toEqual(['body.owner_id exists'])
    const made = [await make({ name: 'alpha' }), await make({ name: 'beta' }), await make({ name: 'gamma' })]
    const list = async (query: object) =>
      (await call('listAgentAccounts', { query })).value as unknown as {
        data: { name: string }[]
        next_cursor: string | null
      }
    const first = await list({ limit: 2 })
    expect(first.data.map(({ name }) => name)).toEqual(['gamma', 'beta'])
    const next = await list({ limit: 2, cursor: first.next_cursor })
    expect([next.data.map(({ name }) => name), next.next_cursor]).toEqual([['alpha'], null])
    expect((await list({ query: 'bet' })).data.length).toBe(1)
    expect((await list({ query: made[0]?.client_id })).data).toMatchObject([{ name: 'alpha' }])
  })

  test('a Security Admin reads them and changes none, a User sees nothing', async () => {
    const { call, make } = await openOn(await open())
    const made = await make()
    const [security, user] = [as(benId, 'security_admin'), as(benId, 'user')]
    await call('getAgentAccount', { as: security, params: { id: made.id } })
    expect(await refusalOf(call('rotateAgentAccount', { as: security, params: { id: made.id } }))).toBe(
      'not-allowed',
    )
    expect(await refusalOf(call('listAgentAccounts', { as: user }))).toBe('not-allowed')
  })

  test('a delegation is over after 90 days, says so, and works again once it is renewed', async () => {
    const { agents, call, make, pass } = await openOn(await open())
    const agent = await make()
    const { value: made } = await call('createDelegation', { body: { agent_account_id: agent.id } })
    const between = () => agents.delegations.between(annId, agent.id as never)
    const status = async () => {
      const { value } = await call('listDelegations')
      return (value as unknown as { data: { status: string }[] }).data.map((one) => one.status)
    }
    expect(await between()).toMatchObject({ delegation: { id: made.id } })
    pass(90 * 86_400_000 - 10_000)
    expect(await status()).toEqual(['active'])
    pass(20_000)
    expect(await between()).toEqual({ ended: 'expired' })
    expect(await agents.delegations.living(made.id)).toBeUndefined()
    expect(await status()).toEqual(['expired'])
    await call('updateDelegation', { params: { id: made.id }, body: { renew: true } })
    expect(await between()).toMatchObject({ delegation: { id: made.id } })
    expect(await status()).toEqual(['active'])
  })

  test('uses are kept with their address, later ones only', async () => {
    const { call, make, agents } = await openOn(await open())
    const made = await make()
    const use = (iso: string, ip: string) => ({ id: made.id, at: new Date(iso), ip })
    await agents.recordUses([use('2026-05-05T10:00:00Z', '192.0.2.1')])
    await agents.recordUses([use('2026-05-05T09:00:00Z', '192.0.2.9')])
    const { value } = await call('getAgentAccount', { params: { id: made.id } })
    expect(value).toMatchObject({ last_used_at: '2026-05-05T10:00:00.000Z', last_used_ip: '192.0.2.1' })
  })
})
