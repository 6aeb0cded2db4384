import { expect } from 'chai';
import pg from 'pg';
import type { DispatcherOptions } from '../../src/delivery/dispatcher.ts';
import type { TestDatabase } from '../support/database.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { waitUntil } from '../support/wait.ts';
import { dispatcherKit } from './dispatcher-kit.ts';
import * as queue from './queue.ts';

describe('dispatcher', () => {
  const kit = dispatcherKit();
  const { closing, receiver, recorded } = kit;
  const start = (options: DispatcherOptions, on: { pool: pg.Pool } = db) => kit.start({ options }, on);
  let db: TestDatabase;
  beforeEach(() => {
    db = kit.db();
  });
  /** A receiver's script that answers when told to. */
  const gate = () => {
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    return {
      open: () => open(),
      script: async () => {
        await opened;
        return {};
      },
    };
  };

  describe('with one sick endpoint', () => {
    for (const [what, script] of [
      ['that hangs', () => ({ hang: true })],
      ['that fails', () => ({ status: 500 })],
      ['that closes', () => ({ destroy: true })],
    ] as const) {
      it(`${what} sends the others theirs`, async () => {
        const sick = await receiver(script);
        const well = await receiver();
        await queue.enqueue(db, await queue.addEndpoint(db, sick.url()), queue.payloads(300));
        await queue.enqueue(db, await queue.addEndpoint(db, well.url()), queue.payloads(300));
        const { dispatcher } = await start({ concurrency: 4, perEndpoint: 2, timeoutMs: 30_000 });
        await well.waitFor(300, { timeoutMs: 8_000 });
        if (what === 'that hangs') expect(sick.requests).to.have.length(2);
        await dispatcher.stop('abort');
      });
    }

    it('gives that one request at a time until it answers again', async () => {
      let hanging = true;
      let open = 0;
      let most = 0;
      const sick = await receiver(async () => {
        if (hanging) return { hang: true };
        open += 1;
        most = Math.max(most, open);
        await new Promise((resolve) => setImmediate(resolve));
        open -= 1;
        return {};
      });
      await queue.enqueue(db, await queue.addEndpoint(db, sick.url()), queue.payloads(60));
      const { dispatcher } = await start({ concurrency: 8, perEndpoint: 4, timeoutMs: 250 });
      await recorded(4);
      const before = sick.requests.length;
      await recorded(6);
      expect(sick.requests.length - before).to.be.within(1, 3);
      hanging = false;
      await waitUntil(async () => (await queue.count(db, 'delivery')) === 0, { what: 'the rest to be sent' });
      await dispatcher.stop();
      expect(most).to.be.within(2, 4);
    });

    it('that lingers starts other requests beside as many', async () => {
      const slow = gate();
      const sick = await receiver(slow.script);
      const well = await receiver();
      await queue.enqueue(db, await queue.addEndpoint(db, sick.url()), queue.payloads(10));
      const healthy = await queue.addEndpoint(db, well.url());
      const { dispatcher } = await start({ concurrency: 2, perEndpoint: 2, timeoutMs: 30_000 });
      await sick.waitFor(2);
      // Both slots are taken, for a second.
      await queue.enqueue(db, healthy, queue.payloads(20));
      await well.waitFor(20, { timeoutMs: 5_000 });
      expect(sick.requests).to.have.length(2);
      slow.open();
      await recorded(30);
      await dispatcher.stop();
    });
  });

  describe('when it is stopped', () => {
    it('gives back what it had not begun, and finishes what it had', async () => {
      const slow = gate();
      const server = await receiver(slow.script);
      for (let n = 0; n < 4; n += 1) {
        await queue.enqueue(db, await queue.addEndpoint(db, server.url()), queue.payloads(5));
      }
      const { dispatcher } = await start({ concurrency: 2 });
      await server.waitFor(2);
      const leased = `select count(*)::int as count from rowhook.delivery where lease is not null`;
      expect((await db.query(leased)).rows[0]?.count).to.be.greaterThan(2);
      const stopping = dispatcher.stop();
      await waitUntil(async () => (await db.query(leased)).rows[0]?.count === 2, {
        what: 'leases to be given back',
      });
      slow.open();
      await stopping;
      expect(server.requests).to.have.length(2);
      const { rows } = await db.query('select lease, starts, attempts from rowhook.delivery');
      expect(rows).to.deep.equal(Array(18).fill({ lease: null, starts: 0, attempts: 0 }));
      expect((await queue.attempts(db)).map((each) => each.verdict)).to.deep.equal([
        'succeeded',
        'succeeded',
      ]);
    });

    it('at once, breaks off requests and does not count them', async () => {
      const server = await receiver(() => ({ hang: true }));
      await queue.enqueue(db, await queue.addEndpoint(db, server.url()), queue.payloads(4));
      const { dispatcher } = await start({ timeoutMs: 30_000 });
      await server.waitFor(4);
      const draining = dispatcher.stop();
      await dispatcher.stop('abort');
      await draining;
      const { rows } = await db.query('select lease, starts, attempts from rowhook.delivery');
      expect(rows).to.deep.equal(Array(4).fill({ lease: null, starts: 0, attempts: 0 }));
      expect(await queue.count(db, 'attempt')).to.equal(0);
    });
  });

  describe('when it loses the database', () => {
    let proxy: TcpProxy;
    let pool: pg.Pool;
    beforeEach(async () => {
      proxy = await startTcpProxy(db.url);
      pool = new pg.Pool({ connectionString: proxy.url, max: 4 });
      pool.on('error', () => {});
      closing.push(
        () => proxy.close(),
        () => pool.end(),
      );
    });

    it('keeps the results of what it was sending, and records them when it is back', async () => {
      const slow = gate();
      const server = await receiver(slow.script);
      await queue.enqueue(db, await queue.addEndpoint(db, server.url()), queue.payloads(3));
      const { dispatcher, lines } = await start({}, { pool });
      await server.waitFor(3);
      await proxy.cut();
      slow.open();
      await waitUntil(() => lines.some((line) => line.msg === 'results cannot be recorded; kept'), {
        what: 'a lost result',
      });
      await proxy.resume();
      await recorded(3);
      // And goes on.
      await queue.enqueue(db, '1', queue.payloads(2));
      await recorded(5);
      await dispatcher.stop();
      expect(server.requests).to.have.length(5);
      expect(await queue.count(db, 'delivery')).to.equal(0);
    });

    it('lets others send it where that takes longer than the lease', async () => {
      const slow = gate();
      const server = await receiver(slow.script);
      const [id] = await queue.enqueue(db, await queue.addEndpoint(db, server.url()));
      const { dispatcher, lines } = await start({}, { pool });
      await server.waitFor(1);
      await proxy.cut();
      slow.open();
      await waitUntil(() => lines.some((line) => line.msg === 'results cannot be recorded; kept'), {
        what: 'a lost result',
      });
      await db.query(`update rowhook.delivery set leased_until = now()`);
      const other = await start({});
      await recorded(1);
      await proxy.resume();
      await waitUntil(() => lines.some((line) => line.msg === 'lease lost: attempt not counted'), {
        what: 'the fence',
      });
      await dispatcher.stop();
      await other.dispatcher.stop();
      expect(await queue.attempts(db, id)).to.have.length(1);
    });

    it('stops all the same', async () => {
      const slow = gate();
      const server = await receiver(slow.script);
      await queue.enqueue(db, await queue.addEndpoint(db, server.url()));
      const { dispatcher, lines } = await start({}, { pool });
      await server.waitFor(1);
      await proxy.cut();
      slow.open();
      await waitUntil(() => lines.some((line) => line.msg === 'results cannot be recorded; kept'), {
        what: 'a lost result',
      });
      const stopped = performance.now();
      await dispatcher.stop('abort');
      expect(performance.now() - stopped).to.be.lessThan(4_000);
      expect(lines.map((line) => line.msg)).to.include('result lost; it will be sent again');
      expect(pool.totalCount - pool.idleCount, 'connections kept').to.equal(0);
    });
  });
});
