import { expect } from 'chai';
import { delivery, filters } from '../../../admin/texts/deliveries.ts';
import { shell } from '../../../admin/texts/shell.ts';
import { signInWords } from '../../../admin/texts/sign-in.ts';
import { states } from '../../../admin/texts/states.ts';
import { webhookForm } from '../../../admin/texts/webhook-form.ts';
import { webhooks } from '../../../admin/texts/webhooks.ts';
import { type AdminSystem, startAdminSystem, tokens } from '../../support/admin.ts';
import { type Locator, type Page, startBrowser, type TestBrowser } from '../../support/browser.ts';
import { waitUntil } from '../../support/wait.ts';
import { choose, deliveryRows, inPanel, panel, request, response, webhookRow } from './reading.ts';

describe('the admin page can be used', function () {
  this.timeout(90_000);
  let system: AdminSystem;
  let browser: TestBrowser;
  before(async () => {
    [system, browser] = await Promise.all([startAdminSystem(), startBrowser()]);
  });
  after(async () => {
    await browser.close();
    await system.stop();
    await system.db.drop();
  });
  afterEach(() => system.receiver.answer(() => ({})));
  const rename = (name: string) => system.db.query('update people set firstname = $1 where id = 412', [name]);

  it('by keys alone: from the sign-in to a delivery, and back', async () => {
    await system.endpoint({ description: 'There already', url: system.receiver.url('/other') });
    await browser.visit({ origin: system.origin }, async (page) => {
      // Whoever moves the mouse here has cheated.
      const { keyboard } = page;
      await page.goto(system.origin);
      await focused(page.getByLabel(signInWords.token));
      await keyboard.type(tokens.operator);
      await keyboard.press('Enter');
      await page.getByRole('heading', { name: shell.nav.overview, level: 1 }).waitFor();
      await keyboard.press('g');
      await keyboard.press('w');
      await webhookRow(page, 'There already').waitFor();
      await keyboard.press('n');
      await tabTo(page, page.getByLabel(webhookForm.url.label, { exact: true }));
      await keyboard.type(system.receiver.url('/keys'));
      await tabTo(page, page.getByRole('checkbox', { name: webhookForm.events.all }));
      await keyboard.press('Space');
      await tabTo(page, page.getByRole('button', { name: webhookForm.create, exact: true }));
      await keyboard.press('Enter');
      await page.getByText(/^The ping arrived: status 200/).waitFor();
      await tabTo(page, page.getByRole('button', { name: webhooks.created.doneStored }));
      await keyboard.press('Enter');
      await deliveryRows(page, 'ping', states.succeeded.word).waitFor();

      await rename('Maren by Keys');
      await deliveryRows(page, 'person_update', states.succeeded.word).waitFor();
      await keyboard.press('j');
      await focused(deliveryRows(page, 'person_update').getByRole('link').first());
      // The menu of the row, as its key opens it.
      await keyboard.press('Shift+F10');
      await page.getByRole('menu').waitFor();
      await keyboard.press('Escape');
      await page.getByRole('menu').waitFor({ state: 'detached' });
      await keyboard.press('Enter');
      await panel(page, 'person_update').waitFor();
      await request(page).getByText('"Maren by Keys"').waitFor();
      await keyboard.press('j');
      await inPanel(page, 'ping');
      await keyboard.press('Escape');
      await panel(page, 'ping').waitFor({ state: 'detached' });

      await keyboard.press('g');
      await keyboard.press('w');
      await webhookRow(page, '/keys').waitFor();
      await tabTo(page, webhookRow(page, '/keys').getByRole('button'));
      await keyboard.press('Enter');
      await keyboard.type('pau');
      await keyboard.press('Enter');
      const dialog = page.getByRole('dialog');
      await tabTo(page, dialog.getByRole('button', { name: webhooks.pause.action, exact: true }));
      await keyboard.press('Enter');
      await webhookRow(page, '/keys').getByText(states.paused.word, { exact: true }).waitFor();
    });
  });

  it('by hand on a phone: a long press, a menu, a delivery, and back to the list', async () => {
    await system.endpoint({ description: 'By touch', url: system.receiver.url('/hand') });
    await rename('Maren by Hand');
    await browser.visit({ origin: system.origin, device: 'phone' }, async (page) => {
      await system.open(page, '/');
      await page.getByRole('link', { name: shell.nav.webhooks, exact: true }).tap();
      const row = webhookRow(page, 'By touch');
      await row.waitFor();
      await fits(page);
      await longPress(page, row);
      await choose(page, webhooks.actions.deliveries);
      await deliveryRows(page, 'person_update', states.succeeded.word).first().waitFor();
      await fits(page);
      await deliveryRows(page, 'person_update').first().getByRole('link').first().tap();
      await panel(page, 'person_update').waitFor();
      await request(page).getByText('"Maren by Hand"').waitFor();
      await response(page).getByText('200', { exact: true }).waitFor();
      await fits(page);
      await panel(page, 'person_update').getByRole('button', { name: delivery.redeliver }).tap();
      await system.receiver.waitFor(
        (all) =>
          all.filter(({ path, body }) => path === '/hand' && body.includes('Maren by Hand')).length === 2,
      );
      await panel(page, 'person_update').getByRole('button', { name: shell.closePanel }).tap();
      await deliveryRows(page, 'ping').first().waitFor();
      await page
        .getByRole('button', { name: filters.count(0) })
        .first()
        .tap();
      await page.getByLabel(filters.state, { exact: true }).selectOption('exhausted');
      await deliveryRows(page, 'ping').first().waitFor({ state: 'detached' });
      await fits(page);
    });
  });

  it('by address and back button: filters are part of both', async () => {
    const { id } = await system.endpoint({ events: ['person_update', 'tag_update'], schedule: [] });
    await browser.visit({ origin: system.origin }, async (page) => {
      await system.open(page, `/webhooks/${id}`);
      await deliveryRows(page, 'ping', states.succeeded.word).waitFor();
      system.receiver.answer(() => ({ status: 400 }));
      await rename('Maren the Ninth');
      await deliveryRows(page, 'person_update', states.exhausted.word).waitFor();
      await page.getByLabel(filters.state, { exact: true }).selectOption({ label: states.succeeded.word });
      await deliveryRows(page, 'person_update').waitFor({ state: 'detached' });
      await deliveryRows(page, 'ping').waitFor();
      expect(page.url()).to.include('state=succeeded');
      await page.getByLabel(filters.state, { exact: true }).selectOption('exhausted');
      await deliveryRows(page, 'person_update').getByRole('link').first().click();
      await panel(page, 'person_update').waitFor();
      await page.goBack();
      await panel(page, 'person_update').waitFor({ state: 'detached' });
      expect(page.url()).to.include('state=exhausted');
      await page.getByRole('button', { name: filters.clear }).click();
      await deliveryRows(page, 'ping').waitFor();
    });
  });
});

