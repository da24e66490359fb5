import { type Browser, chromium, type Page } from 'playwright-core'

/** Debian's Chromium under the tests' control. */
export interface Chromium extends AsyncDisposable {
  readonly browser: Browser
  /** A page in a profile of its own: no cookies or storage of another page. */
  page(options?: { viewport?: { width: number; height: number }; dark?: boolean }): Promise<Page>
}

/** Starts Chromium without a window, with a new profile and without its own traffic to the network. */
export async function startChromium(): Promise<Chromium> {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    headless: true,
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
  return {
    browser,
    page: async ({ viewport, dark } = {}) => {
      const options = { ...(viewport && { viewport }), colorScheme: dark ? ('dark' as const) : ('light' as const) }
      return (await browser.newContext(options)).newPage()
    },
    [Symbol.asyncDispose]: () => browser.close(),
  }
}
