import { expect } from 'chai';
import { overviewWords } from '../../../admin/texts/overview.ts';
import { signInWords } from '../../../admin/texts/sign-in.ts';
import { webhooks } from '../../../admin/texts/webhooks.ts';
import { type AdminSystem, startAdminSystem, tokens } from '../../support/admin.ts';
import { type Page, startBrowser, type TestBrowser } from '../../support/browser.ts';
import { choose, webhookRow } from './reading.ts';

describe('what one reaches for on the admin page', function () {
  this.timeout(90_000);
  let system: AdminSystem;
  let browser: TestBrowser;
  before(async () => {
    [system, browser] = await Promise.all([startAdminSystem({ schedule: [3_600_000] }), startBrowser()]);
  });
  after(async () => {
    await browser.close();
    await system.stop();
    await system.db.drop();
  });
  const visit = (work: (page: Page) => Promise<void>) => browser.visit({ origin: system.origin }, work);

  it('is open by a link with a token, also where the page is shown already, and says when that is refused', () =>
    visit(async (page) => {
      await page.goto(`${system.origin}/webhooks`);
      await page.getByLabel(signInWords.token).waitFor();
      await page.evaluate(`location.hash = 'token=no-such-token-of-anybody'`);
      await page.getByText(signInWords.linkRefused).waitFor();
      expect(page.url()).to.equal(`${system.origin}/webhooks`);
      await page.evaluate(`location.hash = 'token=${tokens.viewer}'`);
      await page.getByRole('heading', { level: 1, name: webhooks.title }).waitFor();
      expect(page.url()).to.equal(`${system.origin}/webhooks`);
    }));

  it('opens a row where it is pressed, also upon what tells more on hover', async () => {
    const { id } = await system.endpoint({ description: 'pressed' });
    await visit(async (page) => {
      await system.open(page, '/webhooks');
      await webhookRow(page, 'pressed').locator('.badge').click();
      await page.waitForURL(`**/webhooks/${id}`);
    });
  });

  it('says in each dialog which webhook it is about, when several are of one host', async () => {
    const one = await system.endpoint({
      url: system.receiver.url('/of-one-host/a'),
      description: 'this one',
    });
    await system.endpoint({ url: system.receiver.url('/of-one-host/b'), description: 'that one' });
    await visit(async (page) => {
      await system.open(page, `/webhooks/${one.id}`);
      for (const what of ['pause', 'rotate', 'disable', 'remove', 'ping'] as const) {
        await page.getByRole('button', { name: new RegExp(`^${webhooks.actions.more}`) }).click();
        await choose(page, webhooks.actions[what]);
        await page.getByRole('dialog').getByText(one.url, { exact: true }).waitFor();
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached' });
      }
    });
  });

  it('tells at once why a receiver does not get it, in the viewer\u2019s time, and tries again when asked', async () => {
    system.receiver.answer(({ path }) => ({ status: path === '/broken' ? 500 : 200 }));
    const { id } = await system.endpoint({ url: system.receiver.url('/broken'), description: 'broken' });
    await system.db.query(
      `insert into rowhook.endpoint_health (endpoint_id, failures, failing_since, open_until) values ($1, 12, now() - interval '1 h', now() + interval '1 h')
       on conflict (endpoint_id) do update set failures = 12, failing_since = excluded.failing_since, open_until = excluded.open_until`,
      [id],
    );
    await system.db.query(`update people set firstname = 'Maren' where id = 412`);
    await visit(async (page) => {
      await system.open(page, '/');
      const warning = page.getByRole('listitem').filter({ hasText: 'broken' });
      await warning.getByRole('link', { name: overviewWords.openWebhook }).waitFor();
      expect(await warning.innerText()).not.to.match(/\d{4}-\d\d-\d\dT/);
      await warning.getByRole('link', { name: overviewWords.openWebhook }).click();
      await page.getByRole('button', { name: webhooks.actions.tryNow }).click();
      await page.getByText(webhooks.actions.triedNow).waitFor();
    });
    const { rows } = await system.db.query(
      'select h.failures < 12 as "isForgotten", e.paused_at as "pausedAt" from rowhook.endpoint_health h join rowhook.endpoint e on e.id = h.endpoint_id where e.id = $1',
      [id],
    );
    expect(rows).to.deep.equal([{ isForgotten: true, pausedAt: null }]);
  });
});
