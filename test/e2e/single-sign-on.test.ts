import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Group, User } from '../../contract/client.ts'
import { startOidcIdentityProvider } from '../fixtures/oidc-identity-provider.ts'
import { startSamlIdentityProvider } from '../fixtures/saml-identity-provider.ts'
import { freshServer } from '../support/fresh-server.ts'
import { freePort, type RunningServer } from '../support/server.ts'
import { faults, fill, openBrowser, press, tabTo } from './browser.ts'
import { openWatchedPage } from './watched-page.ts'

let server: RunningServer
let browser: Browser
let base: string
let saml: Awaited<ReturnType<typeof startSamlIdentityProvider>>
let idp: Awaited<ReturnType<typeof startOidcIdentityProvider>>

beforeAll(async () => {
  const port = await freePort()
  base = `http://localhost:${port}`
  idp = await startOidcIdentityProvider({
    redirectUri: `${base}/sign-in/callback`,
    accounts: [
      { id: 'root', email: 'admin@example.com', name: 'Root' },
      {
        id: 'ada',
        email: 'ada@example.com',
        name: 'Ada Byte',
        groups: ['eng-all', 'Finance', 'super_admin'],
      },
      { id: 'eve', email: 'eve@elsewhere.example', name: 'Eve' },
    ],
  })
  saml = await startSamlIdentityProvider({
    members: [{ nameId: 'bo', email: 'bo@partner.example', name: 'Bo' }],
    sp: {
      entityId: `${base}/api/v1/sign-in/saml/metadata`,
      acsUrl: `${base}/api/v1/sign-in/saml/acs`,
    },
  })
  server = await freshServer({ port, env: { RUNLAYER_PUBLIC_URL: base } })
  browser = await openBrowser()
}, 180_000)
afterAll(async () => {
  await browser?.close()
  await server?.remove()
  await idp?.close()
  await saml?.close()
})

const open = () => openWatchedPage(browser, 'single-sign-on')

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name }).first().waitFor()
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const field = (page: Page, name: string) => page.getByLabel(name, { exact: true })

async function signInThere(page: Page, account: string): Promise<void> {
  await fill(page, field(page, 'Account'), account)
  await page.keyboard.press('Enter')
}

test('a Super Admin adds, tests and enforces an OpenID provider; people then sign in there, by keyboard alone', {
  timeout: 180_000,
}, async () => {
  const me = await server.api<{ id: string }>('GET', '/api/v1/users/me')
  const link = await server.api<{ url: string }>('POST', `/api/v1/users/${me.id}/sign-in-links`)
  for (const name of ['Engineering', 'Finance']) await server.api('POST', '/api/v1/groups', { name })
  const admin = await open()
  await admin.goto(`${link.url}&next=/single-sign-on`)
  await heading(admin, 'Single sign-on')
  expect(await faults(admin)).toEqual([])
  await press(admin, button(admin, 'Add provider'))
  await fill(admin, field(admin, 'Name'), 'Acme')
  await fill(admin, field(admin, 'Issuer'), idp.issuer)
  await fill(admin, field(admin, 'Client id'), 'console')
  await fill(admin, field(admin, 'Client secret'), idp.clientSecret)
  await fill(admin, field(admin, 'Domains'), 'example.com')
  await fill(admin, field(admin, 'Groups claim'), 'groups')
  await press(admin, button(admin, 'Add value'))
  await fill(admin, field(admin, 'Value 1'), 'eng-all')
  await field(admin, 'Value 1 becomes').selectOption({ label: 'Engineering' })
  await press(admin, button(admin, 'Add claim'))
  await fill(admin, field(admin, 'Claim 1'), 'name')
  await fill(admin, field(admin, 'Claim 1 becomes'), 'called')
  expect(await faults(admin)).toEqual([])
  await admin.keyboard.press('Enter')
  await heading(admin, 'Acme')
  expect(await faults(admin)).toEqual([])
  const enforce = admin.getByRole('switch', { name: 'Enforce for its domains' })
  expect(await enforce.getAttribute('aria-disabled')).toBe('true')
  await press(admin, button(admin, 'Test sign-in'))
  await signInThere(admin, 'root')
  await admin.getByText('The test sign-in succeeded').waitFor()
  await admin.getByText('email: admin@example.com').waitFor()
  expect(await faults(admin)).toEqual([])
  await press(admin, admin.getByRole('link', { name: 'Back to single sign-on' }))
  await press(admin, admin.getByRole('link', { name: 'Acme' }))
  await tabTo(admin, enforce)
  await admin.keyboard.press('Space')
  await press(admin, button(admin, 'Enforce'))
  await admin.getByText('Enforced', { exact: true }).first().waitFor()

  const page = await open()
  await page.goto(`${base}/keys`)
  await heading(page, 'Sign in')
  await field(page, 'Email').waitFor()
  expect(await faults(page)).toEqual([])
  await fill(page, field(page, 'Email'), 'ada@example.com')
  await page.keyboard.press('Enter')
  await signInThere(page, 'ada')
  await heading(page, 'API keys')
  expect(new URL(page.url()).pathname).toBe('/keys')
  const { data } = await server.api<{ data: { actor: { email?: string } }[] }>(
    'GET',
    '/api/v1/audit-logs?action=session_created&limit=1',
  )
  expect(data).toMatchObject([{ actor: { email: 'ada@example.com' } }])
  // By the row alone: names were not asked for, and a claim gives no role.
  const ada = await server.api<{ data: User[] }>('GET', '/api/v1/users?query=ada%40example.com')
  expect(ada.data).toMatchObject([{ roles: ['user'], attributes: { called: ['Ada Byte'] } }])
  const { data: groups } = await server.api<{ data: Group[] }>('GET', '/api/v1/groups')
  expect(groups.map(({ name, member_ids: own, sso_member_ids: ids }) => ({ name, own, ids }))).toEqual([
    { name: 'Engineering', own: [], ids: [ada.data[0]?.id] },
    { name: 'Finance', own: [], ids: [] },
  ])
  await page.context().close()
})

