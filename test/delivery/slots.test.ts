import { expect } from 'chai';
import { record } from '../../src/delivery/queue/record.ts';
import { emptySlot, lookAtSlots, turnSlot } from '../../src/delivery/queue/slots.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import {
  addEndpoint,
  claimDue,
  count,
  enqueue,
  finish,
  openSession,
  payloads,
  poolSession,
  queueDatabase,
} from './queue.ts';
import { sweeperKit } from './sweeper-kit.ts';

const url = 'http://127.0.0.1:9/';
const megabyte = 1024 * 1024;
const never = new AbortController().signal;

describe('slots of the queue', () => {
  let db: TestDatabase;
  let endpoint: string;

  beforeEach(async () => {
    db = await queueDatabase();
    // Nothing of the test's is to depend on when it comes round.
    await db.query(`alter table rowhook.delivery_0 set (autovacuum_enabled = off)`);
    await db.query(`alter table rowhook.delivery_1 set (autovacuum_enabled = off)`);
    endpoint = await addEndpoint(db, url);
  });

  /** Lets so many deliveries through the queue as claims and results do, without their requests. */
  const pass = async (deliveries: number): Promise<void> => {
    await db.query(
      `insert into rowhook.delivery (slot, endpoint_id, id, event_id)
       select slot, $1, gen_random_uuid(), gen_random_uuid() from rowhook.delivery_slot, generate_series(1, $2)`,
      [endpoint, deliveries],
    );
    await db.query(
      `update rowhook.delivery set lease = gen_random_uuid(), leased_until = now() + interval '1 minute', starts = 1
        where endpoint_id = $1`,
      [endpoint],
    );
    await db.query('delete from rowhook.delivery where endpoint_id = $1', [endpoint]);
  };
  const turn = async (fromBytes?: number): Promise<boolean> =>
    turnSlot(db.pool, await lookAtSlots(db.pool), fromBytes);
  const empty = async (): Promise<boolean> => emptySlot(db.pool, await lookAtSlots(db.pool), never, 3);
  const slotsOf = async (): Promise<Record<string, number>> =>
    Object.fromEntries(
      (
        await db.query<{ slot: number; count: number }>(
          'select slot, count(*)::int from rowhook.delivery group by slot',
        )
      ).rows.map((row) => [row.slot, row.count]),
    );
  /** Sessions that were last refused something in a transaction. */
  const refused = async (): Promise<number> =>
    (
      await db.query(
        `select from pg_stat_activity where datname = current_database() and state = 'idle' and query = 'rollback'`,
      )
    ).rows.length;
  const turnNow = (): Promise<unknown> => db.query('update rowhook.delivery_slot set slot = 1 - slot');

  it('turn and are emptied while a transaction holds vacuum back, so that the queue stays small', async () => {
    const snapshot = await db.pool.connect();
    await snapshot.query('begin isolation level repeatable read; select 1');
    const held = await addEndpoint(db, url);
    await db.query('update rowhook.endpoint set paused_at = now() where id = $1', [held]);
    const waiting = await enqueue(db, held, payloads(200));
    let largest = 0;
    for (let round = 0; round < 5; round += 1) {
      await pass(20_000);
      const { bytes } = await lookAtSlots(db.pool);
      largest = Math.max(largest, bytes[0] + bytes[1]);
      if (await turn()) expect(await empty()).to.equal(true);
    }
    await snapshot.query('commit');
    snapshot.release();
    // All of it would be 30 MB.
    expect(largest / megabyte).to.be.within(16, 24);
    const { rows } = await db.query('select id from rowhook.delivery order by id');
    expect(rows.map(({ id }) => id)).to.deep.equal(waiting);
  });

  it('do not turn while most of one is alive, or the other is in use', async () => {
    await db.query(
      `insert into rowhook.delivery (endpoint_id, id, event_id)
       select $1, gen_random_uuid(), gen_random_uuid() from generate_series(1, 10000)`,
      [endpoint],
    );
    expect((await lookAtSlots(db.pool)).bytes[0]).to.be.greaterThan(megabyte);
    expect(await turn(megabyte)).to.equal(false);
    await db.query('delete from rowhook.delivery');
    await db.query(
      'insert into rowhook.delivery (slot, endpoint_id, id, event_id) values (1, $1, gen_random_uuid(), gen_random_uuid())',
      [endpoint],
    );
    expect(await turn(megabyte)).to.equal(false);
    await db.query('truncate rowhook.delivery_1');
    expect(await turn()).to.equal(false);
    expect(await turn(megabyte)).to.equal(true);
    expect((await lookAtSlots(db.pool)).current).to.equal(1);
  });

  it('move over what waits, and leave what is being sent until it ends', async () => {
    const ids = await enqueue(db, endpoint, payloads(20));
    const claimed = await claimDue(poolSession(db), { roomOfOthers: 5 });
    await turnNow();
    expect(await empty()).to.equal(false);
    expect(await slotsOf()).to.deep.equal({ 0: 5, 1: 15 });
    const { recorded } = await record(
      poolSession(db),
      claimed.map((each) => finish(each)),
    );
    expect(recorded).to.have.length(5);
    expect(await empty()).to.equal(true);
    const rest = await claimDue(poolSession(db), { roomOfOthers: 50 });
    expect(rest.map(({ id, slot, starts }) => [id, slot, starts])).to.deep.equal(
      ids.slice(5).map((id) => [id, 1, 1]),
    );
  });

  it('lose nothing of who still writes to the one that is given up', async () => {
    const relay = await openSession(db);
    await relay.query(
      {
        text: `insert into rowhook.delivery (slot, endpoint_id, id, event_id)
               select slot, $1, gen_random_uuid(), gen_random_uuid() from rowhook.delivery_slot`,
      },
      [endpoint],
    );
    await turnNow();
    const emptying = emptySlot(db.pool, await lookAtSlots(db.pool), never);
    await waitUntil(async () => (await refused()) > 0, { what: 'it to have asked for the table' });
    await relay.commit();
    expect(await emptying, 'it saw no row before').to.equal(false);
    expect(await slotsOf()).to.deep.equal({ 0: 1 });
    expect(await empty()).to.equal(true);
    expect(await slotsOf()).to.deep.equal({ 1: 1 });
    expect(await claimDue(poolSession(db))).to.have.length(1);
  });

  it('are emptied although there is never a moment without somebody who reads them', async () => {
    await pass(500);
    await turnNow();
    const readers = await Promise.all([db.pool.connect(), db.pool.connect()]);
    const isWaiting = async (): Promise<boolean> => {
      const { rows } = await db.query<{ n: number }>(
        `select count(*)::int as n from pg_stat_activity
          where wait_event_type = 'Lock' and query like '%from rowhook.delivery limit 1'`,
      );
      return rows[0]!.n > 0;
    };
    const come = (reader: (typeof readers)[number]) =>
      reader.query('begin; select from rowhook.delivery limit 1');
    await come(readers[0]);
    let emptied: boolean | undefined;
    const emptying = empty().then((outcome) => {
      emptied = outcome;
    });
    try {
      for (let at = 0; emptied === undefined; at = 1 - at) {
        let hasCome = false;
        const coming = come(readers[1 - at]!).then(() => {
          hasCome = true;
        });
        // It goes only when the other one is there, or stands in line.
        await waitUntil(async () => hasCome || (await isWaiting()), { what: 'the next one' });
        await readers[at]!.query('commit');
        await coming;
      }
      await emptying;
      expect([emptied, (await lookAtSlots(db.pool)).bytes[0]]).to.deep.equal([true, 0]);
    } finally {
      for (const reader of readers) {
        await reader.query('rollback');
        reader.release();
      }
    }
  });

  it('are both claimed from, in the order of the ids', async () => {
    const ids = await enqueue(db, endpoint, payloads(2));
    await turnNow();
    ids.push(...(await enqueue(db, endpoint, payloads(2))));
    const claimed = await claimDue(poolSession(db));
    expect(claimed.map(({ id, slot }) => [id, slot])).to.deep.equal(ids.map((id, n) => [id, n < 2 ? 0 : 1]));
  });

  describe('looked after by the sweeper', () => {
    const kit = sweeperKit();

    it('turn, and are emptied', async () => {
      db = kit.db;
      endpoint = await addEndpoint(db, url);
      await db.query(
        `insert into rowhook.delivery (endpoint_id, id, event_id, record)
         select $1, gen_random_uuid(), gen_random_uuid(), repeat('x', 1500) from generate_series(1, 12000)`,
        [endpoint],
      );
      await db.query('delete from rowhook.delivery');
      await enqueue(db, endpoint, payloads(3));
      const sweeper = kit.sweeperOf({ every: { slots: 1_000 } });
      await sweeper.start();
      await waitUntil(async () => (await lookAtSlots(db.pool)).bytes[0] === 0, {
        what: 'the slot to be emptied',
      });
      await sweeper.stop();
      expect((await lookAtSlots(db.pool)).current).to.equal(1);
      expect(await count(db, 'delivery_1')).to.equal(3);
    });
  });
});
