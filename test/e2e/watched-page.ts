import type { Browser, Page } from 'playwright-core'
import { onTestFailed } from 'vitest'
import { openPage } from './browser.ts'

/** A page of which a picture is left behind when the test fails. */
export async function openWatchedPage(browser: Browser, picture: string): Promise<Page> {
  const page = await openPage(browser, 'light')
  onTestFailed(() =>
    page.screenshot({ path: `test-results/${picture}.png` }).then(
      () => undefined,
      // Closed already: another page of the test failed.
      () => undefined,
    ),
  )
  return page
}