test('refusals say what happened and lead on: a password where single sign-on is enforced, and somebody unknown', {
  timeout: 120_000,
}, async () => {
  const page = await open()
  await page.goto(`${base}/sign-in`)
  await press(page, button(page, 'Use a password instead'))
  await fill(page, field(page, 'Email'), 'ada@example.com')
  await fill(page, field(page, 'Password'), 'violet otter unpacks 9 ladders')
  await page.keyboard.press('Enter')
  await page.getByText('People of example.com sign in through Acme.').waitFor()
  expect(await faults(page)).toEqual([])
  await press(page, button(page, 'Continue with Acme').first())
  await signInThere(page, 'eve')
  const alert = page.getByRole('alert')
  await alert.waitFor()
  expect(await alert.innerText()).toContain(
    'elsewhere.example is not a domain whose people sign in through Acme.',
  )
  expect(await faults(page)).toEqual([])
  await press(page, page.getByRole('link', { name: 'Back to the sign-in page' }))
  await heading(page, 'Sign in')
  await page.context().close()
})

test('an answer that was begun in another browser signs nobody in', { timeout: 120_000 }, async () => {
  const [victim, other] = [await open(), await open()]
  await other.goto(`${base}/sign-in`)
  // The answer is kept from its own browser, so that nobody has used it.
  await other.route('**/api/v1/sessions/single-sign-on', (route) => route.abort())
  await button(other, 'Continue with Acme').click()
  await signInThere(other, 'ada')
  await other.waitForURL(/code=/)
  const answer = other.url()
  await victim.goto(answer)
  await victim.getByRole('alert').waitFor()
  expect(await victim.getByRole('alert').innerText()).toContain('was not begun in this browser')
  await victim.goto(`${base}/keys`)
  await heading(victim, 'Sign in')
  for (const page of [victim, other]) await page.context().close()
})

test('a SAML provider is added by its metadata, and its people sign in there by keyboard alone', {
  timeout: 180_000,
}, async () => {
  const { id } = await server.api<{ id: string }>('POST', '/api/v1/users', {
    email: 'root@other.example',
    roles: ['super_admin'],
  })
  const link = await server.api<{ url: string }>('POST', `/api/v1/users/${id}/sign-in-links`)
  const admin = await open()
  await admin.goto(`${link.url}&next=/single-sign-on`)
  await press(admin, button(admin, 'Add provider'))
  await fill(admin, field(admin, 'Name'), 'Partner')
  await tabTo(admin, admin.getByRole('radio', { name: 'OpenID Connect' }))
  await admin.keyboard.press('ArrowRight')
  await tabTo(admin, field(admin, 'Metadata'))
  await admin.keyboard.insertText(saml.metadata)
  await fill(admin, field(admin, 'Domains'), 'partner.example')
  expect(await faults(admin)).toEqual([])
  await press(admin, admin.getByRole('dialog').getByRole('button', { name: 'Add provider' }))
  await heading(admin, 'Partner')
  expect(await faults(admin)).toEqual([])
  await admin.context().close()

  const page = await open()
  await page.goto(`${base}/sign-in?next=/keys`)
  await fill(page, field(page, 'Email'), 'bo@partner.example')
  await page.keyboard.press('Enter')
  await signInThere(page, 'bo')
  await press(page, button(page, 'Continue'))
  await heading(page, 'API keys')
  await page.context().close()
})
