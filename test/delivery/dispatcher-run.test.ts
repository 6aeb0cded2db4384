import { expect } from 'chai';
import type { Dispatcher } from '../../src/delivery/dispatcher.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { dispatcherKit } from './dispatcher-kit.ts';
import * as queue from './queue.ts';

describe('dispatcher', () => {
  const kit = dispatcherKit();
  const { receiver, start, recorded } = kit;
  let db: TestDatabase;
  beforeEach(() => {
    db = kit.db();
  });

  it('sends at once when woken, and soon when nobody does', async () => {
    const server = await receiver();
    const endpoint = await queue.addEndpoint(db, server.url());
    const sleepy = await start({ options: { pollMs: 60_000 } });
    await queue.enqueue(db, endpoint);
    sleepy.dispatcher.wake();
    await server.waitFor(1, { timeoutMs: 2_000 });
    await sleepy.dispatcher.stop();
    const { dispatcher } = await start({ options: { pollMs: 20 } });
    await queue.enqueue(db, endpoint);
    await server.waitFor(2, { timeoutMs: 2_000 });
    await dispatcher.stop();
  });

  it('sends again what a dispatcher that is no more had leased', async () => {
    const server = await receiver();
    await queue.enqueue(db, await queue.addEndpoint(db, server.url()), queue.payloads(3));
    await db.query(
      `update rowhook.delivery
          set lease = gen_random_uuid(), starts = 2, leased_until = now() + interval '300 milliseconds'`,
    );
    const { dispatcher, lines } = await start();
    await server.waitFor(3);
    await recorded(3);
    await dispatcher.stop();
    expect(lines.map((line) => line.msg)).to.include(
      'delivery was begun more often than it ended: sent alone',
    );
  });

  it('shares the work with others, each delivery once', async () => {
    const server = await receiver(() => ({ delayMs: 5 }));
    for (let n = 0; n < 4; n += 1) {
      await queue.enqueue(db, await queue.addEndpoint(db, server.url()), queue.payloads(100));
    }
    const options = { concurrency: 8, perEndpoint: 2 };
    const both = await Promise.all([start({ options }), start({ options })]);
    await recorded(400);
    for (const { dispatcher } of both) await dispatcher.stop();
    const sent = server.requests.map((request) => request.headers['sitestacker-delivery']);
    expect(sent).to.have.length(400);
    expect(new Set(sent).size).to.equal(400);
    for (const { lines } of both) expect(lines.length).to.be.greaterThan(40);
  });

  it('survives a database that is not there', async () => {
    const nowhere = await createTestDatabase();
    const { dispatcher, lines } = await queue.startDispatcher(nowhere);
    await waitUntil(() => lines.filter((line) => line.msg === 'deliveries cannot be claimed').length >= 2, {
      what: 'two failed claims',
    });
    await dispatcher.stop();
  });

  describe('keeps the contract of everything that runs', () => {
    const orders: ReadonlyArray<readonly [string, (dispatcher: Dispatcher) => Promise<unknown>]> = [
      ['started twice', (d) => Promise.all([d.start(), d.start()])],
      ['stopped twice', (d) => Promise.all([d.stop(), d.stop()])],
      ['stopped, then aborted', (d) => Promise.all([d.stop(), d.stop('abort')])],
      ['started after it was stopped', async (d) => [await d.stop(), await d.start()]],
    ];
    for (const [what, order] of orders) {
      it(what, async () => {
        const { dispatcher } = await start();
        await order(dispatcher);
        await dispatcher.stop();
      });
    }
  });
});
