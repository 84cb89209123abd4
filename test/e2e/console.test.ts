import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { type RunningServer, startServer } from '../support/server.ts'
import { faults, fill, openBrowser, openPage, press, tabTo, themes } from './browser.ts'
import { startEchoServer } from './echo-server.ts'

let upstream: Awaited<ReturnType<typeof startEchoServer>>
let server: RunningServer
let browser: Browser
/** Where the console is: the public address, which the server insists on. */
let base: string
let storage: Awaited<ReturnType<ReturnType<Page['context']>['storageState']>>

beforeAll(async () => {
  upstream = await startEchoServer()
  // Without an administrator from the environment the first start prints a sign-in link.
  server = await startServer({
    dataDir: await mkdtemp(join(tmpdir(), 'runlayer-console-')),
    env: { RUNLAYER_ADMIN_EMAIL: '', RUNLAYER_ADMIN_API_KEY: '' },
  })
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await server?.remove()
  await upstream?.close()
})

async function signInLink(): Promise<string> {
  await expect
    .poll(() => /https?:\S+sign-in\S+/.exec(server.output())?.[0], { timeout: 10_000 })
    .toBeDefined()
  return /https?:\S+sign-in\S+/.exec(server.output())?.[0] ?? ''
}

test('the link of the first start signs in once', async () => {
  const link = await signInLink()
  base = new URL(link).origin
  const page = await openPage(browser, 'light')
  await page.goto(link)
  await page.getByRole('heading', { name: /^Welcome/ }).waitFor()
  expect(new URL(page.url()).search).toBe('')
  storage = await page.context().storageState()
  await page.context().close()

  const again = await openPage(browser, 'dark')
  await again.goto(link)
  await again.getByRole('alert').waitFor()
  expect(await faults(again)).toEqual([])
  await again.context().close()
})

test('whoever has no session is told how to get one', async () => {
  const page = await openPage(browser, 'light')
  await page.goto(`${base}/audit?outcome=denied`)
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  expect(new URL(page.url()).searchParams.get('next')).toBe('/audit?outcome=denied')
  expect(await faults(page)).toEqual([])
  await page.context().close()
})

// Generous: two browsers share two cores with whatever else runs.
describe.each(themes)('by keyboard alone, in the %s theme', { timeout: 120_000 }, (theme) => {
  test('a connector is made, a rule written, a tool run and found in the audit', async () => {
    const page = await openPage(browser, theme)
    onTestFailed(() => page.screenshot({ path: `test-results/console-${theme}.png` }).then(() => undefined))
    await page.context().addCookies(storage.cookies)
    await page.goto(base)
    await page.getByRole('heading', { name: /^Welcome/ }).waitFor()
    expect(await faults(page)).toEqual([])

    const name = `Echo ${theme}`
    await addConnector(page, name)
    await writeRule(page)
    await runTool(page, `hello from ${theme}`)
    await findInAudit(page)
    await page.context().close()
  })
})

async function addConnector(page: Page, name: string): Promise<void> {
  await page.keyboard.press('Control+K')
  await page.getByRole('dialog', { name: 'Command palette' }).waitFor()
  expect(await faults(page)).toEqual([])
  await page.keyboard.type('Add connector')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Add connector', level: 1 }).waitFor()
  expect(await faults(page)).toEqual([])
  await fill(page, page.getByLabel('Name', { exact: true }), name)
  await fill(page, page.getByRole('textbox', { name: 'URL' }), upstream.url)
  await tabTo(page, page.getByRole('radio', { name: 'Auto' }))
  await page.keyboard.press('ArrowLeft')
  expect(await page.getByRole('radio', { name: 'None' }).isChecked()).toBe(true)
  await press(page, page.getByRole('button', { name: 'Add connector' }))
  await page.getByRole('heading', { name, level: 1 }).waitFor()
  await page.getByText('Healthy').first().waitFor()
  expect(await faults(page)).toEqual([])
}

async function writeRule(page: Page): Promise<void> {
  const tabs = page.getByRole('navigation', { name: 'Connector' })
  await press(page, tabs.getByRole('link', { name: 'Policies' }))
  await press(page, page.getByRole('button', { name: 'New access rule' }))
  await tabTo(page, page.getByLabel('Kind of principal'))
  await page.keyboard.type('people')
  await press(page, page.getByRole('button', { name: /^Who:/ }))
  await page.getByRole('option', { name: /admin@/, selected: true }).waitFor()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
  await tabTo(page, page.getByLabel('What', { exact: true }))
  await page.keyboard.type('the tools')
  await fill(page, page.getByLabel(/^Add a pattern/), 'ec*')
  await page.keyboard.press('Enter')
  await page.getByText(/Affects 1 person, 1 of/).waitFor()
  expect(await faults(page)).toEqual([])
  await press(page, page.getByRole('button', { name: 'Create rule' }))
  await page.getByRole('link', { name: /to use ec\* on Echo/ }).waitFor()
  expect(await faults(page)).toEqual([])
}

async function runTool(page: Page, text: string): Promise<void> {
  const tabs = page.getByRole('navigation', { name: 'Connector' })
  await press(page, tabs.getByRole('link', { name: 'Try it' }))
  await press(page, page.getByRole('button', { name: /^Tool:/ }))
  await page.keyboard.type('echo')
  await page.getByRole('option', { name: 'echo', selected: true }).waitFor()
  await page.keyboard.press('Enter')
  await fill(page, page.getByRole('textbox', { name: 'text' }), text)
  await press(page, page.getByRole('button', { name: 'Run tool' }))
  await page.getByRole('status').getByText(text).waitFor()
  expect(await faults(page)).toEqual([])
}

async function findInAudit(page: Page): Promise<void> {
  await press(page, page.getByRole('link', { name: 'Show it in the audit' }))
  await page.getByRole('heading', { name: 'Audit', level: 1 }).waitFor()
  await page.getByRole('link', { name: 'Tool call' }).first().waitFor()
  expect(await faults(page)).toEqual([])
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  const drawer = page.getByRole('dialog', { name: 'Tool call success' })
  await drawer.getByText('echo', { exact: true }).waitFor()
  expect(await faults(page)).toEqual([])
  await page.keyboard.press('Escape')
  await drawer.waitFor({ state: 'detached' })
}
