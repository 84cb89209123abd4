import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { totpAt } from '../../server/src/sign-in/totp.ts'
import { freePort, type RunningServer, startServer } from '../support/server.ts'
import { faults, fill, openBrowser, press } from './browser.ts'
import { openWatchedPage } from './watched-page.ts'

const password = 'violet otter unpacks 9 ladders'
let server: RunningServer
let browser: Browser
/** By name: browsers keep passkeys for names, not for addresses. */
let base: string

beforeAll(async () => {
  const port = await freePort()
  base = `http://localhost:${port}`
  const dataDir = await mkdtemp(join(tmpdir(), 'runlayer-sign-in-'))
  server = await startServer({ port, dataDir, env: { RUNLAYER_PUBLIC_URL: base } })
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await server?.remove()
})

const open = () => openWatchedPage(browser, 'sign-in')

async function openWithLink(next = ''): Promise<Page> {
  const me = await server.api<{ id: string }>('GET', '/api/v1/users/me')
  const link = await server.api<{ url: string }>('POST', `/api/v1/users/${me.id}/sign-in-links`)
  const page = await open()
  await page.goto(`${link.url}${next}`)
  return page
}

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name }).first().waitFor()
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const field = (page: Page, name: string) => page.getByLabel(name, { exact: true })

async function typeIn(page: Page, secret: string): Promise<void> {
  await fill(page, field(page, 'Email'), 'admin@example.com')
  await fill(page, field(page, 'Password'), secret)
  await page.keyboard.press('Enter')
}

test('a password is set and used, by keyboard alone, and a wrong one says what to do', {
  timeout: 120_000,
}, async () => {
  const first = await openWithLink('&next=/account')
  await heading(first, 'Account security')
  expect(await faults(first)).toEqual([])
  await press(first, button(first, 'Set password'))
  await fill(first, field(first, 'New password'), 'password1234')
  await first.keyboard.press('Enter')
  await first.getByText('among the first that are tried').first().waitFor()
  expect(await faults(first)).toEqual([])
  await fill(first, field(first, 'New password'), password)
  await first.keyboard.press('Enter')
  await button(first, 'Change password').waitFor()
  await first.context().close()

  const page = await open()
  await page.goto(`${base}/keys`)
  await heading(page, 'Sign in')
  expect(await faults(page)).toEqual([])
  await typeIn(page, 'wrong')
  await page.getByRole('alert').waitFor()
  expect(await page.getByRole('alert').innerText()).toContain('The email or the password is wrong.')
  expect(await faults(page)).toEqual([])
  await typeIn(page, password)
  await heading(page, 'API keys')
  await page.context().close()
})

test('a code of the authenticator app is asked for; an address of the server is where next leads', {
  timeout: 120_000,
}, async () => {
  const setUp = await openWithLink('&next=/account')
  await button(setUp, 'Set up').click()
  const secret = (await setUp.getByRole('dialog').locator('code').innerText()).replaceAll(' ', '')
  const step = Math.floor(Date.now() / 30_000)
  await field(setUp, 'Code').fill(totpAt(secret, step))
  await button(setUp, 'Turn on').click()
  await heading(setUp, 'Keep your recovery codes')
  expect(await faults(setUp)).toEqual([])
  const codes = await setUp.getByRole('dialog').locator('li').allInnerTexts()
  expect(codes).toHaveLength(10)
  await setUp.context().close()

  const page = await open()
  await page.goto(`${base}/sign-in?next=${encodeURIComponent('/api/v1/users/me')}`)
  await typeIn(page, password)
  await field(page, 'Code').waitFor()
  expect(await faults(page)).toEqual([])
  // The field has the focus: no key but those of the code is needed.
  await page.keyboard.type(codes[0] ?? '')
  await page.keyboard.press('Enter')
  await page.waitForURL(`${base}/api/v1/users/me`)
  expect(JSON.parse(await page.locator('body').innerText())).toMatchObject({ email: 'admin@example.com' })
  await page.context().close()
})

test('a passkey is made, signs in without a name or password, and is of no use once removed', {
  timeout: 120_000,
}, async () => {
  const page = await openWithLink('&next=/account')
  const device = await page.context().newCDPSession(page)
  await device.send('WebAuthn.enable')
  await device.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  await button(page, 'Add passkey').click()
  await fill(page, field(page, 'Name'), 'Test device')
  await page.keyboard.press('Enter')
  await page.getByText('Test device', { exact: true }).waitFor()
  await page.context().clearCookies()

  await page.goto(`${base}/sign-in?next=/account`)
  await press(page, button(page, 'Sign in with a passkey'))
  await heading(page, 'Account security')
  await page.getByRole('cell', { name: 'Passkey' }).first().waitFor()
  const { data } = await server.api<{
    data: { action: string; outcome: string; actor: { email?: string } }[]
  }>('GET', '/api/v1/audit-logs?action=session_created&limit=1')
  expect(data).toMatchObject([{ outcome: 'success', actor: { type: 'user', email: 'admin@example.com' } }])

  await button(page, 'Remove Test device').click()
  await press(page, button(page, 'Remove passkey'))
  await page.getByText('Passkey removed').waitFor()
  await page.context().clearCookies()
  await page.goto(`${base}/sign-in`)
  await button(page, 'Sign in with a passkey').click()
  await page.getByRole('alert').waitFor()
  expect(await page.getByRole('alert').innerText()).toContain('This passkey is unknown here')
  await page.context().close()
})

test('somebody is invited, told what to do first, and told when a key is made in their name', {
  timeout: 120_000,
}, async () => {
  const page = await openWithLink('&next=/people')
  await button(page, 'What roles may do').click()
  await heading(page, 'IT Admin')
  expect(await faults(page)).toEqual([])
  await page.keyboard.press('Escape')
  await press(page, button(page, 'Add person'))
  await fill(page, field(page, 'Email'), 'ann@example.com')
  await page.keyboard.press('Enter')
  await press(page, button(page, 'Make invitation link'))
  await page.getByText('It works once, within 7 days').waitFor()
  expect(await faults(page)).toEqual([])
  const link = await page.getByRole('dialog').locator('code').last().innerText()
  await page.context().close()

  const people = await server.api<{ data: { id: string; email: string }[] }>('GET', '/api/v1/users?query=ann')
  const [ann] = people.data
  await server.api('POST', '/api/v1/api-keys', { name: 'robot', user_id: ann?.id })
  const hers = await open()
  await hers.goto(link)
  await heading(hers, /^Welcome/)
  await hers.getByText('Make sure you can sign in again').waitFor()
  await hers.getByText('made an API key named “robot” that acts as you').waitFor()
  expect(await faults(hers)).toEqual([])
  await press(hers, hers.getByRole('button', { name: /^Put away/ }))
  await expect.poll(() => hers.getByText('made an API key').count()).toBe(0)
  await hers.context().close()
})
