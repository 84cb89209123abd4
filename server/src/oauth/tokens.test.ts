import { importJWK, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { eachStore, quietLog } from '../../../test/support/stores.ts'
import { openAgentAccounts } from '../agent-accounts/agent-accounts.ts'
import type { UserId } from '../kernel/ids.ts'
import type { Storage } from '../storage/storage.ts'
import { openTokens } from './tokens.ts'

const ann = '01890000-0000-7000-8000-0000000000a1' as UserId
const base = 'https://gateway.example'
const hour = 3_600_000

async function openOn({ db, bus, pool }: Storage) {
  let at = Date.parse('2026-05-05T12:00:00Z')
  const now = () => at
  const keyring = {
    derive: (label: string) => Buffer.from(label),
    seal: (plain: string) => plain,
    open: (sealed: string) => sealed,
  }
  await pool.query(
    `INSERT INTO people (id, email, name, roles, status, created_at, updated_at) VALUES ($1, 'ann@example.com', '', '{user}', 'active', now(), now())`,
    [ann],
  )
  const agents = openAgentAccounts({ db, bus, keyring, now })
  const tokens = await openTokens({ db, bus, keyring, publicUrl: new URL(base), agents, now, log: quietLog })
  const draft = { name: 'bot', description: '', ownerId: ann, createdBy: ann, publicKeys: undefined }
  const { account } = await agents.create(draft)
  const claims = {
    sub: account.id as string,
    aud: `${base}/mcp`,
    client_id: account.clientId,
    agent_generation: account.generation,
  }
  const sign = (more: object = {}, seconds = 3600) => tokens.sign({ ...claims, ...more }, seconds)
  const pass = (ms: number) => {
    at += ms
  }
  const close = () => {
    tokens.close()
  }
  return { agents, account, tokens, claims, sign, pass, now, close }
}

eachStore((open) => {
  test('a token of an agent counts for its hour and not a moment longer', async () => {
    const { tokens, sign, account, pass, close } = await openOn(await open())
    const text = await sign()
    expect(await tokens.find(text)).toMatchObject({ kind: 'agent', agentId: account.id, clientName: 'bot' })
    pass(hour - 1_000)
    expect(await tokens.find(text)).toBeDefined()
    pass(1_000)
    expect(await tokens.find(text)).toBeUndefined()
    close()
  })

  test('ours, but saying something odd, none counts', async () => {
    const { tokens, sign, agents, account, claims, now, close } = await openOn(await open())
    const { account: other } = await agents.create({
      name: 'other',
      description: '',
      ownerId: ann,
      createdBy: ann,
      publicKeys: undefined,
    })
    const odd: Record<string, object> = {
      'an earlier generation': { agent_generation: 0 },
      'no generation and no grant': { agent_generation: undefined },
      'the client of another agent': { client_id: other.clientId },
      'an agent nobody knows': { sub: ann },
      'a person without a delegation': { sub: ann, act: { sub: account.id } },
      'a delegation nobody knows': { sub: ann, act: { sub: account.id }, delegation: ann },
      'an actor that is none': { sub: ann, act: null, delegation: ann },
      'bound to a certificate': { cnf: { 'x5t#S256': 'x'.repeat(43) } },
      'bound to nothing that could be': { cnf: { jkt: '' } },
      'several audiences': { aud: [`${base}/mcp`, base] },
    }
    expect(await tokens.find(await sign({ scope: 'openid' }))).toMatchObject({ lacks: 'mcp' })
    for (const [why, more] of Object.entries(odd))
      expect([why, await tokens.find(await sign(more))]).toEqual([why, undefined])
    const [jwk] = tokens.signingKeys
    const key = await importJWK(jwk ?? {}, 'ES256')
    const elsewhere = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: jwk?.kid ?? '' })
      .setIssuer('https://other.example')
      .setJti('x')
      .setIssuedAt(Math.floor(now() / 1000))
      .setExpirationTime(Math.floor(now() / 1000) + 600)
      .sign(key)
    expect(await tokens.find(elsewhere)).toBeUndefined()
    close()
  })

  test('a delegation that runs out takes its tokens along, and what it lends runs out by itself', async () => {
    const { tokens, agents, account, sign, pass, close } = await openOn(await open())
    const { delegations } = agents
    const draft = { userId: ann, agentId: account.id, servers: undefined }
    const asked = await Promise.allSettled([delegations.create(draft), delegations.create(draft)])
    expect(asked.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const [made] = await delegations.ofPerson(ann)
    if (made === undefined) throw new Error('nothing was delegated')
    const acting = { sub: ann, act: { sub: account.id }, delegation: made.id }
    expect(await tokens.find(await sign(acting))).toMatchObject({
      kind: 'acting',
      userId: ann,
      agentId: account.id,
      lent: [],
    })
    expect(await tokens.find(await sign({ ...acting, sub: account.id }))).toBeUndefined()
    pass(90 * 24 * hour - 60_000)
    const late = await sign(acting)
    expect(await tokens.find(late)).toBeDefined()
    pass(60_000)
    expect(await tokens.find(late)).toBeUndefined()
    expect(await delegations.between(ann, account.id)).toEqual({ ended: 'expired' })
    expect((await delegations.renew(made)).id).toBe(made.id)
    expect(await tokens.find(late)).toBeDefined()
    await delegations.revoke(made)
    expect(await tokens.find(late)).toBeUndefined()
    close()
  })
})
