import { expect } from 'chai';
import { doSlice } from '../../src/delivery/bulk/slice.ts';
import { withClient } from '../../src/delivery/queue/out-of-pool.ts';
import { record } from '../../src/delivery/queue/record.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { failed, lastHour, progress, queuedAgain } from './bulk-kit.ts';
import {
  addEndpoint,
  claimDue,
  count,
  enqueue,
  finish,
  openSession,
  poolSession,
  queueDatabase,
} from './queue.ts';

describe('a bulk job of an endpoint with ordering by record', () => {
  let db: TestDatabase;
  let endpoint: string;
  beforeEach(async () => {
    db = await queueDatabase();
    endpoint = await addEndpoint(db, 'http://127.0.0.1:9/');
    await db.query(`update rowhook.endpoint set ordering = 'record'`);
  });
  const slice = (id: string) =>
    withClient(db.pool, (client) => doSlice(client, id, { walked: 1_000, deliveries: 500 }));
  /** Claims what is due, and ends it well. */
  const round = async (): Promise<string[]> => {
    const session = poolSession(db);
    const claimed = await claimDue(session);
    await record(
      session,
      claimed.map((delivery) => finish(delivery)),
    );
    return claimed.map(({ id }) => id);
  };

  it('puts those of a record one behind the other, the earliest first', async () => {
    const ofOne = await failed(db, endpoint, 3, { key: '7' });
    const ofAnother = await failed(db, endpoint, 2, { key: '8' });
    const job = await lastHour(db, endpoint);
    expect(await slice(job.id)).to.include({ outcome: 'ended', put: 5 });
    expect([await count(db, 'delivery'), await count(db, 'delivery_behind')]).to.deep.equal([2, 3]);
    const [first, second] = [[...ofOne].sort(), [...ofAnother].sort()];
    expect((await round()).sort()).to.deep.equal([first[0], second[0]].sort());
    expect((await round()).sort()).to.deep.equal([first[1], second[1]].sort());
    expect(await round()).to.deep.equal([first[2]]);
    expect(await round()).to.deep.equal([]);
    expect(await queuedAgain(db)).to.deep.equal([]);
  });

  it('puts them behind what is under way of their record', async () => {
    const [id = ''] = await failed(db, endpoint, 1, { key: '7' });
    const [now = ''] = await enqueue(db, endpoint, ['{"n":1}'], { key: '7' });
    const session = poolSession(db);
    const [sending] = await claimDue(session);
    expect(sending!.id).to.equal(now);
    const job = await lastHour(db, endpoint);
    expect(await slice(job.id)).to.include({ outcome: 'ended', put: 1 });
    expect(await claimDue(session)).to.deep.equal([]);
    await record(session, [finish(sending!)]);
    expect(await round()).to.deep.equal([id]);
  });

  it('lets nobody send a later one of a record meanwhile', async () => {
    await failed(db, endpoint, 1, { key: '7' });
    const [later = ''] = await enqueue(db, endpoint, ['{"n":1}'], { key: '7' });
    const job = await lastHour(db, endpoint);
    const claiming = await openSession(db);
    // It has claimed the later one, and says so to nobody yet.
    const [claimed] = await claimDue(claiming);
    expect(claimed!.id).to.equal(later);
    const sliced = slice(job.id);
    await waitUntil(
      async () =>
        (
          await db.query(
            `select from pg_locks where not granted and locktype = 'advisory'
                and database = (select oid from pg_database where datname = current_database())`,
          )
        ).rows.length === 1,
      { what: 'the slice to wait for the record' },
    );
    await claiming.commit();
    expect(await sliced).to.include({ outcome: 'ended', put: 1 });
    expect(await count(db, 'delivery_behind')).to.equal(1);
  });

  it('takes a hundred of them at a time, as each needs a lock', async () => {
    await failed(db, endpoint, 120);
    const job = await lastHour(db, endpoint);
    expect(await slice(job.id)).to.include({ outcome: 'moved', put: 100 });
    expect(await progress(db, job.id)).to.include({ done: 100, total: 120 });
  });
});