/** Whether the keyboard is there. The document is known to the page alone. */
const hasFocus = (control: Locator): Promise<boolean> =>
  control.evaluate(
    (element) =>
      element === (globalThis as { document?: { activeElement: unknown } }).document?.activeElement,
  );

async function focused(control: Locator): Promise<void> {
  await control.waitFor();
  await waitUntil(() => hasFocus(control), { what: `the focus to be on ${control}` });
}

/** Presses Tab until it is there: whatever can be clicked can be reached so. */
async function tabTo(page: Page, control: Locator): Promise<void> {
  await control.waitFor();
  for (let i = 0; i < 120; i += 1) {
    await page.keyboard.press('Tab');
    if (await hasFocus(control)) return;
  }
  throw new Error(`the key Tab does not lead to ${control}`);
}

/** Nothing is beside the screen. */
async function fits(page: Page): Promise<void> {
  const [needed, there] = await page.evaluate<[number, number]>(
    '[document.documentElement.scrollWidth, innerWidth]',
  );
  expect(needed, page.url()).to.be.at.most(there);
}

/** A finger that rests on it, as the browser's own input tells it. */
async function longPress(page: Page, on: Locator): Promise<void> {
  const box = await on.boundingBox();
  if (!box) throw new Error('there is nothing to press on');
  const client = await page.context().newCDPSession(page);
  const touchPoints = [{ x: box.x + 60, y: box.y + box.height / 2 }];
  await client.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
  await page.getByRole('menu').waitFor();
  await client.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
}
