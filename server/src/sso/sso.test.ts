import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Member, startIdentityProvider } from '../../../test/fixtures/identity-provider.ts'
import { refusalOf } from '../../../test/support/call-route.ts'
import { openCookieJar, openSsoWorld, type SsoWorld } from '../../../test/support/sso-world.ts'
import { eachStore } from '../../../test/support/stores.ts'
import type { Caller } from '../kernel/caller.ts'
import { signHostClaim } from '../lib/host-proof.ts'

let idp: Awaited<ReturnType<typeof startIdentityProvider>>
beforeAll(async () => {
  idp = await startIdentityProvider()
})
afterAll(async () => idp?.close())
beforeEach(() => {
  idp.script.now = {}
})

const ada: Member = { sub: 'ada-1', email: 'ada@acme.test', email_verified: true, name: 'Ada\u0007 Byte' }

async function add({ call, root }: SsoWorld, more: object = {}): Promise<string> {
  const oidc = { issuer: idp.issuer, client_id: 'console', client_secret: idp.clientSecret }
  const body = { name: 'Acme', domains: ['acme.test'], oidc, ...more }
  return ((await call('createSsoProvider', { as: root, body })).value as { id: string }).id
}
const change = ({ call, root }: SsoWorld, id: string, body: object) =>
  call('updateSsoProvider', { as: root, params: { id }, body })

async function signIn(world: SsoWorld, id: string, who: Member = ada) {
  const browser = openCookieJar(world)
  const { url } = await browser.call<{ url: string }>('beginSingleSignOn', { body: { provider_id: id } })
  return browser.call<{ user_id: string }>('createSessionBySingleSignOn', { body: idp.approve(url, who) })
}
async function trySignIn(world: SsoWorld, id: string, who: Member, as: Caller = world.root) {
  const browser = openCookieJar(world)
  const { url } = await browser.call<{ url: string }>('beginSsoTest', { as, params: { id } })
  return browser.call('completeSsoTest', { as, body: idp.approve(url, who) })
}
const rootMember: Member = { sub: 'root-1', email: 'root@acme.test', email_verified: true }

