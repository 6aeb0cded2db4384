import { expect } from 'chai';
import type { TestDatabase } from '../support/database.ts';
import type { ReceivedRequest } from '../support/receiver.ts';
import { dispatcherKit } from './dispatcher-kit.ts';
import * as queue from './queue.ts';
import { startRawServer } from './raw-server.ts';

describe('fairness', () => {
  const kit = dispatcherKit();
  const { closing, receiver, start } = kit;
  let db: TestDatabase;
  beforeEach(() => {
    db = kit.db();
  });
  const options = { concurrency: 16, perEndpoint: 4, timeoutMs: 30_000 };
  const endpointOf = (url: string) => queue.addEndpoint(db, url);
  const isOf =
    (ids: ReadonlySet<string>) =>
    ({ headers }: ReceivedRequest): boolean =>
      ids.has(String(headers['sitestacker-delivery']));

  it('the healthy get all of theirs while others are dead, drip, answer late or have a backlog', async () => {
    const drip = await startRawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n');
      const timer = setInterval(() => socket.write('.'), 1_000);
      socket.on('close', () => clearInterval(timer));
    });
    closing.push(() => drip.close());
    const late = await receiver(() => ({ hang: true }));
    const busy = await receiver();
    const well = await receiver();
    const dead = await receiver();
    await dead.close();
    for (const url of [dead.url(), drip.url(), late.url()]) {
      await queue.enqueue(db, await endpointOf(url), queue.payloads(100));
    }
    await queue.enqueue(db, await endpointOf(busy.url()), queue.payloads(3_000));
    const healthy: string[] = [];
    for (let n = 0; n < 10; n += 1) healthy.push(await endpointOf(well.url(`/${n}`)));
    const { dispatcher } = await start({ options });
    await late.waitFor(1);
    for (let round = 1; round <= 3; round += 1) {
      for (const id of healthy) await queue.enqueue(db, id, queue.payloads(10));
      dispatcher.wake();
      await well.waitFor(round * 100, { timeoutMs: 15_000 });
    }
    expect(
      await queue.count(db, 'delivery where lane = 0 and attempts = 0'),
      'the backlog',
    ).to.be.greaterThan(500);
    expect(late.requests.length, 'still at it').to.be.within(1, 4);
    expect(drip.open()).to.be.within(1, 4);
    const ids = well.requests.map((request) => request.headers['sitestacker-delivery']);
    expect(new Set(ids).size).to.equal(300);
    await dispatcher.stop('abort');
  });

  it('a storm of retries does not delay fresh events, of whichever endpoints', async () => {
    const server = await receiver((request) => ({ delayMs: request.path.includes('slow') ? 20 : 0 }));
    const stormy: string[] = [];
    for (let n = 0; n < 50; n += 1) stormy.push(await endpointOf(server.url(n % 2 ? '/slow' : '/fast')));
    for (const id of stormy) await queue.enqueue(db, id, queue.payloads(100));
    await db.query('update rowhook.delivery set lane = 1, attempts = 1, starts = 1');
    const { dispatcher } = await start({ options });
    await server.waitFor(300);
    const fresh = new Set<string>();
    for (const id of stormy) for (const each of await queue.enqueue(db, id)) fresh.add(each);
    const before = server.requests.length;
    dispatcher.wake();
    const isFresh = isOf(fresh);
    const requests = await server.waitFor((all) => all.filter(isFresh).length === fresh.size, {
      timeoutMs: 15_000,
    });
    const last = requests.findLastIndex(isFresh);
    expect(last - before, 'requests since they were there').to.be.lessThan(500);
    expect(await queue.count(db, 'delivery where lane = 1'), 'the storm goes on').to.be.greaterThan(2_000);
    await dispatcher.stop('abort');
  });

  it('a storm of what is redelivered by hand does not delay fresh events, of whichever endpoints', async () => {
    const server = await receiver();
    const [one, ...others] = await Promise.all(
      Array.from({ length: 11 }, (_, n) => endpointOf(server.url(`/${n}`))),
    );
    const stormy = [one!, ...others];
    // Half of it is of one endpoint alone.
    const storm = 20_000;
    for (const id of stormy) {
      await queue.enqueue(db, id, queue.payloads(id === one ? storm / 2 : storm / 20), { lane: 2 });
    }
    await db.query('update rowhook.delivery set attempts = 2, starts = 2');
    const calm = await endpointOf(server.url('/calm'));
    const { dispatcher } = await start({ options });
    await server.waitFor(300);
    const fresh = new Set<string>();
    for (let round = 1; round <= 3; round += 1) {
      for (const id of [...stormy, calm]) {
        for (const each of await queue.enqueue(db, id, queue.payloads(10))) fresh.add(each);
      }
      dispatcher.wake();
      await server.waitFor((all) => all.filter(isOf(fresh)).length === fresh.size, { timeoutMs: 15_000 });
    }
    expect(fresh.size).to.equal(3 * 12 * 10);
    const redelivered = server.requests.length - fresh.size;
    expect(redelivered, 'the storm goes on beside them').to.be.within(301, storm / 2);
    await dispatcher.stop('abort');
  });
});
