import { afterAll, beforeAll, expect, test } from 'vitest'
import { faults, openBrowser, openPage, type themes } from './browser.ts'
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
  ['/clients', 'Connected clients'],
  ['/requests?status=all', 'OAuth redirect URIs'],
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

type Theme = (typeof themes)[number]
type Opened = {
  api: Awaited<ReturnType<typeof startFakeApi>>
  browser: Awaited<ReturnType<typeof openBrowser>>
}

/** The canned server and a browser for the tests of one file. */
export function openConsole(): () => Opened {
  let opened: Partial<Opened> = {}
  beforeAll(async () => {
    opened = { api: await startFakeApi() }
    opened = { ...opened, browser: await openBrowser() }
  })
  afterAll(async () => {
    await opened.browser?.close()
    opened.api?.close()
  })
  return () => {
    const { api, browser } = opened
    if (api === undefined || browser === undefined) throw new Error('not open yet')
    return { api, browser }
  }
}

/** Every page in one theme. Each theme is a file of its own, so that they run beside each other. */
export function lookAtPages(theme: Theme, opened: () => Opened): void {
  // Generous: two browsers share two cores with whatever else runs.
  test(`in the ${theme} theme every kind of page and drawer is free of what axe finds`, {
    timeout: 240_000,
  }, async () => {
    const { api, browser } = opened()
    const page = await openPage(browser, theme)
    const found: string[] = []
    let looked = 0
    page.on('pageerror', (error) => found.push(error.message))
    for (const [path, heading] of pages) {
      await page.goto(`${api.url}${path}`)
      await page.getByRole('heading', { name: heading }).first().waitFor()
      found.push(...(await faults(page)).map((fault) => `${path}: ${fault}`))
      looked += 1
    }
    expect(found).toEqual([])
    expect(looked).toBe(30)
    await page.context().close()
  })
}
