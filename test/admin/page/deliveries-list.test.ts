import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import pg from 'pg';
import { deliveries, filters } from '../../../admin/texts/deliveries.ts';
import type { Admin } from '../../../src/admin/admin.ts';
import { siteStacker } from '../../../src/presets/site-stacker.ts';
import { addEndpoint, enqueue, payloads, queueDatabase } from '../../delivery/queue.ts';
import { type Page, startBrowser, type TestBrowser } from '../../support/browser.ts';
import type { TestDatabase } from '../../support/database.ts';
import { waitUntil } from '../../support/wait.ts';
import { adminOf } from '../admin-kit.ts';

describe('the list of deliveries, in a browser', function () {
  this.timeout(90_000);
  const total = 420;
  let db: TestDatabase;
  let endpoint: string;
  /** Of the page alone: it looks at the database at any time, also when a test ends. */
  let pool: pg.Pool;
  let admin: Admin;
  let server: Server;
  let browser: TestBrowser;
  let origin: string;
  before(async () => {
    [db, browser] = await Promise.all([queueDatabase(), startBrowser()]);
    endpoint = await addEndpoint(db, 'https://receiver.example/hooks');
    await enqueue(db, endpoint, payloads(total));
    pool = new pg.Pool({ connectionString: db.url });
    ({ admin } = adminOf({ pool }, siteStacker()));
    server = createServer((request, response) => admin.node(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    await browser?.close();
    await admin?.close();
    server?.closeAllConnections();
    server?.close();
    await pool?.end();
    await db?.drop();
  });

  const rows = (page: Page) => page.locator('.live-body [role=row]');
  const firstId = (page: Page): Promise<string | null> =>
    rows(page).first().locator('a').getAttribute('data-id');
  /** Rows with the place where they are seen. */
  const places = (page: Page): Promise<string> =>
    page.evaluate<string>(`JSON.stringify([...document.querySelectorAll('.live-body a')].map((row) => [
      row.dataset.id, Math.round(row.getBoundingClientRect().top)]).filter(([, top]) => top > 60 && top < innerHeight))`);
  const arrive = async (count: number): Promise<string> =>
    (await enqueue(db, endpoint, payloads(count))).at(-1)!;
  const shows = (page: Page, id: string) =>
    waitUntil(async () => (await firstId(page)) === id, { what: 'the newest delivery at the top' });

  it('holds few rows however long it is, and moves nothing that is being read', async () => {
    await browser.visit({ origin }, async (page) => {
      await page.goto(`${origin}/deliveries`);
      await rows(page).first().waitFor();
      await page.mouse.move(640, 500);
      let most = 0;
      await waitUntil(
        async () => {
          await page.mouse.wheel(0, 4_000);
          most = Math.max(most, await rows(page).count());
          return page.getByText(deliveries.end).isVisible();
        },
        { what: 'the end of the list', timeoutMs: 30_000 },
      );
      const height = await page.locator('.live-body').evaluate((body) => body.getBoundingClientRect().height);
      expect(height).to.be.at.least(total * 30);
      expect(most).to.be.within(10, 70);

      const before = await places(page);
      const newest = await arrive(3);
      const button = page.getByRole('button', { name: deliveries.unseenName(3) });
      await button.waitFor();
      expect(await places(page)).to.equal(before);
      await button.click();
      await shows(page, newest);
      expect(await page.evaluate('scrollY')).to.be.below(200);

      await page.mouse.move(5, 5);
      await shows(page, await arrive(1));
      expect(await button.count()).to.equal(0);
    });
  });

  it('is walked by keys, opens beside itself, and is found again as it was left', async () => {
    await browser.visit({ origin }, async (page) => {
      await page.goto(`${origin}/deliveries`);
      await rows(page).first().waitFor();
      for (let step = 0; step < 40; step += 1) await page.keyboard.press('j');
      const chosen = await page.evaluate<string>('document.activeElement.dataset.id');
      expect(await rows(page).locator(`a[data-id="${chosen}"]`).count()).to.equal(1);
      await page.keyboard.press('Enter');
      await page.waitForURL(`**/deliveries/${chosen}`);
      await page.getByRole('complementary').waitFor();
      await page.keyboard.press('k');
      await page.waitForURL((url) => !url.pathname.endsWith(chosen));
      await page.keyboard.press('Escape');
      await page.waitForURL('**/deliveries');
      const focused = 'document.activeElement.dataset.id ?? ""';
      await waitUntil(async () => (await page.evaluate(focused)) !== '', { what: 'a row to have the focus' });
      expect(await page.evaluate(focused)).not.to.equal(chosen);

      const left = await page.evaluate<number>('scrollY');
      expect(left).to.be.above(300);
      await page.getByRole('link', { name: 'Events', exact: true }).click();
      await page.getByRole('heading', { name: 'Events' }).waitFor();
      await page.goBack();
      await rows(page).locator(`a[data-id="${chosen}"]`).waitFor();
      expect(await page.evaluate('scrollY')).to.equal(left);
    });
  });

  it('has its filter in the address: after a reload it is there', async () => {
    await browser.visit({ origin }, async (page) => {
      await page.goto(`${origin}/deliveries`);
      await rows(page).first().waitFor();
      await page.getByLabel(filters.event).fill('tag_assign');
      await page.getByText(deliveries.emptyFiltered.title).waitFor();
      await page.waitForURL('**/deliveries?event=tag_assign');
      await page.reload();
      await page.getByText(deliveries.emptyFiltered.title).waitFor();
      expect(await page.getByLabel(filters.event).inputValue()).to.equal('tag_assign');
      const [id] = await enqueue(db, endpoint, payloads(1), { name: 'tag_assign' });
      await enqueue(db, endpoint, payloads(1));
      await shows(page, id!);
      expect(await rows(page).count()).to.equal(1);
      await page.getByRole('button', { name: filters.clear }).click();
      await waitUntil(async () => (await rows(page).count()) > 10, { what: 'all deliveries again' });
    });
  });
});
