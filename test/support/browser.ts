import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchChromium } from '../../tools/chromium.ts';

export type { Locator, Page } from 'playwright-core';

/** How somebody looks at the page. */
export interface VisitOptions {
  /** Where the page is, for whatever it asks of others counts as a fault: `http://127.0.0.1:8787`. */
  readonly origin: string;
  /** Default: a screen of 1280 × 800 with a mouse. `phone`: 390 × 844, by touch. */
  readonly device?: 'screen' | 'phone';
  /** Default: light. */
  readonly theme?: 'light' | 'dark';
}

/** What the page must not do; each is a sentence. A visit that ends with one has failed. */
export type Faults = string[];

/** A browser for the tests of a file. */
export interface TestBrowser {
  /**
   * Opens a window of its own, with cookies and storage of its own, and closes it when `work` is done.
   * @throws what `work` throws, its message with the picture of the page at that moment; Error when the page has done what it must not:
   *   an error or a warning of the console, an exception, a violation of its content security policy, a dialog of the browser, a request
   *   to somewhere else, an answer that says that the server has failed
   */
  visit<T>(options: VisitOptions, work: (page: Page) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** For `before`; close it in `after`. */
export async function startBrowser(): Promise<TestBrowser> {
  const browser = await launchChromium();
  return {
    visit: (options, work) => visit(browser, options, work),
    close: () => browser.close(),
  };
}

/** Milliseconds for anything that one waits for in the page. */
const patienceMs = 15_000;
const pictures = join(tmpdir(), 'rowhook-browser-tests');

const devices = {
  screen: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
};

/** Runs in each page before its own scripts: keeps what it can only be asked for afterwards. */
const watch = `
  window.__faults = [];
  window.__shifts = [];
  addEventListener('securitypolicyviolation', (event) => {
    window.__faults.push('violates its policy: ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample);
  });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue;
      const of = entry.sources.map(({ node }) => node && (node.className || node.nodeName));
      window.__shifts.push({ value: entry.value, of });
    }
  }).observe({ type: 'layout-shift', buffered: true });
`;

async function visit<T>(
  browser: Browser,
  options: VisitOptions,
  work: (page: Page) => Promise<T>,
): Promise<T> {
  const { origin, device = 'screen', theme = 'light' } = options;
  const context = await browser.newContext({
    ...devices[device],
    colorScheme: theme,
    locale: 'en-GB',
    timezoneId: 'Europe/Lisbon',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  context.setDefaultTimeout(patienceMs);
  await context.addInitScript(watch);
  const faults = faultsOf(context, origin);
  const page = await context.newPage();
  try {
    const result = await work(page);
    faults.push(...(await toldBy(page)));
    if (faults.length > 0) throw new Error('the page has done what it must not');
    return result;
  } catch (error) {
    throw await withPicture(error as Error, page, faults);
  } finally {
    await context.close();
  }
}

/** Collects from now on what the pages of a context do that they must not. */
function faultsOf(context: BrowserContext, origin: string): Faults {
  const faults: Faults = [];
  context.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return;
    const { url } = message.location();
    // An answer that refuses something is an answer; that the server fails is told below.
    if (/^Failed to load resource: the server responded with a status of 4\d\d/.test(message.text())) return;
    faults.push(`console ${message.type()}: ${message.text()} (${url})`);
  });
  context.on('weberror', (error) => faults.push(`exception: ${error.error().stack ?? error.error()}`));
  context.on('dialog', (dialog) => {
    faults.push(`dialog ${dialog.type()}: ${dialog.message()}`);
    void dialog.dismiss().catch(() => {});
  });
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin === origin || ['data:', 'blob:', 'about:'].includes(url.protocol)) return;
    faults.push(`request to somewhere else: ${request.method()} ${request.url()}`);
  });
  context.on('response', (response) => {
    if (response.status() >= 500) faults.push(`${response.status()} for ${response.url()}`);
  });
  return faults;
}

/** What the page itself has seen. */
async function toldBy(page: Page): Promise<Faults> {
  return page.isClosed() ? [] : page.evaluate<string[]>('window.__faults ?? []');
}

async function withPicture(error: Error, page: Page, faults: Faults): Promise<Error> {
  const lines = [error.message, ...faults.map((fault) => `the page: ${fault}`)];
  try {
    await mkdir(pictures, { recursive: true });
    const path = join(pictures, `${new Date().toISOString().replace(/\W/g, '-')}.png`);
    await page.screenshot({ path, timeout: 5_000 });
    lines.push(`how it looked, at ${page.url().replace(/#.*/, '')}: ${path}`);
  } catch {
    // It is closed, or hangs; what is said without it counts.
  }
  const said = error.message;
  error.message = lines.join('\n');
  // What is shown of an error is its stack, which was written before.
  error.stack = error.stack?.replace(said, () => error.message) ?? error.message;
  return error;
}

/** The sum of all shifts of layout so far that nobody's input has caused, with what moved: 0 is still. */
export async function layoutShift(page: Page): Promise<{ sum: number; moved: string }> {
  const shifts = await page.evaluate<Array<{ value: number; of: string[] }>>('window.__shifts');
  const sum = shifts.reduce((total, { value }) => total + value, 0);
  return { sum, moved: JSON.stringify(shifts) };
}
