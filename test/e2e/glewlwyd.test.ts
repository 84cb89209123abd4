import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import type { Group, User } from '../../contract/client.ts'
import { glewlwydMissing, startGlewlwyd } from '../fixtures/glewlwyd.ts'
import { freshServer } from '../support/fresh-server.ts'
import { freePort, type RunningServer } from '../support/server.ts'
import { openBrowser, openPage } from './browser.ts'

// An identity provider somebody else wrote, in another language, from the system's own packages.
const missing = glewlwydMissing()
const ada = {
  username: 'ada',
  password: 'violet otter unpacks 9 ladders',
  name: 'Ada Byte',
  email: 'ada@example.com',
  groups: ['eng-all', 'staff'],
}

describe.skipIf(missing !== undefined)(
  `Glewlwyd${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let server: RunningServer
    let browser: Browser
    let base: string
    let idp: Awaited<ReturnType<typeof startGlewlwyd>>

    beforeAll(async () => {
      const port = await freePort()
      base = `http://localhost:${port}`
      const redirectUri = `${base}/sign-in/callback`
      idp = await startGlewlwyd({ redirectUri, users: [ada] })
      server = await freshServer({ port, env: { RUNLAYER_PUBLIC_URL: base } })
      browser = await openBrowser()
    }, 180_000)
    afterAll(async () => {
      await browser?.close()
      await server?.remove()
      await idp?.close()
    })

    test('a person signs in at its pages, and is who it says, in the groups it says', {
      timeout: 120_000,
    }, async () => {
      const engineering = await server.api<Group>('POST', '/api/v1/groups', { name: 'Engineering' })
      await server.api('POST', '/api/v1/sso-providers', {
        name: 'Glewlwyd',
        oidc: {
          issuer: idp.issuer,
          client_id: 'console',
          client_secret: idp.clientSecret,
          scopes: ['openid'],
        },
        domains: ['example.com'],
        // It says an email and not whether it was verified.
        trust_email: true,
        mapping: {
          groups: { claim: 'groups', by_name: false, rows: [{ value: 'eng-all', group_id: engineering.id }] },
          attributes: [{ claim: 'name', attribute: 'called' }],
        },
      })
      const page = await openPage(browser, 'light')
      onTestFailed(() => page.screenshot({ path: 'test-results/glewlwyd.png' }).then(() => undefined))
      await page.goto(`${base}/keys`)
      await page.getByRole('button', { name: 'Continue with Glewlwyd', exact: true }).click()
      await page.locator('#username').fill(ada.username)
      await page.locator('#password').fill(ada.password)
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: /continue/i }).click()
      await page.getByRole('heading', { name: 'API keys' }).waitFor()

      const { data } = await server.api<{ data: User[] }>('GET', '/api/v1/users?query=ada%40example.com')
      expect(data).toMatchObject([
        {
          name: 'Ada Byte',
          roles: ['user'],
          group_ids: [engineering.id],
          attributes: { called: ['Ada Byte'] },
        },
      ])
      await page.context().close()
    })
  },
)
