import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { eachStore, quietLog } from '../../../test/support/stores.ts'
import type { Caller, Role } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { UserId } from '../kernel/ids.ts'
import type { Storage } from '../storage/storage.ts'
import { personalPower } from './change-keys.ts'
import { type Identity, openIdentity } from './identity.ts'
import type { Presented } from './read-proof.ts'

const keyring = { derive: (label: string) => createHmac('sha256', 'test').update(label).digest() }
const adminKey = `rl_${'A'.repeat(40)}`
const admin = { email: 'root@example.com', apiKey: adminKey }

type Open = { admin?: typeof admin; publicUrl?: string; clock?: { ms: number } }

async function openOn(storage: Storage, o: Open = {}) {
  const failed: string[] = []
  const clock = o.clock ?? { ms: Date.parse('2026-05-05T12:00:00Z') }
  const identity = await openIdentity({
    db: storage.db,
    bus: storage.bus,
    keyring,
    config: { admin: o.admin, publicUrl: new URL(o.publicUrl ?? 'http://localhost:3000') },
    now: () => clock.ms,
    log: quietLog,
    onFailed: ({ reason }) => failed.push(reason),
  })
  return { identity, clock, failed }
}

function shown(fields: Partial<Presented>): Presented {
  return { authorization: undefined, apiKey: undefined, cookie: undefined, ip: '192.0.2.1', ...fields }
}
const withKey = (secret: string) => shown({ authorization: `Bearer ${secret}` })

async function refusal(run: () => unknown): Promise<string> {
  try {
    await run()
  } catch (error) {
    if (error instanceof GatewayError) return `${error.reason}: ${error.message}`
    throw error
  }
  return 'nothing was refused'
}

async function personWith(identity: Identity, email: string, roles: Role[] = ['user']) {
  const person = await identity.people.create({ email, roles }, 'system')
  const { key, secret } = await identity.keys.create({ ...personalPower(person.id), name: 'test' })
  return { person, key, secret, caller: await identity.authenticate(withKey(secret)) }
}

const sessionOf = async (identity: Identity, email: string) => {
  const { token } = await identity.mintSignInLink(email)
  const signedIn = await identity.sessions.signIn(token, { ip: '192.0.2.1', userAgent: 'test' })
  return { ...signedIn, cookie: signedIn.setCookie.split(';')[0] ?? '' }
}

