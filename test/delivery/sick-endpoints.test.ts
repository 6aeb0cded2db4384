import { expect } from 'chai';
import type { DispatcherOptions } from '../../src/delivery/dispatcher.ts';
import { getEndpoint } from '../../src/store/endpoints.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { dispatcherKit } from './dispatcher-kit.ts';
import * as queue from './queue.ts';

describe('an endpoint that is sick', () => {
  const kit = dispatcherKit();
  const { receiver } = kit;
  let db: TestDatabase;
  const running: Array<{ stop(): Promise<unknown> }> = [];
  const start = async (options: DispatcherOptions = {}) => {
    const { dispatcher, lines } = await kit.start({ options });
    running.push(dispatcher);
    return lines;
  };
  const stopAll = async (): Promise<void> => {
    for (const each of running.splice(0)) await each.stop();
  };
  beforeEach(() => {
    db = kit.db();
  });

  const health = async (column: string): Promise<unknown> => {
    const { rows } = await db.query<{ value: unknown }>(
      `select ${column} as value from rowhook.endpoint_health`,
    );
    return rows[0]?.value;
  };
  const healthIs = (condition: string) =>
    waitUntil(() => health(condition), { what: `the health of the endpoint to be ${condition}` });
  /** What was claimed and not sent is back. */
  const nothingInHand = () =>
    waitUntil(async () => (await queue.count(db, 'delivery where lease is not null')) === 0, {
      what: 'everything to be given back',
    });
  const allSent = () =>
    waitUntil(async () => (await queue.count(db, 'delivery')) === 0, {
      what: 'the queue to be empty',
      timeoutMs: 20_000,
    });

  it('gets only probes once it has failed ten times in a row, one at a time from all daemons, and then all at full speed', async () => {
    const server = await receiver(() => ({ status: 500 }));
    const id = await queue.addEndpoint(db, server.url());
    await queue.enqueue(db, id, queue.payloads(100));
    // Longer than the test may take: no request that is held here ends by its deadline.
    const options = { concurrency: 8, perEndpoint: 4, timeoutMs: 60_000 };
    const lines = await start(options);
    await healthIs('open_until > now()');
    await nothingInHand();
    const before = server.requests.length;
    expect(before, 'ten, and what was under way').to.be.within(10, 14);
    expect(await queue.count(db, 'delivery where starts = 0 and attempts = 0')).to.equal(100 - before);
    expect(await queue.count(db, 'delivery_waiting')).to.equal(before);

    // A second one knows of it.
    await start(options);
    for (const probes of [1, 2]) {
      await db.query('update rowhook.endpoint_health set open_until = now()');
      await healthIs(`probes = ${probes} and open_until > now()`);
      await nothingInHand();
    }
    expect(server.requests).to.have.length(before + 2);
    expect(lines.filter((line) => line.msg.startsWith('endpoint fails'))).to.have.length(1);

    // The probe is answered. Of all others none is until as many are here as may be: none of them need succeed first.
    const limit = 2 * options.perEndpoint;
    let open = 0;
    let most = 0;
    let probed = false;
    server.answer(async () => {
      if (!probed) {
        probed = true;
        return {};
      }
      most = Math.max(most, ++open);
      await waitUntil(() => most >= limit, { what: 'as many requests at a time as may be' });
      open -= 1;
      return {};
    });
    await db.query('update rowhook.endpoint_health set open_until = now()');
    await allSent();
    expect(most, 'requests at a time').to.equal(limit);
    expect(await health('failures = 0 and open_until is null and failing_since is null')).to.equal(true);
    expect(server.requests).to.have.length(100);
    expect(await queue.count(db, 'delivery_waiting'), 'not rescheduled').to.equal(before + 2);
    await stopAll();
  });

  it('gets no more of what is in hand when its breaker opens for what others have seen', async () => {
    const server = await receiver(async (_request, n) => {
      if (n > 1) await healthIs('open_until > now()');
      return { status: 500 };
    });
    const id = await queue.addEndpoint(db, server.url());
    await db.query(
      'insert into rowhook.endpoint_health (endpoint_id, failures, failing_since) values ($1, 9, now())',
      [id],
    );
    await queue.enqueue(db, id, queue.payloads(30));
    await start({ concurrency: 8, perEndpoint: 1 });
    await healthIs('failures > 10');
    await nothingInHand();
    expect(server.requests.length).to.be.within(2, 4);
    await stopAll();
  });

  it('is left alone for as long as it asks, all of it', async () => {
    let busy = true;
    const server = await receiver(() => (busy ? { status: 503, headers: { 'retry-after': '3600' } } : {}));
    const id = await queue.addEndpoint(db, server.url(), { dialect: 'prefix:Acme' });
    await queue.enqueue(db, id, queue.payloads(50));
    await start({ concurrency: 8, perEndpoint: 2 });
    await healthIs(`paused_until > now() + interval '59 minutes'`);
    await nothingInHand();
    expect(server.requests.length).to.be.within(1, 2);
    const before = server.requests.length;
    busy = false;
    await db.query(`update rowhook.endpoint_health set paused_until = now(), throttle = null`);
    await allSent();
    expect(server.requests).to.have.length(50);
    expect(await queue.count(db, 'delivery_waiting')).to.equal(before);
    expect(await health('failures = 0 and paused_until is null')).to.equal(true);
    await stopAll();
  });

  it('is slowed down when it has too much to do, and by one daemon for all', async () => {
    const server = await receiver((_request, n) => (n === 1 ? { status: 429 } : {}));
    const id = await queue.addEndpoint(db, server.url());
    await queue.enqueue(db, id);
    const both = [await start(), await start()];
    await healthIs('throttle is not null');
    await nothingInHand();
    expect(await health('throttle')).to.equal(32);
    await db.query('update rowhook.endpoint_health set throttle = 60');
    await queue.enqueue(db, id, queue.payloads(20));
    await allSent();
    await healthIs('throttle > 60');
    const busy = both.filter((lines) => lines.filter((line) => line.msg === 'delivered').length > 0);
    expect(busy, 'one has sent them all').to.have.length(1);
    await stopAll();
  });

  it('is disabled when it has failed for days, its deliveries held', async () => {
    const server = await receiver(() => ({ status: 500 }));
    const id = await queue.addEndpoint(db, server.url());
    await db.query(
      `insert into rowhook.endpoint_health (endpoint_id, failures, failing_since, open_until)
       values ($1, 30, now() - interval '49 hours', now())`,
      [id],
    );
    await queue.enqueue(db, id, queue.payloads(5));
    const lines = await start({ disableAfterDays: 2 });
    await waitUntil(async () => !(await getEndpoint(db.pool, id)).active, {
      what: 'the endpoint to be disabled',
    });
    await nothingInHand();
    expect(await getEndpoint(db.pool, id)).to.include({ active: false, disabledReason: 'failing' });
    expect(server.requests).to.have.length(1);
    expect(await queue.count(db, 'delivery')).to.equal(4);
    expect(await queue.count(db, 'delivery_waiting')).to.equal(1);
    expect(lines.map((line) => line.msg)).to.include(
      'endpoint disabled: it has failed for days; its deliveries are held until it is resumed',
    );
    await stopAll();
  });

  it('writes nothing of itself while it is well', async () => {
    const server = await receiver();
    await queue.enqueue(db, await queue.addEndpoint(db, server.url()), queue.payloads(20));
    await start();
    await allSent();
    await stopAll();
    expect(await queue.count(db, 'endpoint_health')).to.equal(0);
  });

  it('lets the next probe go when one ends without a request', async () => {
    const server = await receiver();
    const id = await queue.addEndpoint(db, server.url());
    const [gone] = await queue.enqueue(db, id, queue.payloads(3));
    await db.query(
      'delete from rowhook.event where id = (select event_id from rowhook.delivery where id = $1)',
      [gone],
    );
    await db.query(
      `insert into rowhook.endpoint_health (endpoint_id, failures, failing_since, open_until) values ($1, 12, now(), now())`,
      [id],
    );
    await start();
    await allSent();
    expect(server.requests).to.have.length(2);
    expect((await queue.attempts(db, gone))[0]).to.include({ verdict: 'exhausted', reason: 'event_gone' });
    await stopAll();
  });
});
