import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { faults, hasFocus, openPage, press, themes } from './browser.ts'
import { sampleIds } from './fake-api.ts'
import { lookAtPages, openConsole } from './look-at-pages.ts'

const opened = openConsole()

lookAtPages('light', opened)

test('every theme has a file that looks at every page', () => {
  const looks = ['pages.test.ts', 'pages-dark.test.ts'].map((name) =>
    readFileSync(join(import.meta.dirname, name), 'utf8'),
  )
  expect(
    themes.filter((theme) => !looks.some((text) => text.includes(`lookAtPages('${theme}', opened)`))),
  ).toEqual([])
})

test('characters that hide in a tool definition are shown to the reviewer', async () => {
  const page = await openPage(opened().browser, 'light')
  await page.goto(`${opened().api.url}/connectors/${sampleIds.filesystem}/tools?tool=write_file`)
  await page.getByRole('region', { name: 'Definition before and after' }).getByText('U+202E').waitFor()
  await page.context().close()
})

test('a question over a drawer takes the keyboard, and Escape closes the question alone', async () => {
  const page = await openPage(opened().browser, 'light')
  await page.goto(`${opened().api.url}/groups?group=${sampleIds.group}`)
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

const questions: readonly (readonly [path: string, button: string, lost: string])[] = [
  ['/keys', 'Revoke ', 'cannot be undone'],
  ['/directory', 'Revoke ', 'refused from the next request on'],
  ['/clients', 'Disconnect ', 'You can connect it again'],
  ['/trusted-issuers', ' no longer', 'You can trust it again'],
  ['/delegations', 'Revoke ', 'taken back'],
  ['/requests', 'Remove allow', 'You can add the rule again'],
  ['/security', 'Remove ', 'You can add the pattern again'],
  ['/account', 'Remove My laptop', 'add a new passkey'],
  [`/connectors/${sampleIds.github}/connection`, 'Disconnect', 'until you'],
  [`/connectors/${sampleIds.filesystem}/settings`, 'Delete connector', 'cannot be undone'],
  [`/policies?policy=${sampleIds.rule}`, 'Delete rule', 'It ends at once'],
  [`/people?person=${sampleIds.person}`, 'Deactivate', 'end at once'],
  [`/agents?agent=${sampleIds.agent}`, 'Rotate secret', 'is refused from the next request on'],
  [`/single-sign-on?provider=${sampleIds.provider}`, 'Delete provider', 'another way to sign in'],
]

test.each(themes)(
  'every question before a loss says what is lost and is left by Escape (%s)',
  {
    timeout: 120_000,
  },
  async (theme) => {
    const page = await openPage(opened().browser, theme)
    const found: string[] = []
    for (const [path, name, lost] of questions) {
      await page.goto(`${opened().api.url}${path}`)
      await page.getByRole('button', { name }).first().click()
      const question = page.getByRole('alertdialog')
      await question.getByText(lost).waitFor()
      if (!(await question.getByRole('button', { name: 'Cancel' }).evaluate(hasFocus)))
        found.push(`${path}: the keyboard is elsewhere`)
      found.push(...(await faults(page)).map((fault) => `${path}: ${fault}`))
      await page.keyboard.press('Escape')
      await question.waitFor({ state: 'detached' })
    }
    expect(found).toEqual([])
    await page.context().close()
  },
)

test('what one question failed by is not shown with the next', async () => {
  const page = await openPage(opened().browser, 'light')
  await page.goto(`${opened().api.url}/clients`)
  await page.route('**/api/v1/oauth/connections/*', (route) => route.abort())
  await page
    .getByRole('button', { name: /^Disconnect / })
    .first()
    .click()
  const question = page.getByRole('alertdialog')
  await press(page, question.getByRole('button', { name: 'Disconnect client' }))
  await question.getByRole('alert').waitFor()
  await page.keyboard.press('Escape')
  await question.waitFor({ state: 'detached' })
  await page
    .getByRole('button', { name: /^Disconnect / })
    .first()
    .click()
  expect(await question.getByRole('alert').count()).toBe(0)
  await page.context().close()
})

test('a click beside a form or a secret takes nothing away', async () => {
  const page = await openPage(opened().browser, 'light')
  await page.goto(`${opened().api.url}/keys?new=1`)
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('Release pipeline')
  await page.mouse.click(20, 800)
  expect(await dialog.getByLabel('Name').inputValue()).toBe('Release pipeline')
  await page.keyboard.press('Enter')
  const secret = dialog.getByText('rl_example_secret_shown_once')
  await secret.waitFor()
  await page.mouse.click(20, 800)
  await page.keyboard.press('Escape')
  expect(await secret.isVisible()).toBe(true)
  await dialog.getByRole('button', { name: 'Done' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.context().close()
})

test('a page with something entered on it is not left without a word', async () => {
  const page = await openPage(opened().browser, 'light')
  await page.goto(`${opened().api.url}/policies/new`)
  const why = page.getByLabel('Why this rule exists')
  await why.fill('Asked for by the audit')
  await page.getByRole('link', { name: 'Groups' }).click()
  const question = page.getByRole('alertdialog')
  await question.getByText('not saved').waitFor()
  await page.keyboard.press('Escape')
  await question.waitFor({ state: 'detached' })
  expect(await why.inputValue()).toBe('Asked for by the audit')
  await page.getByRole('link', { name: 'Groups' }).click()
  await press(page, question.getByRole('button', { name: 'Leave' }))
  await page.getByRole('heading', { name: 'Groups', level: 1 }).waitFor()
  // Cancel is meant, and an untouched form holds nothing.
  await page.goto(`${opened().api.url}/policies/new`)
  await why.fill('Again')
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('heading', { name: 'Policies', level: 1 }).waitFor()
  for (const path of ['/connectors/new', `/connectors/${sampleIds.filesystem}/settings`]) {
    await page.goto(`${opened().api.url}${path}`)
    await page.getByLabel('Name', { exact: true }).focus()
    await page.getByRole('link', { name: 'Groups' }).click()
    await page.getByRole('heading', { name: 'Groups', level: 1 }).waitFor()
  }
  await page.context().close()
})

test('a page whose code did not come is had by trying again', async () => {
  const page = await openPage(opened().browser, 'light')
  await page.goto(`${opened().api.url}/groups`)
  await page.getByRole('heading', { name: 'Groups', level: 1 }).waitFor()
  let isDown = true
  await page.route('**/*', (route) => (isDown ? route.abort() : route.continue()))
  await page.getByRole('link', { name: 'Audit' }).click()
  await page.getByRole('alert').getByText('A part of the console could not be loaded').waitFor()
  const again = page.getByRole('button', { name: 'Try again' })
  await again.click()
  expect(await page.getByRole('alert').isVisible()).toBe(true)
  isDown = false
  await again.click()
  await page.getByRole('heading', { name: 'Audit', level: 1 }).waitFor()
  await page.context().close()
})

test('an address that leads nowhere is no failure', async () => {
  const page = await openPage(opened().browser, 'light')
  await page.goto(`${opened().api.url}/nowhere`)
  await page.getByRole('heading', { name: 'There is no page at this address' }).waitFor()
  expect(await page.getByRole('alert').count()).toBe(0)
  expect(await faults(page)).toEqual([])
  await page.context().close()
})

test('an address holds text: a search for digits is found again, and a form opens by 1', async () => {
  const page = await openPage(opened().browser, 'light')
  await page.goto(`${opened().api.url}/people?query=2024`)
  await expect.poll(() => page.getByRole('searchbox').inputValue()).toBe('2024')
  await page.goto(`${opened().api.url}/people`)
  await page.getByRole('button', { name: 'Add person' }).click()
  await page.getByRole('dialog').waitFor()
  expect(new URL(page.url()).search).toBe('?new=1')
  await page.reload()
  await page.getByRole('dialog').waitFor()
  await page.context().close()
})

test('the period of the search report stands in the address', async () => {
  const page = await openPage(opened().browser, 'light')
  await page.goto(`${opened().api.url}/runlayer-plugin?days=7`)
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

test('on a phone no page is wider than the screen', async () => {
  const { api, browser } = opened()
  const page = await openPage(browser, 'light')
  await page.setViewportSize({ width: 390, height: 800 })
  const wide: string[] = []
  for (const path of ['/account', '/security', '/runlayer-plugin?days=7', '/people', '/policies/new']) {
    await page.goto(`${api.url}${path}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.waitForLoadState('networkidle')
    const isWide = await page.evaluate<boolean>(
      'document.documentElement.scrollWidth > document.documentElement.clientWidth',
    )
    if (isWide) wide.push(path)
  }
  // A drawer is as wide as the screen: what is wider in it could not be reached by a finger.
  for (const path of [
    `/people?person=${sampleIds.person}`,
    `/policies?policy=${sampleIds.rule}`,
    `/groups?group=${sampleIds.group}`,
  ]) {
    await page.goto(`${api.url}${path}`)
    await page.getByRole('dialog').waitFor()
    for (const button of await page.getByRole('dialog').getByRole('button').all()) {
      const box = await button.boundingBox()
      if (box !== null && box.x + box.width > 390) wide.push(`${path}: ${await button.innerText()}`)
    }
  }
  expect(wide).toEqual([])
  await page.context().close()
})
