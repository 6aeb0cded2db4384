import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import { shell } from '../../../admin/texts/shell.ts';
import { states } from '../../../admin/texts/states.ts';
import { webhooks } from '../../../admin/texts/webhooks.ts';
import { type AdminSystem, startAdminSystem } from '../../support/admin.ts';
import { layoutShift, type Page, startBrowser, type TestBrowser } from '../../support/browser.ts';
import { waitUntil } from '../../support/wait.ts';
import { choose, deliveryRows, webhookRow } from './reading.ts';

/** What axe-core says of a page, as far as it counts here. */
interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: ReadonlyArray<{ readonly html: string; readonly failureSummary: string }>;
}

/** In the dark nothing else is different. */
const onlyColours = { runOnly: ['color-contrast', 'link-in-text-block'] };

describe('each page of the admin page', function () {
  this.timeout(90_000);
  let system: AdminSystem;
  let browser: TestBrowser;
  let axe: string;
  let webhook: string;
  let delivery: string;
  let event: string;
  before(async () => {
    axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    [system, browser] = await Promise.all([startAdminSystem({ schedule: [60_000] }), startBrowser()]);
    system.receiver.answer(({ path }) => ({
      status: path === '/down' ? 500 : 200,
      body: '{"a":[1,null,true]}',
    }));
    webhook = (await system.endpoint({ description: 'Mailing list' })).id;
    await system.endpoint({ url: system.receiver.url('/down'), description: 'Accounting' });
    for (const name of ['Ada', 'Bea', 'Cleo'])
      await system.db.query('update people set firstname = $1 where id = 412', [name]);
    await system.receiver.waitFor((all) => all.filter(({ path }) => path === '/hooks').length === 4);
    // What has arrived is written down a moment later.
    ({ delivery, event } = await waitUntil(
      async () => {
        const { rows } = await system.db.query<{ delivery: string; event: string }>(
          'select delivery_id as delivery, event_id as event from rowhook.attempt where endpoint_id = $1',
          [webhook],
        );
        return rows.length === 4 && rows[0];
      },
      { what: 'the attempts to be written down' },
    ));
  });
  after(async () => {
    await browser.close();
    await system.stop();
    await system.db.drop();
  });

  const pages = (): Readonly<Record<string, string>> => ({
    overview: '/',
    webhooks: '/webhooks',
    'a new webhook': '/webhooks/new',
    'a webhook': `/webhooks/${webhook}`,
    'its settings': `/webhooks/${webhook}/settings`,
    'a delivery': `/webhooks/${webhook}/deliveries/${delivery}`,
    deliveries: '/deliveries',
    events: '/events',
    'an event': `/events/${event}`,
    'a record': '/records/person:412',
    bulk: '/bulk',
    audit: '/audit',
  });
  const violations = async (page: Page, theme: 'light' | 'dark'): Promise<string[]> => {
    await page.evaluate(`window.axe ?? void (0, function () { ${axe} }).call(window)`);
    const found = await page.evaluate<Violation[]>(
      `axe.run(document, ${JSON.stringify(theme === 'light' ? {} : onlyColours)}).then(({ violations }) => violations)`,
    );
    return found
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
  };
  const faults: string[] = [];
  const look = async (page: Page, name: string, theme: 'light' | 'dark') =>
    faults.push(...(await violations(page, theme)).map((violation) => `${name}: ${violation}`));

  for (const theme of ['light', 'dark'] as const) {
    it(`has nothing that axe-core calls serious (${theme})`, async () => {
      faults.length = 0;
      await browser.visit({ origin: system.origin, theme }, async (page) => {
        await page.goto(system.origin);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await look(page, 'sign-in', theme);
        for (const [name, path] of Object.entries(pages())) {
          await system.open(page, path);
          await page.locator('.skeleton').first().waitFor({ state: 'detached' });
          await look(page, name, theme);
        }
        await system.open(page, '/webhooks');
        for (const action of [webhooks.actions.remove, webhooks.actions.rotate, webhooks.actions.redeliver]) {
          await webhookRow(page, 'Mailing list').click({ button: 'right' });
          await look(page, 'menu', theme);
          await choose(page, action);
          await page.getByRole('dialog').waitFor();
          await look(page, action, theme);
          await page.keyboard.press('Escape');
        }
      });
      expect(faults).to.deep.equal([]);
    });
  }

  it('stays where it is while it loads, and while deliveries come in', async () => {
    await browser.visit({ origin: system.origin }, async (page) => {
      await system.open(page, '/webhooks');
      const found: string[] = [];
      for (const [name, path] of Object.entries(pages())) {
        await page.goto(`${system.origin}${path}`);
        await page.locator('.skeleton').first().waitFor({ state: 'detached' });
        await page.getByRole('heading', { level: 1 }).waitFor();
        const { sum, moved } = await layoutShift(page);
        if (sum >= 0.05) found.push(`${name}: ${sum} ${moved}`);
      }
      await system.open(page, `/webhooks/${webhook}`);
      await deliveryRows(page, 'ping', states.succeeded.word).waitFor();
      const before = await layoutShift(page);
      await system.db.query(`update people set firstname = 'Dora' where id = 412`);
      await deliveryRows(page, 'person_update', states.succeeded.word).nth(3).waitFor();
      const { sum, moved } = await layoutShift(page);
      if (sum - before.sum >= 0.05) found.push(`news: ${sum} ${moved}`);
      expect(found).to.deep.equal([]);
    });
  });

  it('says its title, and is in one piece for a screen reader', async () => {
    await browser.visit({ origin: system.origin }, async (page) => {
      for (const path of Object.values(pages())) {
        await system.open(page, path);
        expect(await page.title(), path).to.include(shell.product);
        expect(await page.getByRole('main').count(), path).to.equal(1);
        expect(await page.getByRole('heading', { level: 1 }).count(), path).to.equal(1);
      }
    });
  });
});
