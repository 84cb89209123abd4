import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, chromium, type Locator, type Page } from 'playwright-core'

export const themes = ['light', 'dark'] as const

/** The Chromium of the system, in a profile of its own that goes with it. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

export async function openPage(browser: Browser, theme: 'light' | 'dark'): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1360, height: 860 },
    colorScheme: theme,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  return page
}

/**
 * What axe finds wrong, one line each, empty when nothing. The console has no frames, so axe runs in the page itself: joining
 * the results of frames would open a second page for every look.
 */
export async function faults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id} at ${node.target.join(' ')}`))
}

/** Runs in the page, whose types are not known here. */
export function hasFocus(element: unknown): boolean {
  return element === (element as { ownerDocument: { activeElement: unknown } }).ownerDocument.activeElement
}

/** Moves the focus with the Tab key alone until it stands on `wanted`; fails when a whole round did not reach it. */
export async function tabTo(page: Page, wanted: Locator): Promise<void> {
  await wanted.first().waitFor()
  for (let step = 0; step < 120; step++) {
    if (await wanted.first().evaluate(hasFocus)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`the Tab key never reached ${wanted}`)
}

/** Reaches a control by Tab and presses it by Enter. */
export async function press(page: Page, wanted: Locator): Promise<void> {
  await tabTo(page, wanted)
  await page.keyboard.press('Enter')
}

/** Reaches a field by Tab, replaces what stands in it. */
export async function fill(page: Page, field: Locator, text: string): Promise<void> {
  await tabTo(page, field)
  await page.keyboard.press('Control+A')
  await page.keyboard.type(text)
}
