import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { faults, hasFocus, openBrowser, openPage, press, themes } from './browser.ts'
import { sampleIds, startFakeApi } from './fake-api.ts'

const { filesystem, github, rule, person, group, change, agent, provider, samlProvider } = sampleIds

/** Pages in states that a fresh installation does not show, by the heading that must stand on them. */
const pages: readonly (readonly [path: string, heading: string])[] = [
  ['/connectors', 'Connectors'],
  [`/connectors/${filesystem}/tools?tool=write_file`, 'What changed'],
  [`/connectors/${filesystem}/settings`, 'Turn off or delete'],
  [`/connectors/${github}/connection`, 'Your own values'],
  [`/connectors/${github}/connection`, 'Your sign-in'],
  ['/connections/callback?state=x&error=access_denied', 'Connecting'],
  [`/policies?policy=${rule}`, 'Affects 3 people'],
  [`/people?person=${person}`, 'What they manage'],
  ['/directory', 'Provisioning tokens'],
  [`/groups?group=${group}`, 'Rules that name it'],
  ['/single-sign-on', 'Single sign-on'],
  ['/single-sign-on?new=1', 'Add an identity provider'],
  [`/single-sign-on?provider=${provider}`, 'Enforce'],
  [`/single-sign-on?provider=${samlProvider}`, 'At the provider'],
  ['/account', 'Single sign-on'],
  ['/trusted-issuers', 'Trusted issuers'],
  ['/trusted-issuers?new=1', 'Trust an issuer'],
  ['/sign-in', 'Sign in'],
  ['/sign-in/callback?state=s', 'Sign in'],
  ['/sign-in/callback?state=t', 'What it said'],
  ['/runlayer-plugin?days=7', 'How well search works'],
  [`/security?server=${github}`, 'For one connector'],
  ['/keys?whose=all', 'API keys'],
  [`/agents?agent=${agent}`, 'How it signs in'],
  ['/agents?new=1', 'Make an agent account'],
  ['/delegations', 'Sign-ins you lend'],
  ['/delegations?new=1', 'Let an agent act for you'],
  [`/audit?outcome=success&entry=${change}`, 'Before and after'],
]

let api: Awaited<ReturnType<typeof startFakeApi>>
let browser: Browser
beforeAll(async () => {
  api = await startFakeApi()
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  api?.close()
})

// Generous: two browsers share two cores with whatever else runs.
describe.each(themes)('in the %s theme', { timeout: 120_000 }, (theme) => {
  test('every kind of page and drawer is free of what axe finds', async () => {
    const page = await openPage(browser, theme)
    const found: string[] = []
    page.on('pageerror', (error) => found.push(error.message))
    for (const [path, heading] of pages) {
      await page.goto(`${api.url}${path}`)
      await page.getByRole('heading', { name: heading }).first().waitFor()
      found.push(...(await faults(page)).map((fault) => `${path}: ${fault}`))
    }
    expect(found).toEqual([])
    await page.context().close()
  })
})

test('characters that hide in a tool definition are shown to the reviewer', async () => {
  const page = await openPage(browser, 'light')
  await page.goto(`${api.url}/connectors/${filesystem}/tools?tool=write_file`)
  await page.getByRole('region', { name: 'Definition before and after' }).getByText('U+202E').waitFor()
  await page.context().close()
})

test('a question over a drawer takes the keyboard, and Escape closes the question alone', async () => {
  const page = await openPage(browser, 'light')
  await page.goto(`${api.url}/groups?group=${group}`)
  await press(page, page.getByRole('button', { name: 'Delete group' }))
  const question = page.getByRole('alertdialog')
  expect(await question.getByRole('button', { name: 'Cancel' }).evaluate(hasFocus)).toBe(true)
  await page.keyboard.press('Tab')
  expect(await question.getByRole('button', { name: 'Delete group' }).evaluate(hasFocus)).toBe(true)
  await page.keyboard.press('Escape')
  await question.waitFor({ state: 'detached' })
  await page.getByRole('heading', { name: 'Rules that name it' }).waitFor()
  await page.context().close()
})

test('the period of the search report stands in the address', async () => {
  const page = await openPage(browser, 'light')
  await page.goto(`${api.url}/runlayer-plugin?days=7`)
  await page.getByRole('button', { name: 'Last 7 days', pressed: true }).waitFor()
  await page.getByRole('button', { name: 'Last 90 days' }).click()
  await page.waitForURL(/\?days=90$/)
  await page.getByText('put this into the archive').waitFor()
  await page.context().close()
})

test('what a first visit must load stays under 180 kB', () => {
  const dist = join(import.meta.dirname, '../../web/dist')
  const seen = new Map<string, number>()
  const weigh = (name: string): void => {
    if (seen.has(name)) return
    const text = readFileSync(join(dist, 'assets', name), 'utf8')
    seen.set(name, gzipSync(text).length)
    for (const [, next = ''] of text.matchAll(/(?:from|import)"\.\/([^"]+\.js)"/g)) weigh(next)
  }
  const html = readFileSync(join(dist, 'index.html'), 'utf8')
  for (const [, name = ''] of html.matchAll(/assets\/([^"]+\.js)/g)) weigh(name)
  const total = [...seen.values()].reduce((sum, bytes) => sum + bytes, 0)
  expect(total).toBeGreaterThan(50_000)
  expect(total).toBeLessThan(180_000)
})
