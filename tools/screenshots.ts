// `npm run screenshots`: makes the pictures of docs/admin.md anew, from a daemon with a database that it fills. With a folder
// (`npm run screenshots -- /tmp/look`): every page there, light and dark, wide and on a phone, to be looked at.
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { type AdminSystem, startAdminSystem, tokens } from '../test/support/admin.ts';
import { testServer } from '../test/support/server.ts';
import { launchChromium } from './chromium.ts';
import { type Filled, fillDatabase } from './screenshots-data.ts';

const own = fileURLToPath(new URL('../docs/images/admin/', import.meta.url));
/** What GitHub shows at once on a slow line. */
const mostBytes = 150_000;

const looks = {
  wide: { viewport: { width: 1200, height: 750 }, deviceScaleFactor: 1 },
  phone: {
    viewport: { width: 390, height: 780 },
    deviceScaleFactor: 1.5,
    isMobile: true,
    hasTouch: true,
  },
} as const;
type Look = keyof typeof looks;
const themes = ['light', 'dark'] as const;

/** Those that docs/admin.md shows on a phone too. */
const onPhone = ['webhooks', 'delivery'];

const pages = ({ webhook, delivery, event }: Filled): Readonly<Record<string, string>> => ({
  overview: '/',
  webhooks: '/webhooks',
  create: '/webhooks/new',
  settings: `/webhooks/${webhook}/settings`,
  deliveries: `/webhooks/${webhook}`,
  delivery: `/webhooks/${webhook}/deliveries/${delivery}`,
  'all-deliveries': '/deliveries',
  events: '/events',
  event: `/events/${event}`,
  record: '/records/person:412',
  bulk: '/bulk',
  audit: '/audit',
});
const shown = ['overview', 'webhooks', 'create', 'delivery', 'event', 'bulk'];

const [folder] = process.argv.slice(2);
const system = await startAdminSystem({ schedule: [3_600_000] });
const browser = await launchChromium();
try {
  const all = pages(await fillDatabase(system));
  await mkdir(folder ?? own, { recursive: true });
  for (const look of Object.keys(looks) as Look[])
    for (const theme of themes) {
      const wanted = Object.entries(all).filter(
        ([name]) =>
          folder !== undefined ||
          (look === 'wide' ? shown.includes(name) : theme === 'light' && onPhone.includes(name)),
      );
      await take(browser, system, { look, theme, wanted });
    }
} finally {
  await browser.close();
  await system.stop();
  await system.db.drop();
  await (await testServer()).close();
}

interface Session {
  readonly look: Look;
  readonly theme: (typeof themes)[number];
  readonly wanted: ReadonlyArray<readonly [name: string, path: string]>;
}

async function take(
  browser: Browser,
  { origin }: AdminSystem,
  { look, theme, wanted }: Session,
): Promise<void> {
  if (wanted.length === 0) return;
  const context = await browser.newContext({ ...looks[look], colorScheme: theme, locale: 'en-GB' });
  const page = await context.newPage();
  await page.goto(`${origin}/#token=${tokens.operator}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  for (const [name, path] of wanted) {
    await page.goto(`${origin}${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.locator('.skeleton').first().waitFor({ state: 'detached' });
    // Charts are drawn when the browser has time.
    await page.waitForTimeout(700);
    const file = join(
      folder ?? own,
      `${[name, look === 'phone' ? 'phone' : '', theme].filter(Boolean).join('-')}.png`,
    );
    await page.screenshot({ path: file });
    const { size } = await stat(file);
    process.stdout.write(`${file} ${Math.round(size / 1000)} kB\n`);
    if (folder === undefined && size > mostBytes)
      throw new Error(`${file} has ${size} bytes; at most ${mostBytes} are wanted`);
  }
  await context.close();
}