eachStore((open) => {
  test('somebody new gets an account with the role user and no other, whatever the provider says', async () => {
    const world = await openSsoWorld(await open())
    const id = await add(world)
    const claims = { ...ada, roles: ['super_admin'], role: 'super_admin', admin: true }
    const first = await signIn(world, id, claims)
    const person = await world.identity.people.find(first.user_id as never)
    expect(person).toMatchObject({
      email: 'ada@acme.test',
      name: 'Ada Byte',
      roles: ['user'],
    })
    // By issuer and subject from now on: a new email at the provider is the same person here.
    expect(await signIn(world, id, { ...ada, email: 'ada.b@elsewhere.test' })).toEqual(
      expect.objectContaining({ user_id: first.user_id }),
    )
    expect(world.entries.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      'user_created success',
      'sso_identity_created success',
    ])
    const [session] = await world.identity.sessions.devices(first.user_id as never)
    expect(session?.method).toBe('single_sign_on')
  })

  test('nobody is let in by an email that does not count', async () => {
    const world = await openSsoWorld(await open())
    const id = await add(world)
    const refused = (who: Member) => refusalOf(signIn(world, id, who))
    for (const who of [
      { ...ada, email_verified: false },
      { sub: 'ada-1', email: 'ada@acme.test' },
      { sub: 'ada-1', email_verified: true },
      { ...ada, email: 'ada@evil.test' },
      { ...ada, email: 'ada@sub.acme.test' },
      { ...ada, email: 'ada@acme.test@evil.test' },
      { ...ada, email: 'ada@evil.test\u0000@acme.test' },
      { ...ada, email: '"ada@evil.test"@acme.test' },
    ])
      expect(await refused(who), JSON.stringify(who)).toBe('sso-no-account')
    await change(world, id, { trust_email: true })
    expect(await refused({ ...ada, email_verified: false })).toBe('sso-no-account')
    expect(await refused({ sub: 'ada-1', email: 'ada@acme.test' })).toBe('nothing was refused')
    await change(world, id, { create_people: false })
    expect(await refused({ ...ada, sub: 'bob-1', email: 'bob@acme.test' })).toBe('sso-no-account')
  })

  test('an account that exists is connected by its email only where an administrator allowed that, and once', async () => {
    const world = await openSsoWorld(await open())
    const id = await add(world)
    const { identity, call, root } = world
    const person = await identity.people.create({ email: 'Ada@acme.test', roles: ['developer'] }, 'system')
    expect(await refusalOf(signIn(world, id))).toBe('sso-no-account')
    await change(world, id, { link_by_email: true })
    expect(await signIn(world, id)).toMatchObject({ user_id: person.id })
    expect(await identity.people.find(person.id)).toMatchObject({ roles: ['developer'] })
    // The address was given to somebody new at the provider: not the old account.
    expect(await refusalOf(signIn(world, id, { ...ada, sub: 'ada-2' }))).toBe('sso-no-account')
    await identity.people.update(person.id, { status: 'deactivated' }, 'system')
    expect(await refusalOf(signIn(world, id))).toBe('sso-no-account')
    await identity.people.update(person.id, { status: 'active' }, 'system')
    await call('deleteSsoIdentities', { as: root, params: { id: person.id } })
    expect(await signIn(world, id, { ...ada, sub: 'ada-2' })).toMatchObject({ user_id: person.id })
  })

  test('the subject of one issuer is nobody at another', async () => {
    const world = await openSsoWorld(await open())
    const id = await add(world)
    const { user_id: first } = await signIn(world, id)
    const other = await startIdentityProvider()
    try {
      const oidc = { issuer: other.issuer, client_id: 'console', client_secret: other.clientSecret }
      await change(world, id, { oidc, create_people: false })
      const browser = openCookieJar(world)
      const { url } = await browser.call<{ url: string }>('beginSingleSignOn', { body: { provider_id: id } })
      const body = other.approve(url, { ...ada, email: 'eve@acme.test' })
      expect(await refusalOf(browser.call('createSessionBySingleSignOn', { body }))).toBe('sso-no-account')
      expect(first).toBeDefined()
    } finally {
      await other.close()
    }
  })

  test('only a tested provider is enforced; then no other way is open but recovery', async () => {
    const world = await openSsoWorld(await open())
    const { call, root, identity } = world
    const id = await add(world)
    const enforce = () => refusalOf(change(world, id, { enforced: true }))
    expect(await enforce()).toBe('conflict')
    expect(await refusalOf(trySignIn(world, id, { ...rootMember, email: 'root@evil.test' }))).toBe(
      'sso-no-account',
    )
    expect(await enforce()).toBe('conflict')
    expect(await trySignIn(world, id, rootMember)).toMatchObject({ provider_id: id, subject: 'root-1' })
    await change(world, id, { oidc: { issuer: idp.issuer, client_id: 'another' } })
    expect(await enforce()).toBe('conflict')
    await change(world, id, { oidc: { issuer: idp.issuer, client_id: 'console' } })
    await trySignIn(world, id, rootMember)
    expect(await enforce()).toBe('nothing was refused')
    expect(await refusalOf(change(world, id, { oidc: { issuer: idp.issuer, client_id: 'x' } }))).toBe(
      'conflict',
    )
    expect(await refusalOf(change(world, id, { domains: [] }))).toBe('conflict')

    const password = { email: 'nobody@ACME.test', password: 'violet otter unpacks 9 ladders' }
    expect(await refusalOf(call('createSession', { body: password }))).toBe('sso-required')
    const link = await identity.mintSignInLink('root@acme.test')
    expect(await refusalOf(call('createSession', { body: { token: link.token } }))).toBe('sso-required')
    const elsewhere = await identity.people.create({ email: 'bob@other.test' }, 'system')
    const { token } = await identity.mintSignInLink(elsewhere.email)
    expect(await refusalOf(call('createSession', { body: { token } }))).toBe('nothing was refused')

    const claim = { at: Date.now(), nonce: 'n'.repeat(22), email: 'root@acme.test' }
    const proof = signHostClaim(world.hostKeys[0] as Buffer, claim)
    const { value } = await call('recoverAdmin', { body: { ...claim, proof } })
    const recovered = new URL((value as { url: string }).url).searchParams.get('token')
    expect(await refusalOf(call('createSession', { body: { token: recovered } }))).toBe('nothing was refused')
    expect(await signIn(world, id, rootMember)).toMatchObject({ user_id: root.id })
    await change(world, id, { enforced: false })
    expect(await refusalOf(call('createSession', { body: password }))).toBe('sign-in-refused')
  })

  test('a test is its administrator’s alone and makes no session', async () => {
    const world = await openSsoWorld(await open())
    const id = await add(world)
    await world.identity.people.create({ email: 'eve@acme.test', roles: ['super_admin'] }, 'system')
    const eve = await world.signedIn('eve@acme.test')
    const browser = openCookieJar(world)
    const { url } = await browser.call<{ url: string }>('beginSsoTest', { as: eve, params: { id } })
    const body = idp.approve(url, { ...rootMember, sub: 'eve-1' })
    expect(await refusalOf(browser.call('createSessionBySingleSignOn', { body }))).toBe('sso-refused')
    expect(await refusalOf(browser.call('completeSsoTest', { as: world.root, body }))).toBe('sso-refused')
    const begun = await browser.call<{ url: string }>('beginSsoTest', { as: eve, params: { id } })
    await change(world, id, { oidc: { issuer: idp.issuer, client_id: 'console', scopes: ['openid'] } })
    const late = idp.approve(begun.url, { ...rootMember, sub: 'eve-1' })
    // The change is seen, because the test is read after it; what counts is what was tested.
    expect(await refusalOf(browser.call('completeSsoTest', { as: eve, body: late }))).toBe(
      'nothing was refused',
    )
    expect(await refusalOf(trySignIn(world, id, { ...rootMember, sub: 'eve-1' }))).toBe('sso-no-account')
  })

  test('providers: secrets are never shown, names and domains are one’s own, everybody’s domains are nobody’s', async () => {
    const world = await openSsoWorld(await open())
    const { call, root } = world
    const id = await add(world)
    const { value } = await call('listSsoProviders', { as: root })
    expect(JSON.stringify(value)).not.toContain(idp.clientSecret)
    expect(value).toMatchObject({
      data: [{ id, oidc: { has_secret: true }, tested_at: null, enforced: false }],
    })
    const { rows } = await world.storage.pool.query('SELECT * FROM sso_providers')
    expect(JSON.stringify(rows)).not.toContain(idp.clientSecret)
    expect(await refusalOf(add(world))).toBe('conflict')
    expect(await refusalOf(add(world, { name: 'Other' }))).toBe('conflict')
    expect(await refusalOf(add(world, { name: 'Other', domains: ['gmail.com'] }))).toEqual([
      'body.domains.0 own-domain',
    ])
    for (const issuer of [
      'ftp://x.test',
      'https://x.test/?a',
      'https://x.test/.well-known/openid-configuration',
    ])
      expect(
        await refusalOf(add(world, { name: 'Other', domains: [], oidc: { issuer, client_id: 'x' } })),
      ).toEqual([expect.stringContaining('body.oidc.issuer')])
    expect((await call('getSignInOptions')).value).toMatchObject({
      single_sign_on: { asks_email: true, providers: [{ id, name: 'Acme' }] },
    })
    const begin = (email: string) => refusalOf(call('beginSingleSignOn', { body: { email } }))
    expect(await begin('x@other.test')).toBe('not-found')
    await world.identity.people.create({ email: 'it@acme.test', roles: ['it_admin'] }, 'system')
    const it = await world.signedIn('it@acme.test')
    expect(await refusalOf(call('listSsoProviders', { as: it }))).toBe('nothing was refused')
    expect(await refusalOf(call('deleteSsoProvider', { as: it, params: { id } }))).toBe('not-allowed')
    await call('deleteSsoProvider', { as: root, params: { id } })
    expect(await begin('ada@acme.test')).toBe('not-found')
  })
})
