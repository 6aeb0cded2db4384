import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { createLive } from '../../../src/admin/live/live.ts';
import { liveDeliveries } from '../../../src/admin/shapes/live.ts';
import { queueView } from '../../../src/admin/shapes/overview.ts';
import { siteStacker } from '../../../src/presets/site-stacker.ts';
import type { Queryable } from '../../../src/store/sql.ts';
import { dispatcherKit } from '../../delivery/dispatcher-kit.ts';
import { addEndpoint, enqueue, impatient, payloads, retryNow } from '../../delivery/queue.ts';
import { waitUntil } from '../../support/wait.ts';
import { adminOf } from '../admin-kit.ts';
import { follow, type Heard, type Listening, listen as listenTo } from './live-kit.ts';

describe('live views', () => {
  const kit = dispatcherKit();
  const catalog = siteStacker();
  const mounted = () => {
    const made = adminOf(kit.db(), catalog, { allow: ['127.0.0.1'] });
    kit.closing.push(() => made.admin.close());
    return made;
  };
  const open: Listening[] = [];
  const listen = async (...asked: Parameters<typeof listenTo>) => {
    const listening = await listenTo(...asked);
    open.push(listening);
    return listening;
  };
  /** The last look may be under way when the last listener leaves. */
  const leave = async () => {
    for (const listening of open.splice(0)) await listening.leave();
    const { pool } = kit.db();
    await waitUntil(() => pool.idleCount === pool.totalCount, { what: 'the last look to end' });
  };
  /** Deliveries of one message that stand so after so many attempts. */
  const told = (id: string, state: string, attempts: number) => (each: Heard) =>
    each.event === 'deliveries' &&
    liveDeliveries
      .parse(each.data)
      .deliveries.some((one) => one.id === id && one.state === state && one.attempts === attempts);

  it('tell of a delivery that fails, waits, comes back and succeeds, to whoever listens to its endpoint or to all', async () => {
    const receiver = await kit.receiver((_, n) => ({ status: n === 1 ? 500 : 200 }));
    const endpoint = await addEndpoint(kit.db(), receiver.url());
    const other = await addEndpoint(kit.db(), receiver.url());
    const { admin } = mounted();
    const one = await listen(admin, `?endpoint=${endpoint}&topics=deliveries`);
    const all = await listen(admin, '?topics=deliveries');
    const elsewhere = await listen(admin, `?endpoint=${other}&topics=deliveries`);
    const [id = ''] = await enqueue(kit.db(), endpoint);
    await one.until('a new delivery', told(id, 'due', 0));
    const { dispatcher } = await kit.start({ dialect: impatient(1, 3_600_000) });
    const first = await one.until('the failed attempt', told(id, 'waiting', 1));
    await all.until('the same', (each) => each.id === first.id);
    await retryNow(kit.db());
    dispatcher.wake();
    const second = await one.until('the attempt that succeeded', told(id, 'succeeded', 2));
    // The same message to both: there is one look for all.
    await all.until('the same', (each) => each.id === second.id);
    const [theirs = ''] = await enqueue(kit.db(), other);
    await elsewhere.until('its own', told(theirs, 'succeeded', 1));
    const endpoints = (heard: readonly Heard[]) => new Set(heard.map(({ data }) => data.endpointId));
    expect(endpoints(one.heard)).to.deep.equal(new Set([endpoint]));
    expect(endpoints(elsewhere.heard)).to.deep.equal(new Set([other]));
    await all.until('those of all endpoints', told(theirs, 'succeeded', 1));
    await dispatcher.stop();
    await leave();
  });

  it('tell of what changes without an attempt: redelivered by hand, brought back, dropped', async () => {
    const receiver = await kit.receiver(() => ({ status: 500 }));
    const endpoint = await addEndpoint(kit.db(), receiver.url());
    const [exhausted = '', waiting = ''] = await enqueue(kit.db(), endpoint, payloads(2));
    const { dispatcher } = await kit.start({ dialect: impatient(0, 0) });
    await kit.recorded(2);
    await dispatcher.stop();
    await kit.db().query(
      `insert into rowhook.delivery_waiting (endpoint_id, id, event_id, attempts, due_at)
       select endpoint_id, delivery_id, event_id, 1, now() + interval '1 hour' from rowhook.attempt where delivery_id = $1`,
      [waiting],
    );
    const { admin, ask } = mounted();
    const page = await listen(admin, `?endpoint=${endpoint}`);
    await page.until('what was just tried', told(exhausted, 'exhausted', 1));
    await ask('POST', `/endpoints/${endpoint}/pause`);
    expect((await ask('POST', `/deliveries/${exhausted}/redeliver`)).status).to.equal(202);
    await page.until('what was redelivered', told(exhausted, 'due', 1));
    await retryNow(kit.db());
    await page.until('what came back', told(waiting, 'due', 1));
    await ask('POST', `/endpoints/${endpoint}/resume`, { held: 'drop' });
    const standings = () =>
      page.heard
        .filter(({ event }) => event === 'deliveries')
        .flatMap(({ data }) => liveDeliveries.parse(data).deliveries)
        .filter((each) => each.id === exhausted)
        .map(({ state }) => state);
    await waitUntil(() => standings().length > 2, { what: 'what ended' });
    // Looks came and went meanwhile, and told nothing twice.
    expect(standings()).to.deep.equal(['exhausted', 'due', 'exhausted']);
    await page.until(
      'endpoints that changed',
      ({ event, data }) => event === 'endpoints' && data.ids[0] === endpoint,
    );
    await page.until(
      'the queue',
      ({ event, data }) => event === 'queue' && queueView.parse(data).due.count === 0,
    );
    await leave();
  });

  it('tell who comes back what was missed, or that it is too long ago', async () => {
    const receiver = await kit.receiver();
    const endpoint = await addEndpoint(kit.db(), receiver.url());
    const { dispatcher } = await kit.start();
    const { admin } = mounted();
    const stays = await listen(admin, '?topics=deliveries');
    const [before = ''] = await enqueue(kit.db(), endpoint);
    const last = await stays.until('a delivery', told(before, 'succeeded', 1));
    const [missed = ''] = await enqueue(kit.db(), endpoint);
    const next = await stays.until('the next one', told(missed, 'succeeded', 1));
    const back = await listen(admin, '?topics=deliveries', { 'last-event-id': last.id });
    await back.until('what was missed', ({ id }) => id === next.id);
    expect(back.heard.filter(({ event }) => event === 'reset')).to.deep.equal([]);
    const late = await listen(admin, '', { 'last-event-id': '1700000000000-7' });
    await late.until('a reset', ({ event }) => event === 'reset');
    await dispatcher.stop();
    await leave();
  });

  it('tell of so many at a time, and that there were more', async () => {
    const endpoint = await addEndpoint(kit.db(), 'https://a.example/');
    const { admin } = mounted();
    const page = await listen(admin, `?endpoint=${endpoint}&topics=deliveries`);
    await enqueue(kit.db(), endpoint, payloads(250));
    const { data } = await page.until('some', ({ event }) => event === 'deliveries');
    expect(liveDeliveries.parse(data)).to.include({ more: true });
    expect(data.deliveries).to.have.length(200);
    await leave();
  });

  it('end with the connection, and with the session', async () => {
    const endpoint = await addEndpoint(kit.db(), 'https://a.example/');
    let signedIn = true;
    const { admin, ask } = adminOf(kit.db(), catalog, {
      authorize: () => (signedIn ? { name: 'anna', role: 'operator' } : null),
    });
    const server = createServer((request, response) => admin.node(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const stopped = new AbortController();
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/live?topics=queue`, {
      signal: stopped.signal,
    });
    expect(response.headers.get('content-type')).to.equal('text/event-stream; charset=utf-8');
    const page = follow(response.body as ReadableStream<Uint8Array>);
    await page.until('the queue', ({ event }) => event === 'queue');
    stopped.abort();
    expect(await page.ended).to.include({ name: 'AbortError' });
    // Each has a place while it is there; there are fewer than these.
    for (let n = 0; n < 60; n += 1) {
      const one = new AbortController();
      const { status } = await fetch(`http://127.0.0.1:${port}/api/v1/live?topics=bulk`, {
        signal: one.signal,
      });
      expect(status).to.equal(200);
      one.abort();
    }
    const after = await fetch(`http://127.0.0.1:${port}/api/v1/live?topics=deliveries&endpoint=${endpoint}`);
    const [made = ''] = await enqueue(kit.db(), endpoint);
    const next = follow(after.body as ReadableStream<Uint8Array>);
    await next.until('a delivery', told(made, 'due', 0));
    signedIn = false;
    expect((await ask('GET', '/live')).status).to.equal(401);
    await admin.close();
    expect(await next.ended).to.equal(undefined);
    server.close();
    await leave();
  });

  it('look once for any number of listeners, and not at all without one', async () => {
    const endpoint = await addEndpoint(kit.db(), 'https://a.example/');
    const counting = () => {
      const texts: string[] = [];
      const query = ((text: string, values: unknown[]) => {
        texts.push(text);
        return kit.db().pool.query(text, values);
      }) as Queryable['query'];
      return { texts, live: createLive({ db: { query }, log: { warn() {} } }) };
    };
    const listener = (endpointId?: string) => ({
      topics: new Set(['deliveries'] as const),
      endpointId,
      hear() {},
    });
    const [single, many] = [counting(), counting()];
    const leaveSingle = single.live.join(listener(endpoint));
    const leaveMany = Array.from({ length: 20 }, () => many.live.join(listener(endpoint)));
    const looks = (texts: readonly string[]) => texts.filter((text) => text.includes('as noticed')).length;
    await waitUntil(() => looks(single.texts) >= 2 && looks(many.texts) >= 2, { what: 'two looks' });
    expect(looks(many.texts)).to.be.at.most(looks(single.texts) + 1);
    for (const leave of leaveMany) leave();
    const left = looks(many.texts);
    const by = looks(single.texts);
    await waitUntil(() => looks(single.texts) >= by + 2, { what: 'two more looks for who still listens' });
    expect(looks(many.texts)).to.equal(left);
    leaveSingle();
    await leave();
  });
});
