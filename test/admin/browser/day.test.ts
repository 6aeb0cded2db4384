import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { deliveries, delivery } from '../../../admin/texts/deliveries.ts';
import { shell } from '../../../admin/texts/shell.ts';
import { signInWords } from '../../../admin/texts/sign-in.ts';
import { states } from '../../../admin/texts/states.ts';
import { webhookForm } from '../../../admin/texts/webhook-form.ts';
import { webhooks } from '../../../admin/texts/webhooks.ts';
import { type AdminSystem, startAdminSystem, tokens } from '../../support/admin.ts';
import { type Page, startBrowser, type TestBrowser } from '../../support/browser.ts';
import type { ReceivedRequest } from '../../support/receiver.ts';
import { waitUntil } from '../../support/wait.ts';
import {
  choose,
  copied,
  deliveryRows,
  inPanel,
  panel,
  request,
  response,
  verifies,
  webhookRow,
} from './reading.ts';

/* What somebody does with the page who looks after webhooks, in a browser, against a daemon. */
describe('with the admin page one', function () {
  this.timeout(90_000);
  let system: AdminSystem;
  let browser: TestBrowser;
  before(async () => {
    [system, browser] = await Promise.all([
      // More retries than anybody who looks at them could sit through.
      startAdminSystem({ schedule: Array(50).fill(1_000) }),
      startBrowser(),
    ]);
  });
  after(async () => {
    await browser.close();
    await system.stop();
    await system.db.drop();
  });
  beforeEach(async () => {
    system.receiver.answer(() => ({ body: '{"taken":true}' }));
    await system.db.query('delete from rowhook.endpoint');
  });

  const visit = (work: (page: Page) => Promise<void>) => browser.visit({ origin: system.origin }, work);
  const rename = (name: string, id = 412) =>
    system.db.query('update people set firstname = $1 where id = $2', [name, id]);
  const received = (text: string) =>
    system.receiver.requests.filter(({ body }) => body.toString().includes(text));

  it('signs in, makes a webhook, and sees its ping and each change arrive', async () => {
    await visit(async (page) => {
      await page.goto(system.origin);
      await page.getByLabel(signInWords.token).fill('wrong-token-wrong-token');
      await page.getByRole('button', { name: signInWords.action }).click();
      await page.getByText(/token/i).filter({ hasNotText: signInWords.hint }).first().waitFor();
      await page.getByLabel(signInWords.token).fill(tokens.operator);
      await page.getByRole('button', { name: signInWords.action }).click();
      await page.getByRole('link', { name: shell.nav.webhooks, exact: true }).click();
      await page.getByText(webhooks.list.emptyTitle).waitFor();

      await page.getByRole('button', { name: webhooks.list.create }).first().click();
      const form = webhookForm;
      // The receiver's own address is refused by the guard while one types, with its reason.
      await page.getByLabel(form.url.label, { exact: true }).fill('http://169.254.169.254/latest');
      await page
        .getByText(/169\.254\.169\.254.*(not public|not allowed|link)/)
        .first()
        .waitFor();
      await page.getByLabel(form.url.label, { exact: true }).fill(system.receiver.url('/hooks'));
      await page
        .getByText(form.url.good([]))
        .or(page.getByText(/Requests may go there/))
        .first()
        .waitFor();
      await page.getByLabel(form.description.label).fill('Mailing list');
      await page.getByRole('checkbox', { name: 'person_update' }).check();
      await page.getByText(form.advanced.section, { exact: true }).click();
      await page.getByLabel(form.advanced.dialect.label).selectOption('standard');
      await page.getByRole('button', { name: form.create, exact: true }).click();

      await page.getByText(/^The ping arrived: status 200/).waitFor();
      const secret = await page.getByLabel(webhooks.secret.label).inputValue();
      expect(secret).to.match(/^whsec_/);
      await page.getByRole('button', { name: webhooks.secret.copy }).click();
      await copied(page, secret);
      await page.getByRole('button', { name: webhooks.created.doneStored }).click();
      await deliveryRows(page, 'ping', states.succeeded.word).waitFor();
      // Nobody sees it again.
      expect(await page.content()).not.to.include(secret);

      await rename('Maren the First');
      await deliveryRows(page, 'person_update', 'person:412', states.succeeded.word).waitFor();
      const [update] = received('Maren the First') as [ReceivedRequest];
      expect(verifies(update, secret)).to.equal(true);
    });
  });

  it('right-clicks a webhook, chooses Deliveries, and reads what was sent and answered', async () => {
    await system.endpoint({ description: 'Accounting', events: ['person_update'] });
    await rename('Maren <the Second>');
    await visit(async (page) => {
      await system.open(page, '/webhooks');
      await webhookRow(page, 'Accounting').click({ button: 'right' });
      await choose(page, webhooks.actions.deliveries);
      await deliveryRows(page, 'person_update').getByRole('link').first().click();
      await panel(page, 'person_update').waitFor();
      await request(page).getByText('SiteStacker-Event', { exact: true }).waitFor();
      await request(page).getByText('"Maren <the Second>"').waitFor();
      await response(page).getByText('200', { exact: true }).waitFor();
      await response(page).getByText('"taken"').waitFor();
      expect(page.url()).to.match(/\/webhooks\/\d+\/deliveries\/[0-9a-f-]{36}$/);

      await panel(page, 'person_update').getByRole('button', { name: delivery.curl }).first().click();
      expect(await copied(page, /^curl /)).to.include(system.receiver.url('/hooks'));
      // The address leads there again, and the back button goes back.
      await page.reload();
      await inPanel(page, 'person_update');
      await page.keyboard.press('Escape');
      await panel(page, 'person_update').waitFor({ state: 'detached' });
    });
  });

  it('breaks the receiver, watches the retries, mends it, and sends again', async () => {
    const { id } = await system.endpoint({ events: ['person_update'] });
    await visit(async (page) => {
      await system.open(page, `/webhooks/${id}`);
      await deliveryRows(page, 'ping', states.succeeded.word).waitFor();
      system.receiver.answer(() => ({ status: 503, body: 'the disk is full' }));
      await rename('Maren the Third');
      await deliveryRows(page, 'person_update', '503').getByRole('link').first().click();
      const open = panel(page, 'person_update');
      await open.getByText(delivery.attempt(3)).first().waitFor();
      await response(page).getByText('the disk is full').first().waitFor();
      expect(await deliveryRows(page, 'person_update').count()).to.equal(1);

      system.receiver.answer(() => ({ status: 200 }));
      await deliveryRows(page, 'person_update', states.succeeded.word).waitFor();
      await open.getByText(states.succeeded.word).first().waitFor();
      const before = received('Maren the Third');
      await open.getByRole('button', { name: delivery.redeliver }).click();
      await page.getByText(deliveries.redelivered).waitFor();
      await system.receiver.waitFor(() => received('Maren the Third').length > before.length);
      const ids = received('Maren the Third').map(({ headers }) => headers['sitestacker-delivery']);
      expect(new Set(ids).size).to.equal(1);
      const bodies = received('Maren the Third').map(({ body }) => body.toString());
      expect(new Set(bodies).size).to.equal(1);
    });
  });

  it('rotates a secret: both verify while they overlap, where the dialect has room for two', async () => {
    const old = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
    const { id } = await system.endpoint({ events: ['person_update'], dialect: 'standard', secret: old });
    await visit(async (page) => {
      await system.open(page, `/webhooks/${id}`);
      await page.getByRole('button', { name: new RegExp(`^${webhooks.actions.more}:`) }).click();
      await choose(page, webhooks.actions.rotate);
      await page.getByRole('dialog').getByRole('button', { name: webhooks.rotate.action }).click();
      const secret = await page.getByLabel(webhooks.secret.label).inputValue();
      await page.getByRole('button', { name: webhooks.secret.stored }).click();
      await rename('Maren the Fourth');
      await system.receiver.waitFor(() => received('Maren the Fourth').length > 0);
      const [sent] = received('Maren the Fourth') as [ReceivedRequest];
      expect([verifies(sent, old), verifies(sent, secret)]).to.deep.equal([true, true]);
      expect(verifies(sent, `whsec_${Buffer.alloc(32, 1).toString('base64')}`)).to.equal(false);
    });
  });

  it('sets its own secret where the dialect has room for one, and is told that it counts at once', async () => {
    const { id } = await system.endpoint({ events: ['person_update'], secret: 'the old one' });
    await visit(async (page) => {
      await system.open(page, `/webhooks/${id}`);
      await page.getByRole('button', { name: new RegExp(`^${webhooks.actions.more}:`) }).click();
      await choose(page, webhooks.actions.rotate);
      const dialog = page.getByRole('dialog');
      await dialog.getByText(webhooks.rotate.noOverlap).waitFor();
      await dialog.getByRole('radio', { name: webhooks.rotate.own }).check();
      await dialog.getByLabel(webhooks.rotate.ownLabel, { exact: true }).fill('a better one');
      await dialog.getByRole('button', { name: webhooks.rotate.action }).click();
      await page.getByText(webhooks.rotate.done).waitFor();
      await rename('Maren the Fifth');
      await system.receiver.waitFor(() => received('Maren the Fifth').length > 0);
      const [sent] = received('Maren the Fifth') as [ReceivedRequest];
      const expected = createHmac('sha256', 'a better one').update(sent.body).digest('hex');
      expect(sent.headers['sitestacker-signature']).to.equal(expected);
    });
  });

  it('chooses all events, which replaces and greys the rest', async () => {
    const { id } = await system.endpoint({ events: ['person_update', 'tag_create'] });
    await visit(async (page) => {
      await system.open(page, `/webhooks/${id}/settings`);
      const one = page.getByRole('checkbox', { name: 'person_update' });
      const other = page.getByRole('checkbox', { name: 'person_delete' });
      expect([await one.isChecked(), await other.isChecked()]).to.deep.equal([true, false]);
      await page.getByRole('checkbox', { name: webhookForm.events.all }).check();
      expect([await one.isDisabled(), await other.isDisabled(), await other.isChecked()]).to.deep.equal([
        ...[true, true, true],
      ]);
      await page.getByRole('button', { name: webhookForm.save }).click();
      await page.getByText(webhookForm.saved).waitFor();
      const { rows } = await system.db.query('select events from rowhook.endpoint where id = $1', [id]);
      expect(rows).to.deep.equal([{ events: ['*'] }]);
    });
  });

  it('pauses it, resumes it with what was held and without, and deletes it, told what is lost', async () => {
    const { id } = await system.endpoint({ events: ['person_update'] });
    const held = () => system.db.query('select from rowhook.delivery where endpoint_id = $1 limit 1', [id]);
    const host = `127.0.0.1:${system.receiver.port}`;
    await visit(async (page) => {
      await system.open(page, `/webhooks/${id}`);
      await deliveryRows(page, 'ping', states.succeeded.word).waitFor();
      const dialog = page.getByRole('dialog');
      const pause = async (name: string) => {
        await page.getByRole('button', { name: webhooks.actions.pause }).click();
        await dialog.getByRole('button', { name: webhooks.pause.action, exact: true }).click();
        await page.getByRole('button', { name: webhooks.actions.resume }).waitFor();
        await rename(name);
        await waitUntil(async () => (await held()).rowCount === 1, { what: 'a delivery to be held' });
      };
      const one = { count: 1, atLeast: false };

      await pause('Maren the Sixth');
      expect(received('Maren the Sixth')).to.have.length(0);
      await page.getByRole('button', { name: webhooks.actions.resume }).click();
      await dialog.getByRole('radio', { name: webhooks.resume.deliver(one) }).check();
      await dialog.getByRole('button', { name: webhooks.resume.action, exact: true }).click();
      await system.receiver.waitFor(() => received('Maren the Sixth').length === 1);
      await deliveryRows(page, 'person_update', states.succeeded.word).waitFor();

      await pause('Maren the Seventh');
      await page.getByRole('button', { name: webhooks.actions.resume }).click();
      await dialog.getByRole('radio', { name: webhooks.resume.drop(one) }).check();
      await dialog.getByRole('button', { name: webhooks.resume.actionDrop(one) }).click();
      await page.getByText(webhooks.resume.doneDropped(1)).waitFor();

      await pause('Maren the Eighth');
      await page.getByRole('button', { name: new RegExp(`^${webhooks.actions.more}:`) }).click();
      await choose(page, webhooks.actions.remove);
      await dialog.getByText(/^1 delivery that it still was to get/).waitFor();
      const remove = dialog.getByRole('button', { name: webhooks.remove.action });
      expect(await remove.getAttribute('aria-disabled')).to.equal('true');
      await dialog.getByLabel(webhooks.remove.confirm(host)).fill(host);
      await remove.click();
      await page.getByText(webhooks.remove.done(1)).waitFor();
      await page.getByText(webhooks.list.emptyTitle).waitFor();
      const { rows } = await system.db.query('select from rowhook.endpoint');
      expect(rows).to.have.length(0);
      expect(received('Maren the Seventh')).to.have.length(0);
    });
  });
});
