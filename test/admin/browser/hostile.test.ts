import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { delivery } from '../../../admin/texts/deliveries.ts';
import { event, record } from '../../../admin/texts/events.ts';
import { webhooks } from '../../../admin/texts/webhooks.ts';
import { type AdminSystem, startAdminSystem } from '../../support/admin.ts';
import { type Page, startBrowser, type TestBrowser } from '../../support/browser.ts';
import { waitUntil } from '../../support/wait.ts';
import { hostile, hostileShort, markOf } from './hostile.ts';
import { copied, deliveryRows, webhookRow } from './reading.ts';

/** Where hostile text gets in, and by which number it is found again. */
const at = {
  ...{ payload: 1, requestId: 2, description: 3, path: 4, tenant: 5, status: 6, responseHeader: 7 },
  ...{
    responseBody: 8,
    recordKey: 9,
    eventName: 10,
    detail: 11,
    reason: 12,
    requestHeader: 13,
    headerName: 14,
  },
  ...{ actor: 15, action: 16, target: 17, auditDetail: 18, jobOwner: 19, jobError: 20, disabled: 21 },
  ...{ resource: 22, subscribed: 23, attemptUrl: 24 },
};

describe('hostile text', function () {
  this.timeout(90_000);
  let system: AdminSystem;
  let browser: TestBrowser;
  let receiver: Server;
  let webhook: string;
  before(async () => {
    [system, browser] = await Promise.all([startAdminSystem(), startBrowser()]);
    receiver = createServer((_, response) => {
      // All that an answer may hold. Control characters and others beyond Latin-1 cannot stand in a head.
      const inHead = (text: string) => text.replace(/[^\x20-\x7e]/g, '');
      response.writeHead(200, inHead(hostileShort(at.status)), {
        'x-hostile': inHead(hostile(at.responseHeader)),
        'content-type': 'text/html',
      });
      response.end(hostile(at.responseBody));
    });
    receiver.listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const { port } = receiver.address() as AddressInfo;
    const path = encodeURIComponent(hostileShort(at.path)).replaceAll("'", '%27');
    const made = await system.endpoint({
      url: `http://127.0.0.1:${port}/?${path}`,
      description: hostile(at.description),
    });
    webhook = made.id;
    await waitUntil(async () => (await attempts()) === 1, { what: 'the ping' });
    // Through the application's own table, as anybody may who fills in a form there.
    const client = await system.db.pool.connect();
    await client.query('begin');
    await client.query(`select set_config('rowhook.request_id', $1, true)`, [
      hostileShort(at.requestId).replace(/[^\x20-\x7e]/g, ''),
    ]);
    await client.query('update people set firstname = $1 where id = 412', [hostile(at.payload)]);
    await client.query('commit');
    client.release();
    await waitUntil(async () => (await attempts()) === 2, { what: 'the delivery' });
    await plant();
  });
  after(async () => {
    await browser.close();
    await system.stop();
    receiver.close();
    await system.db.drop();
  });

  const attempts = async () => {
    const { rows } = await system.db.query('select count(*)::int as n from rowhook.attempt');
    return rows[0]!.n as number;
  };
  /** Puts it where no receiver and no form may: the page trusts the database no more than them. */
  const plant = async () => {
    const change = (sql: string, ...values: unknown[]) => system.db.query(sql, values);
    await change(
      `update rowhook.attempt set detail = $1, reason = $2, url = $3,
         request_headers = json_build_array(json_build_array('x-of-request', $4::text), json_build_array($5::text, 'v'))
       where event_id in (select id from rowhook.event where resource = 'person')`,
      ...[hostile(at.detail), hostileShort(at.reason), `javascript:${hostile(at.attemptUrl)}`],
      ...[hostile(at.requestHeader), hostile(at.headerName)],
    );
    await change(
      `update rowhook.event set name = $1, record_key = $2, tenant = $3, resource = $4 where resource = 'person'`,
      ...[hostileShort(at.eventName), hostile(at.recordKey), hostile(at.tenant), hostileShort(at.resource)],
    );
    await change(
      `insert into rowhook.endpoint (url, description, events, tenant, active, disabled_reason)
       values ('javascript:window.__xss=1', 'of a script', array[$1], $2, false, $3)`,
      ...[hostileShort(at.subscribed), hostile(at.tenant), hostile(at.disabled)],
    );
    await change(
      `insert into rowhook.audit (actor, action, endpoint_id, target, detail) values ($1, $2, $3, $4, $5)`,
      ...[hostile(at.actor), hostileShort(at.action), webhook, hostile(at.target)],
      JSON.stringify({
        [hostileShort(at.auditDetail)]: hostile(at.auditDetail),
        url: { was: hostile(at.auditDetail) },
      }),
    );
    // Leads to what is named there.
    await change(
      `insert into rowhook.audit (actor, action, endpoint_id, target) values ('anna', 'delivery_redeliver', $1, $2)`,
      ...[webhook, hostile(at.target)],
    );
    await change(
      `insert into rowhook.bulk_job (endpoint_id, since, until, state, total, created_by, error, ended_at)
       values ($1, now() - interval '1 hour', now(), 'failed', 1, $2, $3, now())`,
      ...[webhook, hostile(at.jobOwner), hostile(at.jobError)],
    );
  };

  /** Opens a page, waits until it shows a text of each place as text, and sees that nothing has become of it. */
  const isText = async (page: Page, path: string, ...places: readonly number[]): Promise<void> => {
    await system.open(page, path);
    for (const place of places) await isThere(page, place);
    await nothingRan(page);
  };
  /** Also in what is folded up. */
  const isThere = (page: Page, place: number): Promise<void> =>
    page.getByText(markOf(place)).first().waitFor({ state: 'attached' });
  const nothingRan = async (page: Page): Promise<void> => {
    expect(await page.evaluate('window.__xss')).to.equal(undefined);
    expect(
      await page.locator('[data-xss], iframe, base, form:not([class]), script:not([src])').count(),
    ).to.equal(0);
    const leads = await page.evaluate<string[]>(
      '[...document.querySelectorAll("a[href]")].map((a) => a.origin)',
    );
    expect([...new Set(leads)]).to.deep.equal([system.origin]);
    // What turns the text around it is shown by its number instead.
    const shown = await page.evaluate<string>('document.body.innerText');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    expect(shown).not.to.match(/[\u202a-\u202e\u2066-\u2069\u200b\u001b\u0085\u2028]/);
  };
  const visit = (work: (page: Page) => Promise<void>) => browser.visit({ origin: system.origin }, work);

  it('stays text in the lists and the dialogs of webhooks', async () => {
    await visit(async (page) => {
      await isText(page, '/webhooks', at.description, at.disabled, at.subscribed);
      await webhookRow(page, 'of a script').click({ button: 'right' });
      await page.getByRole('menuitem', { name: webhooks.actions.remove }).click();
      await page.getByRole('dialog').waitFor();
      await nothingRan(page);
      await page.keyboard.press('Escape');
      await isText(page, `/webhooks/${webhook}`, at.description, at.eventName, at.recordKey);
      await isText(page, `/webhooks/${webhook}/settings`, at.description);
      await isText(page, '/', at.disabled);
    });
  });

  it('stays text in a delivery: what was sent, and what came back', async () => {
    await visit(async (page) => {
      await isText(page, '/deliveries', at.eventName, at.recordKey);
      const own = deliveryRows(page).filter({ hasText: markOf(at.eventName) });
      await own.click({ button: 'right' });
      await page.getByRole('menu').waitFor();
      await nothingRan(page);
      await page.keyboard.press('Escape');
      await own.getByRole('link').first().click();
      const shown = [at.payload, at.requestId, at.attemptUrl, at.requestHeader, at.headerName];
      for (const place of [...shown, at.responseHeader, at.responseBody, at.detail])
        await isThere(page, place);
      await nothingRan(page);
      for (const raw of await page.getByRole('radio', { name: 'Raw' }).all())
        await raw.check({ force: true });
      await page.getByRole('button', { name: delivery.curl }).first().click();
      await nothingRan(page);
      await copied(page, /^curl /);
    });
  });

  it('stays text among events, jobs and in the audit trail', async () => {
    await visit(async (page) => {
      await isText(page, '/events', at.eventName, at.recordKey);
      await page
        .getByRole('link')
        .filter({ hasText: markOf(at.eventName) })
        .first()
        .click();
      await page.getByText(event.payload, { exact: true }).waitFor();
      for (const place of [at.payload, at.tenant, at.requestId]) await isThere(page, place);
      await nothingRan(page);
      await system.open(page, `/records/${encodeURIComponent(`person:${hostileShort(at.recordKey)}`)}`);
      await page.getByRole('heading', { name: record.heading }).or(page.getByRole('alert')).first().waitFor();
      await nothingRan(page);
      await isText(page, '/bulk', at.jobOwner, at.jobError);
      await isText(page, '/audit', at.actor, at.action);
      for (const summary of await page.locator('summary').all()) await summary.click();
      await nothingRan(page);
      await isThere(page, at.auditDetail);
    });
  });
});
