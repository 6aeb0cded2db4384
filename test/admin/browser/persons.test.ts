import { expect } from 'chai';
import { bulkWords } from '../../../admin/texts/bulk.ts';
import { shell } from '../../../admin/texts/shell.ts';
import { signInWords } from '../../../admin/texts/sign-in.ts';
import { states } from '../../../admin/texts/states.ts';
import { webhookForm } from '../../../admin/texts/webhook-form.ts';
import { webhooks } from '../../../admin/texts/webhooks.ts';
import { type AdminSystem, startAdminSystem, tokens } from '../../support/admin.ts';
import { type Page, startBrowser, type TestBrowser } from '../../support/browser.ts';
import { waitUntil } from '../../support/wait.ts';
import { choose, deliveryRows, webhookRow } from './reading.ts';

describe('people who share the admin page', function () {
  this.timeout(90_000);
  let system: AdminSystem;
  let browser: TestBrowser;
  before(async () => {
    [system, browser] = await Promise.all([startAdminSystem({ schedule: [] }), startBrowser()]);
  });
  after(async () => {
    await browser.close();
    await system.stop();
    await system.db.drop();
  });
  const visit = (work: (page: Page) => Promise<void>) => browser.visit({ origin: system.origin }, work);

  /** Anna and Otto edit one webhook; Otto saves first, and Anna meets it as `meets` does. Both changes are kept. */
  async function shareOne(meets: (anna: Page, id: string, ottoSaves: () => Promise<void>) => Promise<void>) {
    const { id } = await system.endpoint({ description: 'as it was' });
    const path = `/webhooks/${id}/settings`;
    const ottoSaves = () =>
      visit(async (otto) => {
        await system.open(otto, path);
        await otto.getByLabel(webhookForm.limits.timeout.label).fill('7');
        await otto.getByRole('button', { name: webhookForm.save }).click();
        await otto.getByText(webhookForm.saved).waitFor();
      });
    await visit(async (anna) => {
      await system.open(anna, path);
      await anna.getByLabel(webhookForm.description.label).fill('as Anna has it');
      await meets(anna, id, ottoSaves);
      await anna.getByRole('alert').getByText(webhookForm.conflict.title).waitFor();
      await anna.getByRole('button', { name: webhookForm.conflict.goOn }).click();
      await anna.getByRole('button', { name: webhookForm.save }).click();
      await anna.getByText(webhookForm.saved).waitFor();
    });
    const { rows } = await system.db.query(
      'select description, timeout_ms as "timeoutMs" from rowhook.endpoint where id = $1',
      [id],
    );
    expect(rows).to.deep.equal([{ description: 'as Anna has it', timeoutMs: 7_000 }]);
  }

  it('see what the other has changed as soon as it is saved, and keep both changes', async () => {
    await shareOne((_anna, _id, ottoSaves) => ottoSaves());
  });

  it('see what the other has changed before they overwrite it, where the page has not heard of it', async () => {
    await shareOne(async (anna, id, ottoSaves) => {
      let refused = () => {};
      const refusal = new Promise<void>((resolve) => {
        refused = resolve;
      });
      // What the page would hear by itself arrives only once its change has been refused.
      await anna.route(`**/api/v1/endpoints/${id}`, async (route) => {
        if (route.request().method() === 'GET') await refusal;
        await route.continue();
      });
      await ottoSaves();
      const [answer] = await Promise.all([
        anna.waitForResponse((told) => told.request().method() === 'PATCH'),
        anna.getByRole('button', { name: webhookForm.save }).click(),
      ]);
      expect(answer.status()).to.equal(412);
      refused();
    });
  });

  it('can look at everything and change nothing, as viewers', async () => {
    const { id } = await system.endpoint({ description: 'Looked at' });
    await visit(async (page) => {
      const changes: string[] = [];
      page.on('request', (asked) => {
        const isRead =
          asked.method() === 'GET' || /\/(session|check-url|bulk-jobs\/count)$/.test(asked.url());
        if (!isRead) changes.push(`${asked.method()} ${asked.url()}`);
      });
      await system.open(page, '/webhooks', 'viewer');
      const row = webhookRow(page, 'Looked at');
      await row.waitFor();
      expect(await isOff(page, 'button', webhooks.list.create)).to.equal(true);
      await row.click({ button: 'right' });
      for (const item of [webhooks.actions.pause, webhooks.actions.rotate, webhooks.actions.remove])
        expect(await isOff(page, 'menuitem', item), item).to.equal(true);
      await page.keyboard.press('Escape');

      await system.open(page, `/webhooks/${id}`, 'viewer');
      await deliveryRows(page, 'ping', states.succeeded.word).waitFor();
      for (const name of [webhooks.actions.ping, webhooks.actions.pause]) {
        expect(await isOff(page, 'button', name), name).to.equal(true);
        await page.getByRole('button', { name }).click({ force: true });
      }
      await page.goto(`${system.origin}/webhooks/${id}/settings`);
      await page.getByText(webhookForm.viewer).waitFor();
      expect(await page.getByRole('button', { name: webhookForm.save }).count()).to.equal(0);
      expect(changes).to.deep.equal([]);
      // The page is not what stops them.
      const status = await page.evaluate<number>(
        `fetch('/api/v1/endpoints/${id}/pause', { method: 'POST', headers: { 'x-rowhook': '1' } }).then((r) => r.status)`,
      );
      expect(status).to.equal(403);
    });
  });

  it('sign in again where they were, when their session has ended', async () => {
    const { id } = await system.endpoint({ description: 'Kept open' });
    await visit(async (page) => {
      await system.open(page, `/webhooks/${id}/settings`);
      await page.getByLabel(webhookForm.description.label).waitFor();
      await page.context().clearCookies();
      const tabs = page.getByRole('navigation', { name: webhooks.page.tabsName });
      await tabs.getByRole('link', { name: webhooks.page.tabs.deliveries }).click();
      await page.getByText(signInWords.expired).waitFor();
      await page.getByLabel(signInWords.token).fill(tokens.operator);
      await page.getByRole('button', { name: signInWords.action }).click();
      await deliveryRows(page, 'ping').waitFor();
      expect(page.url()).to.equal(`${system.origin}/webhooks/${id}`);
      // And out, for good.
      await page
        .getByRole('button', { name: shell.account })
        .or(page.getByRole('button', { name: /anna/ }))
        .first()
        .click();
      await choose(page, shell.signOut);
      await page.getByLabel(signInWords.token).waitFor();
      await page.goBack();
      await page.getByLabel(signInWords.token).waitFor();
    });
  });

  it('redeliver all that has failed of a webhook, with a count before and the progress during', async () => {
    const { id } = await system.endpoint({ description: 'Was down', events: ['person_update'] });
    const count = 60;
    for (let i = 0; i < count; i += 1)
      await system.db.query('update people set lastname = $1 where id = 412', [`Okafor ${i}`]);
    const attempts = `from rowhook.attempt where endpoint_id = $1 and event_id in (select id from rowhook.event where resource = 'person')`;
    const made = async () => (await system.db.query(`select ${attempts}`, [id])).rowCount;
    await waitUntil(async () => (await made()) === count, { what: 'all to be sent', timeoutMs: 30_000 });
    // An endpoint that fails is asked so rarely that this would take minutes.
    await system.db.query(
      `update rowhook.attempt set verdict = 'exhausted', reason = 'http_500', response_status = 500
        where id in (select id ${attempts})`,
      [id],
    );
    const before = system.receiver.requests.length;
    await visit(async (page) => {
      await system.open(page, '/webhooks');
      await webhookRow(page, 'Was down').click({ button: 'right' });
      await choose(page, webhooks.actions.redeliver);
      const dialog = page.getByRole('dialog');
      await dialog.getByText(bulkWords.count(`${count} deliveries`)).waitFor();
      await dialog.getByRole('button', { name: bulkWords.start, exact: true }).click();
      await dialog
        .getByText(bulkWords.progress(String(count), `${count} deliveries`))
        .waitFor({ timeout: 60_000 });
      await dialog.getByRole('button', { name: bulkWords.toJobs }).click();
      await page.getByText(states.done.word, { exact: true }).first().waitFor({ timeout: 60_000 });
    });
    await system.receiver.waitFor((all) => all.length >= before + count, { timeoutMs: 30_000 });
  });
});

/** It is there, named, and does nothing; why not can be read. */
async function isOff(page: Page, role: 'button' | 'menuitem', name: string): Promise<boolean> {
  const control = page.getByRole(role, { name }).first();
  await control.waitFor();
  return (await control.getAttribute('aria-disabled')) === 'true' || control.isDisabled();
}
