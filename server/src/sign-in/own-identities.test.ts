import { afterAll, beforeAll, expect, test } from 'vitest'
import { startIdentityProvider } from '../../../test/fixtures/identity-provider.ts'
import { refusalOf } from '../../../test/support/call-route.ts'
import { openCookieJar, openSsoWorld } from '../../../test/support/sso-world.ts'
import { eachStore } from '../../../test/support/stores.ts'

let idp: Awaited<ReturnType<typeof startIdentityProvider>>
beforeAll(async () => {
  idp = await startIdentityProvider()
})
afterAll(async () => idp?.close())

eachStore((open) => {
  test('people disconnect themselves while another way to sign in remains', async () => {
    const world = await openSsoWorld(await open())
    const { call, root, clock } = world
    const oidc = { issuer: idp.issuer, client_id: 'console', client_secret: idp.clientSecret }
    const body = { name: 'Acme', domains: ['acme.test'], oidc, link_by_email: true }
    const made = await call('createSsoProvider', { as: root, body })
    const { id: acme } = made.value as { id: string }
    const enter = async () => {
      const browser = openCookieJar(world)
      const { url } = await browser.call<{ url: string }>('beginSingleSignOn', {
        body: { provider_id: acme },
      })
      const answer = idp.approve(url, { sub: 'ada', email: 'ada@acme.test', email_verified: true })
      await browser.call('createSessionBySingleSignOn', { body: answer })
    }
    await enter()
    const ada = await world.signedIn('ada@acme.test')
    const list = async () =>
      ((await call('listOwnSsoIdentities', { as: ada })).value as { data: object[] }).data
    const leave = (id: string) => refusalOf(call('deleteOwnSsoIdentity', { as: ada, params: { id } }))
    const params = { id: ada.id }
    expect(await list()).toMatchObject([{ provider_id: acme, provider_name: 'Acme', subject: 'ada' }])
    expect((await call('listSsoIdentities', { as: root, params })).value).toMatchObject({
      data: [{ provider_id: acme, issuer: idp.issuer, subject: 'ada' }],
    })
    expect(await refusalOf(call('listSsoIdentities', { as: ada, params }))).toBe('not-allowed')
    // The only way in stays, and what is nobody's or another's is not found.
    expect(await leave(acme)).toBe('conflict')
    expect(await leave('x')).toBe('not-found')
    await call('setPassword', { as: ada, body: { password: 'violet otter unpacks 9 ladders' } })
    clock.aheadMs = 16 * 60_000
    expect(await leave(acme)).toBe('sign-in-again')
    clock.aheadMs = 0
    expect(await leave(acme)).toBe('nothing was refused')
    expect(await list()).toEqual([])

    // Where single sign-on is enforced, a password is no way in.
    await enter()
    await world.storage.pool.query('UPDATE sso_providers SET enforced = true WHERE id = $1', [acme])
    expect(await leave(acme)).toBe('conflict')
    await call('deleteSsoIdentities', { as: root, params })
    expect(await list()).toEqual([])
  })
})