eachStore((open) => {
  test('a key is recognised in either header, at once the second time, and never stored in clear', async () => {
    const storage = await open()
    const { identity } = await openOn(storage)
    const { secret, person } = await personWith(identity, 'ann@example.com')
    expect(secret).toMatch(/^rl_[A-Za-z0-9]{43}$/)
    expect(identity.authenticate(withKey(secret))).toMatchObject({ id: person.id, email: 'ann@example.com' })
    expect(identity.authenticate(shown({ apiKey: secret }))).not.toBeInstanceOf(Promise)
    expect(identity.authenticate(shown({ apiKey: secret, authorization: `bearer ${secret}` }))).toMatchObject(
      { id: person.id },
    )
    const { rows } = await storage.pool.query('SELECT * FROM api_keys')
    expect(JSON.stringify(rows)).not.toContain(secret.slice(9))
    await identity.close()
  })

  test('every bad credential is refused in the same words and counted with its reason', async () => {
    const { identity, failed, clock } = await openOn(await open())
    const ann = await personWith(identity, 'ann@example.com')
    const ben = await personWith(identity, 'ben@example.com')
    const short = await identity.keys.create({
      ...personalPower(ann.person.id),
      name: 'short',
      expiresAt: new Date(clock.ms + 1000),
    })
    clock.ms += 2000
    const signedOut = (await sessionOf(identity, 'ann@example.com')).cookie.replace(/.{4}$/, 'AAAA')
    const bad: [Presented, string][] = [
      [shown({}), 'missing'],
      [withKey(''), 'malformed'],
      [withKey('nonsense'), 'malformed'],
      [withKey('rl_short'), 'malformed'],
      [withKey(`${ann.secret} ${ann.secret}`), 'malformed'],
      [shown({ authorization: `Basic ${ann.secret}` }), 'malformed'],
      [shown({ authorization: ann.secret }), 'malformed'],
      [withKey(`rl_${'z'.repeat(43)}`), 'unknown'],
      [withKey(ann.secret.toLowerCase()), 'unknown'],
      [withKey(short.secret), 'expired'],
      [shown({ authorization: `Bearer ${ann.secret}`, apiKey: ben.secret }), 'contradicting'],
      [shown({ authorization: 'Bearer x', cookie: signedOut }), 'malformed'],
      [shown({ cookie: signedOut }), 'unknown'],
      [shown({ cookie: 'runlayer=' }), 'malformed'],
    ]
    for (const [presented, why] of bad) {
      expect(await refusal(() => identity.authenticate(presented)), why).toBe(
        'unauthenticated: The credential is missing, unknown, expired or revoked.',
      )
    }
    expect(failed).toEqual(bad.map(([, why]) => why))
    expect(identity.failures()).toBe(bad.length)
    await identity.close()
  })

  test('revoking a key, deactivating and deleting a person hold from the next request', async () => {
    const { identity } = await openOn(await open(), { admin })
    const [ann, ben, cho] = [
      await personWith(identity, 'ann@example.com'),
      await personWith(identity, 'ben@example.com'),
      await personWith(identity, 'cho@example.com'),
    ]
    const session = await sessionOf(identity, 'ben@example.com')
    expect(await identity.authenticate(shown({ cookie: session.cookie }))).toMatchObject({
      id: ben.person.id,
    })
    await identity.keys.revoke(ann.key.id)
    await identity.people.update(ben.person.id, { status: 'deactivated' }, 'system')
    await identity.people.remove(cho.person.id, 'system')
    for (const { secret } of [ann, ben, cho]) {
      expect(await refusal(() => identity.authenticate(withKey(secret)))).toMatch(/^unauthenticated/)
    }
    expect(await refusal(() => identity.authenticate(shown({ cookie: session.cookie })))).toMatch(
      /^unauthenticated/,
    )
    expect(await identity.find(ben.person.id)).toBeUndefined()
    await identity.people.update(ben.person.id, { status: 'active' }, 'system')
    expect(await refusal(() => identity.authenticate(withKey(ben.secret)))).toMatch(/^unauthenticated/)
    await identity.close()
  })

  test('new roles and groups are on the caller of the next request', async () => {
    const { identity } = await openOn(await open())
    const { person, secret } = await personWith(identity, 'ann@example.com')
    const group = await identity.groups.create({ name: 'Engineering', members: [person.id] })
    expect(await identity.authenticate(withKey(secret))).toMatchObject({
      roles: ['user'],
      groupIds: [group.id],
    })
    await identity.people.update(person.id, { roles: ['developer', 'developer'] }, 'system')
    await identity.groups.update(group.id, { members: [] })
    expect(await identity.authenticate(withKey(secret))).toMatchObject({ roles: ['developer'], groupIds: [] })
    await identity.close()
  })

  test('a key ends at its time although it is cached', async () => {
    const { identity, clock } = await openOn(await open())
    const { person } = await personWith(identity, 'ann@example.com')
    const { secret } = await identity.keys.create({
      ...personalPower(person.id),
      name: 'short',
      expiresAt: new Date(clock.ms + 5000),
    })
    await identity.authenticate(withKey(secret))
    clock.ms += 4999
    expect(identity.authenticate(withKey(secret))).not.toBeInstanceOf(Promise)
    clock.ms += 1
    expect(await refusal(() => identity.authenticate(withKey(secret)))).toMatch(/^unauthenticated/)
    await identity.close()
  })

  test('a sign-in link works once, for a day, and only the newest', async () => {
    const { identity, clock } = await openOn(await open())
    await personWith(identity, 'ann@example.com')
    const from = { ip: '192.0.2.1', userAgent: 'test' }
    const older = await identity.mintSignInLink('ann@example.com')
    const newer = await identity.mintSignInLink('ANN@example.com')
    expect(newer.url).toBe(`http://localhost:3000/sign-in?token=${newer.token}`)
    const tries = await Promise.allSettled(
      [newer, newer, newer].map(({ token }) => identity.sessions.signIn(token, from)),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const token of [older.token, newer.token, 'nonsense']) {
      expect(await refusal(() => identity.sessions.signIn(token, from))).toMatch(
        /^unauthenticated: This sign-in link/,
      )
    }
    const late = await identity.mintSignInLink('ann@example.com')
    clock.ms += 24 * 3_600_000
    expect(await refusal(() => identity.sessions.signIn(late.token, from))).toMatch(/^unauthenticated/)
    expect(await refusal(() => identity.mintSignInLink('nobody@example.com'))).toMatch(/^not-found/)
    await identity.close()
  })

  test('a session ends when signed out, after 8 idle hours, and after 7 days in any case', async () => {
    const { identity, clock } = await openOn(await open())
    await personWith(identity, 'ann@example.com')
    const first = await sessionOf(identity, 'ann@example.com')
    const caller = await identity.authenticate(shown({ cookie: `other=1; ${first.cookie}` }))
    expect(caller.proof).toEqual({ kind: 'session', id: first.caller.proof.id })
    expect(identity.csrfTokenOf(caller)).toBe(first.csrfToken)
    expect(await identity.sessions.signOut(caller)).toBe(
      'runlayer=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
    )
    expect(await refusal(() => identity.authenticate(shown({ cookie: first.cookie })))).toMatch(
      /^unauthenticated/,
    )

    const idle = await sessionOf(identity, 'ann@example.com')
    expect(idle.csrfToken).not.toBe(first.csrfToken)
    clock.ms += 8 * 3_600_000
    expect(await refusal(() => identity.authenticate(shown({ cookie: idle.cookie })))).toMatch(
      /^unauthenticated/,
    )

    const busy = await sessionOf(identity, 'ann@example.com')
    const step = 7 * 3_600_000
    for (let hours = 7; hours < 7 * 24; hours += 7) {
      clock.ms += step
      await identity.authenticate(shown({ cookie: busy.cookie }))
      await identity.close()
    }
    clock.ms += step
    expect(await refusal(() => identity.authenticate(shown({ cookie: busy.cookie })))).toMatch(
      /^unauthenticated/,
    )
  })

  test('over https the cookie is bound to the host', async () => {
    const { identity } = await openOn(await open(), { publicUrl: 'https://mcp.example.com' })
    await personWith(identity, 'ann@example.com')
    const { setCookie, cookie } = await sessionOf(identity, 'ann@example.com')
    expect(setCookie).toMatch(
      /^__Host-runlayer=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure$/,
    )
    expect(
      await refusal(() => identity.authenticate(shown({ cookie: cookie.replace('__Host-', '') }))),
    ).toMatch(/^unauth/)
    await identity.close()
  })

  test('uses are written in one go and the newest wins', async () => {
    const { identity, clock } = await openOn(await open())
    const { key, secret, person } = await personWith(identity, 'ann@example.com')
    clock.ms += 1000
    await identity.authenticate({ ...withKey(secret), ip: '203.0.113.9' })
    expect((await identity.keys.find(key.id))?.lastUsedAt).toBeUndefined()
    await identity.close()
    expect(await identity.keys.find(key.id)).toMatchObject({
      lastUsedAt: new Date(clock.ms),
      lastUsedIp: '203.0.113.9',
    })
    expect((await identity.people.find(person.id))?.lastSeenAt).toEqual(new Date(clock.ms))
  })

  test('the administrator of the environment is made once, and a revoked key stays revoked', async () => {
    const storage = await open()
    const first = await openOn(storage, { admin })
    const caller = await first.identity.authenticate(withKey(adminKey))
    expect(caller).toMatchObject({ email: 'root@example.com', roles: ['super_admin'] })
    expect(await first.identity.firstSignInLink()).toBeUndefined()
    const again = await openOn(storage, { admin })
    expect(
      await again.identity.keys.page({ people: true, organization: true, deploy: true }, undefined, 10),
    ).toHaveLength(1)
    await again.identity.keys.revoke((caller as Caller & { proof: { kind: 'api_key' } }).proof.id)
    const third = await openOn(storage, { admin })
    expect(await refusal(() => third.identity.authenticate(withKey(adminKey)))).toMatch(/^unauthenticated/)
    const rotated = await openOn(storage, { admin: { ...admin, apiKey: `rl_${'B'.repeat(40)}` } })
    expect(await rotated.identity.authenticate(withKey(`rl_${'B'.repeat(40)}`))).toMatchObject({
      id: caller.id,
    })
  })

  test('a first start without an administrator offers a link until somebody used it', async () => {
    const storage = await open()
    const first = await openOn(storage)
    expect(await first.identity.firstSignInLink()).toMatch(/token=[\w-]{43}$/)
    const second = await openOn(storage)
    const link = new URL((await second.identity.firstSignInLink()) ?? '')
    await second.identity.sessions.signIn(link.searchParams.get('token') ?? '', { ip: '', userAgent: '' })
    const third = await openOn(storage)
    expect(await third.identity.firstSignInLink()).toBeUndefined()
    expect(await third.identity.people.page({ query: undefined, after: undefined, limit: 10 })).toHaveLength(
      1,
    )
  })

  test('the last Super Admin stays, also when two try to go at once', async () => {
    const { identity } = await openOn(await open(), { admin })
    const root = await identity.people.findByEmail('root@example.com')
    const id = root?.id as UserId
    for (const change of [{ status: 'deactivated' as const }, { roles: ['user' as const] }]) {
      expect(await refusal(() => identity.people.update(id, change, 'system'))).toMatch(
        /^conflict: This is the last/,
      )
    }
    expect(await refusal(() => identity.people.remove(id, 'system'))).toMatch(/^conflict/)
    const other = await personWith(identity, 'ann@example.com', ['super_admin'])
    const both = await Promise.allSettled([
      identity.people.update(id, { roles: ['user'] }, 'system'),
      identity.people.update(other.person.id, { roles: ['user'] }, 'system'),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await identity.close()
  })

  test('an IT Admin can neither give roles nor touch a Super Admin', async () => {
    const { identity } = await openOn(await open(), { admin })
    const it = await personWith(identity, 'it@example.com', ['it_admin'])
    const root = await identity.people.findByEmail('root@example.com')
    const plain = await identity.people.create({ email: 'new@example.com' }, it.caller)
    expect(plain.roles).toEqual(['user'])
    expect(
      await refusal(() =>
        identity.people.create({ email: 'x@example.com', roles: ['developer'] }, it.caller),
      ),
    ).toMatch(/^not-allowed/)
    expect(
      await refusal(() => identity.people.update(it.person.id, { roles: ['super_admin'] }, it.caller)),
    ).toMatch(/^not-allowed/)
    expect(
      await refusal(() =>
        identity.people.update(root?.id as UserId, { email: 'it2@example.com' }, it.caller),
      ),
    ).toMatch(/^not-allowed/)
    expect(await refusal(() => identity.people.remove(root?.id as UserId, it.caller))).toMatch(/^not-allowed/)
    await identity.people.update(plain.id, { name: 'New', roles: ['user'] }, it.caller)
    await identity.close()
  })

  test('emails and group names are unique whatever their case', async () => {
    const { identity } = await openOn(await open())
    const ann = await identity.people.create({ email: 'Ann@Example.com' }, 'system')
    const ben = await identity.people.create({ email: 'ben@example.com' }, 'system')
    expect(ann.email).toBe('Ann@Example.com')
    expect(await refusal(() => identity.people.create({ email: 'ann@example.COM' }, 'system'))).toMatch(
      /^conflict/,
    )
    expect(
      await refusal(() => identity.people.update(ben.id, { email: 'ANN@example.com' }, 'system')),
    ).toMatch(/^conflict/)
    await identity.groups.create({ name: 'Finance' })
    const other = await identity.groups.create({ name: 'Sales' })
    expect(await refusal(() => identity.groups.create({ name: 'FINANCE' }))).toMatch(/^conflict/)
    expect(
      await refusal(() => identity.groups.update(other.id, { name: 'finance', members: [ben.id] })),
    ).toMatch(/^conflict/)
    expect((await identity.groups.find(other.id))?.memberIds).toEqual([])
    await identity.close()
  })

  test('what one holder of the store revokes, another refuses from the next request', async () => {
    const storage = await open()
    const [one, two] = [await openOn(storage), await openOn(storage)]
    const { secret, key } = await personWith(one.identity, 'ann@example.com')
    await two.identity.authenticate(withKey(secret))
    expect(two.identity.authenticate(withKey(secret))).not.toBeInstanceOf(Promise)
    await one.identity.keys.revoke(key.id)
    expect(await refusal(() => two.identity.authenticate(withKey(secret)))).toMatch(/^unauthenticated/)
  })

  test('a look-up that began before a revocation is not kept', async () => {
    const storage = await open()
    const { identity } = await openOn(storage)
    const { key, secret } = await personWith(identity, 'ann@example.com')
    const fresh = await openOn(storage)
    const racing = Promise.resolve(fresh.identity.authenticate(withKey(secret))).catch(() => undefined)
    await identity.keys.revoke(key.id)
    await racing
    expect(await refusal(() => fresh.identity.authenticate(withKey(secret)))).toMatch(/^unauthenticated/)
  })
})
