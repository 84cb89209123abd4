import { createHmac, randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { callRoute, refusalOf, type Sent } from '../../../test/support/call-route.ts'
import { eachStore, quietLog } from '../../../test/support/stores.ts'
import { keyringOf } from '../credentials/keyring.ts'
import { identityRoutes } from '../identity/api.ts'
import { personalPower } from '../identity/change-keys.ts'
import { openIdentity } from '../identity/identity.ts'
import { openOffBoarding } from '../identity/off-board.ts'
import type { Caller } from '../kernel/caller.ts'
import { type HostClaim, signHostClaim } from '../lib/host-proof.ts'
import type { Storage } from '../storage/storage.ts'
import { signInRoutes } from './api.ts'
import { openSignIn } from './sign-in.ts'
import { totpAt } from './totp.ts'

const keyring = keyringOf(createHmac('sha256', 'test').update('data').digest())
const hostKey = createHmac('sha256', 'test').update('host').digest()
const good = 'violet otter unpacks 9 ladders'

async function openOn(storage: Storage) {
  const clock = { ms: Date.parse('2026-05-05T12:00:00Z') }
  const now = () => clock.ms
  const config = { admin: undefined, publicUrl: new URL('http://localhost:3000'), productName: 'Runlayer' }
  const { db, bus } = storage
  const identity = await openIdentity({ db, bus, keyring, config, now, log: quietLog })
  const enforced = new Set<string>()
  const sso = {
    identitiesOf: async () => [],
    disconnect: async () => 0,
    offered: async () => ({ asksEmail: false, providers: [] }),
    requiredFor: async (email: string) =>
      enforced.has(email.split('@')[1] ?? '') ? { id: 'p', name: 'Acme' } : undefined,
  }
  const signIn = openSignIn({
    db,
    identity,
    sso,
    keyring,
    config,
    hostKeys: [hostKey],
    passwordCost: 2 ** 10,
    now,
  })
  const noMail = { send: async () => ({ state: 'off' as const }) }
  const offBoarding = openOffBoarding({
    people: identity.people,
    superAdminBesides: identity.superAdminBesides,
    handOver: [],
    endKeptSignIn: async () => undefined,
    endClients: async () => undefined,
    endDelegations: async () => undefined,
    endGrants: async () => 0,
    endValues: async () => 0,
    endWays: signIn.endWays,
  })
  const routes = [
    ...identityRoutes({ identity, now, offBoarding, mail: noMail, serverExists: () => true }),
    ...signInRoutes({ signIn }),
  ]
  const call = (operationId: string, sent: Sent = {}) => callRoute(routes, operationId, sent)
  const callerOf = async (cookies: readonly string[]): Promise<Caller> =>
    identity.authenticate({
      authorization: undefined,
      apiKey: undefined,
      cookie: cookies[0]?.split(';')[0],
      ip: '192.0.2.1',
    })
  const enter = async (body: object) => {
    clock.ms += 10
    return callerOf((await call('createSession', { body })).cookies)
  }
  const ann = await identity.people.create({ email: 'ann@example.com', name: 'Ann Miller' }, 'system')
  const byLink = async (email = ann.email) => enter({ token: (await identity.mintSignInLink(email)).token })
  return { identity, call, enter, byLink, ann, clock, callerOf, enforced }
}

eachStore((open) => {
  test('a link signs in once, the entry is that person’s, and a wrong one is nobody’s', async () => {
    const { call, identity, ann } = await openOn(await open())
    const { token } = await identity.mintSignInLink(ann.email)
    const { identified, recorded } = await call('createSession', { body: { token } })
    expect(identified).toEqual([ann.id])
    expect(recorded).toMatchObject({ after: { user_id: ann.id } })
    expect(await refusalOf(call('createSession', { body: { token } }))).toBe('unauthenticated')
    const both = { token: 'x'.repeat(43), email: ann.email, password: 'x' }
    expect(await refusalOf(call('createSession', { body: both }))).toEqual(['body.token one-of'])
    expect(await refusalOf(call('createSession', { body: { email: ann.email } }))).toEqual([
      'body.password required',
    ])
  })

  test('devices: listed with where they began, ended one by one and all at once, never somebody else’s', async () => {
    const { call, byLink, identity, clock } = await openOn(await open())
    await identity.people.create({ email: 'ben@example.com' }, 'system')
    const [first, second, third] = [await byLink(), await byLink(), await byLink()]
    const ben = await byLink('ben@example.com')
    const list = async (as: Caller) =>
      ((await call('listSessions', { as })).value as { data: { id: string; current: boolean }[] }).data
    expect(await list(third)).toMatchObject([
      { id: third.proof.id, current: true, method: 'link', ip: '192.0.2.1', user_agent: 'test' },
      { id: second.proof.id, current: false },
      { id: first.proof.id, current: false },
    ])
    const revoke = (as: Caller, id: string) => call('revokeSession', { as, params: { id } })
    expect(await refusalOf(revoke(ben, first.proof.id))).toBe('not-found')
    await revoke(third, first.proof.id)
    expect((await list(third)).map(({ id }) => id)).toEqual([third.proof.id, second.proof.id])
    await call('revokeOtherSessions', { as: third })
    expect((await list(third)).map(({ id }) => id)).toEqual([third.proof.id])
    expect(await list(ben)).toHaveLength(1)
    await identity.people.create({ email: 'it@example.com', roles: ['it_admin'] }, 'system')
    await identity.people.create({ email: 'root@example.com', roles: ['super_admin'] }, 'system')
    const [it, root] = [await byLink('it@example.com'), await byLink('root@example.com')]
    const signOut = (id: string) => call('revokeUserSessions', { as: it, params: { id } })
    expect(await refusalOf(signOut(root.id))).toBe('not-allowed')
    await signOut(ben.id)
    expect([await list(ben), await list(root)]).toEqual([[], [expect.objectContaining({ current: true })]])
    clock.ms += 9 * 3_600_000
    expect(await list(third)).toHaveLength(0)
  })

  test('whoever is deactivated and comes back begins with a link: no password, no code, no passkey is left', async () => {
    const { call, enter, byLink, ann, identity } = await openOn(await open())
    const root = await identity.people.create({ email: 'r@example.com', roles: ['super_admin'] }, 'system')
    const admin = await byLink(root.email)
    const session = await byLink()
    await call('setPassword', { as: session, body: { password: good } })
    await call('draftTotp', { as: session })
    const body = { email: ann.email, password: good }
    expect((await enter(body)).id).toBe(ann.id)
    const set = (status: string) =>
      call('updateUser', { as: admin, params: { id: ann.id }, body: { status } })
    await set('deactivated')
    expect(await refusalOf(call('createSession', { body }))).toBe('sign-in-refused')
    await set('active')
    expect(await refusalOf(call('createSession', { body }))).toBe('sign-in-refused')
    const back = await byLink()
    expect((await call('getAccountSecurity', { as: back })).value).toMatchObject({
      password_changed_at: null,
      totp: false,
      passkeys: [],
    })
  })

  test('a password: set shortly after signing in, used, changed with the current one, and it ends other sessions', async () => {
    const { call, enter, byLink, ann, clock, identity } = await openOn(await open())
    const old = await byLink()
    const session = await byLink()
    const set = (as: Caller, body: object) => call('setPassword', { as, body })
    for (const weak of [
      'short',
      'password1234',
      'ann.miller2024!',
      'qwertyuiop123',
      'aaaaaaaaaaaaaaaa',
      'P@ssw0rd2026!!',
    ])
      expect(await refusalOf(set(session, { password: weak })), weak).toEqual([
        weak === 'short' ? 'body.password too-small' : 'body.password guessable',
      ])
    await set(session, { password: good })
    const { value } = await call('listSessions', { as: session })
    expect((value as { data: object[] }).data).toMatchObject([{ id: session.proof.id }])
    expect(old.proof.id).not.toBe(session.proof.id)
    const entered = await enter({ email: 'Ann@Example.com', password: good })
    expect(entered.id).toBe(ann.id)
    const wrong = { email: ann.email, password: `${good}!` }
    expect(await refusalOf(call('createSession', { body: wrong }))).toBe('sign-in-refused')
    expect(await refusalOf(set(entered, { password: `${good} too` }))).toBe('sign-in-refused')
    await set(entered, { password: `${good} too`, current_password: good })
    expect(await refusalOf(call('createSession', { body: { email: ann.email, password: good } }))).toBe(
      'sign-in-refused',
    )
    clock.ms += 16 * 60_000
    expect(await refusalOf(set(entered, { password: good, current_password: `${good} too` }))).toBe(
      'sign-in-again',
    )
    const { secret } = await identity.keys.create({ ...personalPower(ann.id), name: 'key' })
    const withKey = await identity.authenticate({
      authorization: `Bearer ${secret}`,
      apiKey: undefined,
      cookie: undefined,
      ip: '',
    })
    expect(await refusalOf(set(withKey, { password: good }))).toBe('sign-in-again')
  })

  test('unknown people, wrong passwords and deactivated people are refused in the same words; attempts run out alike', async () => {
    const { call, byLink, identity, ann, clock } = await openOn(await open())
    await call('setPassword', { as: await byLink(), body: { password: good } })
    const words = async (email: string, password: string) =>
      call('createSession', { body: { email, password } }).then(
        () => 'signed in',
        (error: Error & { reason: string }) => `${error.reason}: ${error.message}`,
      )
    const refused = 'sign-in-refused: The email or the password is wrong.'
    expect(await words(ann.email, 'wrong')).toBe(refused)
    expect(await words('nobody@example.com', 'wrong')).toBe(refused)
    for (let left = 9; left > 0; left--) {
      expect(await words(ann.email, 'wrong')).toBe(refused)
      expect(await words('nobody@example.com', 'wrong')).toBe(refused)
    }
    for (const email of [ann.email, 'ANN@example.com', 'nobody@example.com'])
      expect(await words(email, good)).toMatch(
        /^rate-limited: Too many attempts to sign in\. Wait 60 seconds/,
      )
    clock.ms += 61_000
    expect(await words(ann.email, good)).toBe('signed in')
    await identity.people.update(ann.id, { status: 'deactivated' }, 'system')
    clock.ms += 61_000
    expect(await words(ann.email, good)).toBe(refused)
  })

  test('authenticator app: confirmed, asked for, each code once, recovery codes once each', async () => {
    const { call, enter, byLink, ann, clock } = await openOn(await open())
    const session = await byLink()
    await call('setPassword', { as: session, body: { password: good } })
    const { secret, uri } = (await call('draftTotp', { as: session })).value as Record<string, string>
    expect(uri).toContain(`otpauth://totp/Runlayer:ann%40example.com?secret=${secret}&issuer=Runlayer`)
    const codeNow = () => totpAt(String(secret), Math.floor(clock.ms / 30_000))
    // Not confirmed yet: the password alone is enough.
    await enter({ email: ann.email, password: good })
    const confirm = (code: string) => call('confirmTotp', { as: session, body: { code } })
    expect(await refusalOf(confirm('000000'))).toEqual(['body.code code'])
    const first = codeNow()
    const codes = (await confirm(first)).value as { recovery_codes: string[] }
    expect(codes.recovery_codes).toHaveLength(10)
    const body = { email: ann.email, password: good }
    expect(await refusalOf(enter(body))).toBe('second-factor-required')
    expect(await refusalOf(enter({ ...body, code: first }))).toBe('sign-in-refused')
    clock.ms += 30_000
    const second = codeNow()
    expect((await enter({ ...body, code: `${second.slice(0, 3)} ${second.slice(3)}` })).id).toBe(ann.id)
    expect(await refusalOf(enter({ ...body, code: second }))).toBe('sign-in-refused')
    clock.ms -= 30_000
    expect(await refusalOf(enter({ ...body, code: codeNow() }))).toBe('sign-in-refused')
    const [paper = ''] = codes.recovery_codes
    expect((await enter({ ...body, code: paper.toLowerCase().replace('-', '') })).id).toBe(ann.id)
    expect(await refusalOf(enter({ ...body, code: paper }))).toBe('sign-in-refused')
    expect((await call('getAccountSecurity', { as: session })).value).toMatchObject({
      totp: true,
      recovery_codes_left: 9,
    })
    await call('disableTotp', { as: session })
    expect((await enter(body)).id).toBe(ann.id)
  })

  test('a passkey answer that is made up, for another question or late gets nobody in', async () => {
    const { call, byLink, clock } = await openOn(await open())
    const session = await byLink()
    const question = (await call('getPasskeyQuestion', { as: session })).value as { state: string }
    const response = {
      id: 'AAAA',
      rawId: 'AAAA',
      type: 'public-key',
      response: {},
      clientExtensionResults: {},
    }
    const add = (state: string) =>
      call('createPasskey', { as: session, body: { name: 'laptop', state, response } })
    expect(await refusalOf(add(question.state))).toBe('sign-in-refused')
    expect(await refusalOf(add(question.state.slice(0, -2)))).toBe('sign-in-refused')
    const { passkey } = (await call('getSignInOptions')).value as { passkey: { state: string } }
    expect(await refusalOf(add(passkey.state))).toBe('sign-in-refused')
    const enter = () => call('createSession', { body: { passkey: { state: passkey.state, response } } })
    expect(await refusalOf(enter())).toBe('sign-in-refused')
    clock.ms += 16 * 60_000
    expect(await refusalOf(add(question.state))).toBe('sign-in-again')
  })

  test('whoever can sign as the host gets a Super Admin in for 15 minutes, each claim once', async () => {
    const { call, enter, byLink, identity, clock } = await openOn(await open())
    const claim = (email: string, nonce: string = randomUUID(), at = clock.ms) => ({ at, nonce, email })
    const recover = (one: HostClaim, key = hostKey) =>
      call('recoverAdmin', { body: { ...one, proof: signHostClaim(key, one) } })
    const first = claim('')
    const { value, identified } = await recover(first)
    // Made at the start, when nobody was there.
    expect(value).toMatchObject({ email: 'admin@localhost', expires_at: '2026-05-05T12:15:00.000Z' })
    const token = String(new URL((value as { url: string }).url).searchParams.get('token'))
    const admin = await enter({ token })
    expect(admin).toMatchObject({ roles: ['super_admin'] })
    expect(identified).toEqual([admin.id])
    for (const bad of [
      () => recover(first),
      () => recover(claim('ann@example.com'), Buffer.alloc(32)),
      () => recover(claim('ann@example.com', randomUUID(), clock.ms - 6 * 60_000)),
      () =>
        call('recoverAdmin', {
          body: { ...claim('ann@example.com'), proof: signHostClaim(hostKey, claim('ben@example.com')) },
        }),
    ])
      expect(await refusalOf(bad())).toBe('sign-in-refused')
    await identity.people.update((await byLink()).id, { status: 'deactivated' }, 'system')
    await recover(claim('ann@example.com'))
    expect(await identity.people.findByEmail('ann@example.com')).toMatchObject({
      status: 'active',
      roles: ['user', 'super_admin'],
    })
  })

  test('an invitation lets in once within 7 days, only who never was there, and no higher than its maker', async () => {
    const { call, enter, identity, clock } = await openOn(await open())
    const make = async (email: string, roles: Caller['roles'] = ['user']) =>
      identity.people.create({ email, roles }, 'system')
    const session = async (email: string) => enter({ token: (await identity.mintSignInLink(email)).token })
    await make('it@example.com', ['it_admin'])
    const it = await session('it@example.com')
    const [cho, dan, root] = [
      await make('cho@example.com'),
      await make('dan@example.com'),
      await make('r@example.com', ['super_admin']),
    ]
    const invite = (id: string) => call('createInvitation', { as: it, params: { id } })
    expect(await refusalOf(invite(root.id))).toBe('not-allowed')
    expect(await refusalOf(invite(it.id))).toBe('not-allowed')
    const tokenOf = async (id: string) => ((await invite(id)).value as { token: string }).token
    const [first, second] = [await tokenOf(cho.id), await tokenOf(dan.id)]
    clock.ms += 6.9 * 86_400_000
    expect((await enter({ token: first })).id).toBe(cho.id)
    clock.ms += 0.2 * 86_400_000
    expect(await refusalOf(enter({ token: second }))).toBe('unauthenticated')
    expect(await refusalOf(invite(cho.id))).toBe('conflict')
  })

  test('where single sign-on is enforced, every way but a recovery link is refused with a reason', async () => {
    const { call, byLink, ann, enforced, enter } = await openOn(await open())
    await call('setPassword', { as: await byLink(), body: { password: good } })
    enforced.add('example.com')
    const refused = async (body: object) => refusalOf(call('createSession', { body }))
    expect(await refused({ email: ann.email, password: good })).toBe('sso-required')
    expect(await refused({ email: 'nobody@example.com', password: 'x' })).toBe('sso-required')
    expect(await refusalOf(byLink())).toBe('sso-required')
    enforced.clear()
    expect(await enter({ email: ann.email, password: good })).toMatchObject({ id: ann.id })
  })
})
