import { expect } from 'chai';
import { createSealer } from '../../src/store/sealer.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { dispatcherKit } from './dispatcher-kit.ts';
import * as queue from './queue.ts';

describe('an endpoint with settings of its own', () => {
  const kit = dispatcherKit();
  const { receiver, start, recorded } = kit;
  let db: TestDatabase;
  beforeEach(() => {
    db = kit.db();
  });
  const set = (id: string, values: string, more: readonly unknown[] = []) =>
    db.query(`update rowhook.endpoint set ${values} where id = $1`, [id, ...more]);
  const allSent = () =>
    waitUntil(async () => (await queue.count(db, 'delivery')) === 0, {
      what: 'the queue to be empty',
      timeoutMs: 20_000,
    });

  it('never gets more requests at a time than it is set to, from all daemons together', async () => {
    let open = 0;
    let most = 0;
    const server = await receiver(async () => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setTimeout(resolve, 3));
      open -= 1;
      return {};
    });
    const well = await receiver();
    const id = await queue.addEndpoint(db, server.url());
    await set(id, 'concurrency = 3');
    await queue.enqueue(db, id, queue.payloads(50));
    await queue.enqueue(db, await queue.addEndpoint(db, well.url()), queue.payloads(50));
    const both = [await start(), await start()];
    await allSent();
    for (const { dispatcher } of both) await dispatcher.stop();
    expect(most).to.equal(3);
    expect(server.requests).to.have.length(50);
  });

  it('is let go by a dispatcher that stops, so that another one takes it up', async () => {
    const server = await receiver();
    const id = await queue.addEndpoint(db, server.url());
    await set(id, 'concurrency = 1, timeout_ms = 60000');
    await queue.enqueue(db, id);
    const first = await start();
    await allSent();
    expect(await queue.count(db, 'endpoint_health where keeper is not null')).to.equal(1);
    await queue.enqueue(db, id, queue.payloads(30));
    first.dispatcher.wake();
    await server.waitFor(2);
    await first.dispatcher.stop();
    expect(
      await queue.count(db, 'endpoint_health where keeper is not null or kept_until is not null'),
    ).to.equal(0);
    expect(await queue.count(db, 'delivery where lease is not null or starts > 0')).to.equal(0);
    const second = await start();
    await allSent();
    await second.dispatcher.stop();
    expect(server.requests).to.have.length(31);
  });

  it('is sent no more than its rate allows, and all of it', async () => {
    const server = await receiver();
    const id = await queue.addEndpoint(db, server.url());
    await set(id, 'rate = 50');
    await queue.enqueue(db, id, queue.payloads(60));
    const { dispatcher } = await start();
    await allSent();
    await dispatcher.stop();
    const begun = (await queue.attempts(db))
      .map((each) => each.started_at.getTime())
      .toSorted((a, b) => a - b);
    // Sixty take more than a second: the first and the last are 59 spaces apart, less what is made up for.
    expect((begun.at(-1) ?? 0) - (begun[0] ?? 0)).to.be.at.least(59 * 20 - 100);
  });

  it('is sent the next one when its time has come, with nobody looking', async () => {
    const server = await receiver();
    const id = await queue.addEndpoint(db, server.url());
    await set(id, 'rate = 10');
    await queue.enqueue(db, id, queue.payloads(4));
    const { dispatcher } = await start({ options: { pollMs: 60_000 } });
    await server.waitFor(4);
    await allSent();
    await dispatcher.stop();
  });

  it('keeps to its own schedule and deadline', async () => {
    const server = await receiver(() => ({ hang: true }));
    const id = await queue.addEndpoint(db, server.url());
    await set(id, 'schedule = $2, timeout_ms = 100', [[7_200_000]]);
    await queue.enqueue(db, id);
    const { dispatcher } = await start({ options: { timeoutMs: 30_000 } });
    await recorded(1);
    await queue.retryNow(db);
    dispatcher.wake();
    await recorded(2);
    await dispatcher.stop();
    const [first, last] = await queue.attempts(db);
    expect(first).to.include({
      verdict: 'retry',
      reason: 'timeout',
      detail: 'not over within 100 ms (waiting for the answer)',
    });
    expect((first?.due_at?.getTime() ?? 0) - (first?.started_at.getTime() ?? 0)).to.be.within(
      7_200_000,
      7_205_000,
    );
    expect(last).to.include({ verdict: 'exhausted', reason: 'timeout' });
  });

  it('is not tried again with an empty schedule', async () => {
    const server = await receiver(() => ({ status: 500 }));
    const id = await queue.addEndpoint(db, server.url());
    await set(id, `schedule = '{}'`);
    await queue.enqueue(db, id);
    const { dispatcher } = await start();
    await recorded(1);
    await dispatcher.stop();
    expect((await queue.attempts(db))[0]).to.include({ verdict: 'exhausted', reason: 'http_500' });
  });

  it('gets its own headers behind ours, their values recorded nowhere', async () => {
    const server = await receiver();
    const id = await queue.addEndpoint(db, server.url());
    await set(id, 'headers = $2', [
      JSON.stringify([
        ['Authorization', 'Bearer hush'],
        ['X-Tenant', 'hush too'],
      ]),
    ]);
    await queue.enqueue(db, id);
    const { dispatcher, lines } = await start();
    await recorded(1);
    await dispatcher.stop();
    const [request] = server.requests;
    expect(request?.headers).to.include({
      authorization: 'Bearer hush',
      'x-tenant': 'hush too',
      'user-agent': 'SiteStacker',
    });
    const [attempt] = await queue.attempts(db);
    expect(attempt?.request_headers).to.deep.include(['X-Tenant', '[hidden]']);
    expect(JSON.stringify([attempt, lines])).not.to.include('hush');
  });

  it('is left alone where its secret cannot be opened: nothing is counted, and others are sent theirs', async () => {
    const server = await receiver();
    const id = await queue.addEndpoint(db, server.url());
    const sealer = createSealer([{ id: 'k1', bytes: Buffer.alloc(32, 7) }]);
    await set(id, 'secret = $2', [sealer.seal('topsecret', { endpointId: id, column: 'secret' })]);
    await queue.enqueue(db, id, queue.payloads(20));
    await queue.enqueue(db, await queue.addEndpoint(db, server.url('/other')), queue.payloads(5));
    const { dispatcher, lines } = await start({ options: { perEndpoint: 2 } });
    await recorded(5);
    await waitUntil(
      async () => (await queue.count(db, 'delivery where lease is null and starts = 0')) === 20,
      {
        what: 'its deliveries to be back',
      },
    );
    await dispatcher.stop();
    expect(server.requests.map((each) => each.path)).to.deep.equal(Array(5).fill('/other'));
    const told = lines.filter((line) => line.reason === 'secret_sealed');
    expect(told.length).to.be.within(1, 2);
    expect(told[0]).to.include({ level: 50, endpoint: id });
    expect(await queue.count(db, 'attempt')).to.equal(5);
  });
});
