import type { Socket } from 'node:net';
import { expect } from 'chai';
import type pg from 'pg';
import { takeSample } from '../../src/governor/sample.ts';
import { createRole, createTestDatabase, type TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { applicationRole, sampled, sessionsKit } from './sessions.ts';

describe('a sample of the load', () => {
  const sessions = sessionsKit();
  let db: TestDatabase;
  /** The application's role, of which an ordinary role of ours is shown nothing. */
  let shop: string;

  beforeEach(async () => {
    db = await createTestDatabase();
    shop = await applicationRole(db);
  });

  for (const kind of ['an ordinary role', 'a role that may see all sessions'] as const) {
    describe(`as ${kind}`, () => {
      let ours: pg.Client;
      beforeEach(async () => {
        const { url, name } = await createRole(db, 'ours');
        if (kind !== 'an ordinary role') await db.query(`grant pg_read_all_stats to ${name}`);
        ours = await sessions.ours(url);
      });

      it('counts the sessions of others that run a statement, of any database', async () => {
        await sampled(ours, 0);
        await sessions.busy(shop, 3);
        await sampled(ours, 3);
        const other = await createTestDatabase();
        await sessions.busy(other.url, 2);
        await sampled(ours, 5);
      });

      it('does not count our own, of any role', async () => {
        await sessions.busy(shop, 2, 'rowhook');
        await sessions.busy(shop, 1);
        await sampled(ours, 1);
      });

      it('does not count sessions that idle, also in a transaction that has written', async () => {
        const [idle, writer] = [await sessions.session(shop), await sessions.session(shop)];
        await idle.query('select 1');
        await writer.query('begin; update sale set n = n + 1 where id = 1');
        const { ids } = await takeSample(ours, null);
        expect(await takeSample(ours, ids)).to.include({ backends: 0 });
      });

      it('counts a session between two statements of a transaction that began to write since the last sample', async () => {
        const writer = await sessions.session(shop);
        const before = await takeSample(ours, null);
        await writer.query('begin; update sale set n = n + 1 where id = 1');
        const during = await takeSample(ours, before.ids);
        expect(during.backends).to.equal(1);
        expect((await takeSample(ours, during.ids)).backends).to.equal(0);
        await writer.query('commit');
        const after = await takeSample(ours, during.ids);
        expect(after.backends).to.equal(0);
        expect(after.ids).to.be.greaterThan(before.ids);
      });

      it('holds no transaction open', async () => {
        await takeSample(ours, null);
        const { rows } = await ours.query('select now() = statement_timestamp() as fresh');
        expect(rows).to.deep.equal([{ fresh: true }]);
      });
    });
  }

  describe('with the rights to see it', () => {
    let ours: pg.Client;
    beforeEach(async () => {
      ours = await sessions.ours(db.url);
    });

    it('does not count sessions that wait for a lock, or for their client', async () => {
      const [holder, waiter, slow] = [
        await sessions.session(shop),
        await sessions.session(shop),
        await sessions.session(shop),
      ];
      await holder.query('begin; update sale set n = n + 1 where id = 1');
      waiter.query('update sale set n = n + 1 where id = 1').catch(() => {});
      const { stream } = (slow as unknown as { connection: { stream: Socket } }).connection;
      slow.query(`select repeat('x', 1000000) from generate_series(1, 1000)`).catch(() => {});
      stream.pause();
      await waitUntil(
        async () =>
          (
            await ours.query(
              `select from pg_stat_activity where state = 'active' and application_name = 'shop' and wait_event_type in ('Lock', 'Client')`,
            )
          ).rowCount === 2,
        { what: 'both to wait' },
      );
      const { ids } = await takeSample(ours, null);
      expect(await takeSample(ours, ids)).to.include({ backends: 0 });
      stream.destroy();
    });

    it('does not count one that idles in a snapshot', async () => {
      const reader = await sessions.session(shop);
      await reader.query('begin isolation level repeatable read; select 1');
      await sampled(ours, 0);
    });

    it('counts a parallel statement once', async () => {
      const reader = await sessions.session(shop);
      // Runs the statement in a worker, whatever it costs.
      await reader.query('set debug_parallel_query = on');
      reader.query('select pg_sleep(600)').catch(() => {});
      await waitUntil(
        async () =>
          (
            await ours.query(
              `select from pg_stat_activity where backend_type = 'parallel worker' and application_name = 'shop'`,
            )
          ).rowCount === 1,
        { what: 'the worker' },
      );
      expect((await takeSample(ours, null)).backends).to.equal(1);
    });
  });
});
