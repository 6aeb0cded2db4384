import { expect } from 'chai';
import { doSlice, type Sliced, type SliceSize } from '../../src/delivery/bulk/slice.ts';
import { withClient } from '../../src/delivery/queue/out-of-pool.ts';
import { cancelBulkJob, showBulkJob } from '../../src/store/bulk-jobs.ts';
import { redeliver } from '../../src/store/deliveries.ts';
import { deleteEndpoint } from '../../src/store/endpoints.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import {
  attempted,
  deliveriesOf,
  failed,
  lastHour,
  minutesAgo,
  progress,
  queuedAgain,
  timePasses,
} from './bulk-kit.ts';
import { addEndpoint, count, queueDatabase } from './queue.ts';

const url = 'http://127.0.0.1:9/';

describe('a slice of a bulk job', () => {
  let db: TestDatabase;
  let endpoint: string;
  beforeEach(async () => {
    db = await queueDatabase();
    endpoint = await addEndpoint(db, url);
  });

  const slice = (id: string, size: Partial<SliceSize> = {}): Promise<Sliced> =>
    withClient(db.pool, (client) => doSlice(client, id, { walked: 1_000, deliveries: 500, ...size }));
  /** Slices one after the other until the job has ended. */
  const allSlices = async (id: string, size: Partial<SliceSize> = {}): Promise<Sliced[]> => {
    const slices: Sliced[] = [];
    while (slices.at(-1)?.outcome !== 'ended') {
      slices.push(await slice(id, size));
      await timePasses(db);
    }
    return slices;
  };
  /** Lets slices stop where they put something back, or say how far they came, by when all else of them is written, and nothing committed. */
  const stopped = async (where: 'insert on rowhook.delivery' | 'update on rowhook.bulk_job') => {
    await db.query(
      `create function stop() returns trigger language plpgsql as 'begin perform pg_advisory_xact_lock(1); return new; end'`,
    );
    await db.query(`create trigger stop before ${where} for each row execute function stop()`);
    const blocker = await db.pool.connect();
    await blocker.query('select pg_advisory_lock(1)');
    return async (): Promise<void> => {
      await blocker.query('select pg_advisory_unlock(1)');
      blocker.release();
    };
  };
  const untilStopped = (): Promise<number> =>
    waitUntil(
      async () => {
        const { rows } = await db.query<{ pid: number }>(
          `select pid from pg_locks where not granted and locktype = 'advisory'
              and database = (select oid from pg_database where datname = current_database())`,
        );
        return rows[0]?.pid;
      },
      { what: 'the slice to stop' },
    );

  it('puts back what failed in the span for good, once, with the attempts that it has had', async () => {
    await failed(db, endpoint, 2, { minutes: 70 });
    const ids = await failed(db, endpoint, 3);
    const before = await failed(db, endpoint, 1, { minutes: 3 });
    await failed(db, await addEndpoint(db, url), 2);
    const [better, waits] = await deliveriesOf(db, 2);
    await attempted(db, endpoint, [
      { ...better!, at: minutesAgo(20) },
      { ...better!, at: minutesAgo(10), number: 2, verdict: 'succeeded' },
      { ...waits!, at: minutesAgo(10), verdict: 'retry' },
    ]);
    const job = await lastHour(db, endpoint, minutesAgo(5));
    expect(job).to.deep.include({
      state: 'running',
      total: { count: 3, atLeast: false },
      done: 0,
      createdBy: 'anna',
    });
    expect(await slice(job.id)).to.deep.equal({ outcome: 'ended', endpointId: endpoint, put: 3 });
    const { rows } = await db.query(
      'select lane, id, attempts, starts, lease, record from rowhook.delivery order by id',
    );
    expect(rows).to.deep.equal(
      [...ids].sort().map((id) => ({ lane: 2, id, attempts: 2, starts: 2, lease: null, record: null })),
    );
    expect(await progress(db, job.id)).to.deep.equal({ state: 'done', done: 3, skipped: 0, total: 3 });
    expect(await slice(job.id)).to.include({ outcome: 'busy' });
    // Another one is about what none of these were.
    const later = await lastHour(db, endpoint);
    expect(later.total.count).to.equal(1);
    await allSlices(later.id);
    expect(await queuedAgain(db)).to.deep.equal([...ids, ...before].sort());
  });

  it('takes so many, walks so far, and the next one goes on there', async () => {
    const ids = await failed(db, endpoint, 25);
    const job = await lastHour(db, endpoint);
    const sliced = await allSlices(job.id, { deliveries: 10 });
    expect(sliced.map(({ outcome, put }) => [outcome, put])).to.deep.equal([
      ['moved', 10],
      ['moved', 10],
      ['ended', 5],
    ]);
    expect(await queuedAgain(db)).to.deep.equal([...ids].sort());
    // 14 attempts are 7 deliveries.
    const again = await addEndpoint(db, url);
    await failed(db, again, 25);
    const walks = await allSlices((await lastHour(db, again)).id, { walked: 14 });
    expect(walks.map(({ put }) => put)).to.deep.equal([7, 7, 7, 4]);
  });

  it('skips what is under way, what somebody has redelivered meanwhile, and what retention has taken', async () => {
    const [queued, waiting, behind, byHand, gone, taken] = (await failed(db, endpoint, 6)) as [
      string,
      ...string[],
    ];
    const job = await lastHour(db, endpoint);
    await redeliver(db.pool, queued);
    await redeliver(db.pool, waiting!);
    await db.query(
      `with moved as (delete from rowhook.delivery where id = $1 returning *)
       insert into rowhook.delivery_waiting (endpoint_id, id, event_id, attempts, due_at)
       select endpoint_id, id, event_id, attempts, now() from moved`,
      [waiting],
    );
    await redeliver(db.pool, behind!);
    await db.query(
      `with moved as (delete from rowhook.delivery where id = $1 returning *)
       insert into rowhook.delivery_behind (endpoint_id, record, id, event_id, lane, attempts)
       select endpoint_id, 'person:1', id, event_id, 0, attempts from moved`,
      [behind],
    );
    const { rows } = await db.query<{ event: string }>(
      'select event_id as event from rowhook.attempt where delivery_id = $1',
      [byHand],
    );
    const again = { delivery: byHand!, event: rows[0]!.event, at: new Date() };
    await attempted(db, endpoint, [
      { ...again, number: 3, verdict: 'retry' },
      { ...again, number: 4, verdict: 'succeeded' },
    ]);
    await db.query(
      `delete from rowhook.event where id in (select event_id from rowhook.attempt where delivery_id = $1)`,
      [gone],
    );
    expect(await slice(job.id)).to.include({ outcome: 'ended', put: 1 });
    expect(await progress(db, job.id)).to.deep.equal({ state: 'done', done: 1, skipped: 5, total: 6 });
    expect(await queuedAgain(db)).to.deep.equal([queued, taken].sort());
  });

  it('does not count what others redelivered before it was asked for', async () => {
    const [each] = await deliveriesOf(db, 1);
    await attempted(db, endpoint, [
      { ...each!, at: minutesAgo(50) },
      { ...each!, at: minutesAgo(40), number: 2 },
    ]);
    const job = await lastHour(db, endpoint, minutesAgo(45));
    expect(job.total.count).to.equal(0);
    await slice(job.id);
    expect(await progress(db, job.id)).to.deep.equal({ state: 'done', done: 0, skipped: 0, total: 0 });
    // Of two failures of one delivery the last one counts, and it goes out once.
    const all = await lastHour(db, endpoint);
    expect(all.total.count).to.equal(1);
    await slice(all.id);
    expect(await progress(db, all.id)).to.deep.equal({ state: 'done', done: 1, skipped: 0, total: 1 });
  });

  it('is one of a job at a time', async () => {
    await failed(db, endpoint, 40);
    const job = await lastHour(db, endpoint);
    const release = await stopped('update on rowhook.bulk_job');
    const first = slice(job.id, { deliveries: 10 });
    await untilStopped();
    // Neither waits for the first one, nor does what that does.
    expect(await slice(job.id)).to.include({ outcome: 'busy', put: 0 });
    await release();
    expect(await first).to.include({ outcome: 'moved', put: 10 });
    await timePasses(db);
    await allSlices(job.id);
    expect(await progress(db, job.id)).to.include({ done: 40 });
    expect(await queuedAgain(db)).to.have.length(40);
  });

  it('comes no sooner than its pace wants, whoever did the one before', async () => {
    await failed(db, endpoint, 501);
    const job = await lastHour(db, endpoint);
    expect(await slice(job.id)).to.include({ outcome: 'moved', put: 500 });
    const { rows } = await db.query<{ ms: number }>(
      `select extract(epoch from next_at - created_at)::float8 * 1000 as ms from rowhook.bulk_job`,
    );
    expect(rows[0]!.ms).to.be.greaterThan(900);
    await db.query(`update rowhook.bulk_job set next_at = clock_timestamp() + interval '1 hour'`);
    expect(await slice(job.id)).to.include({ outcome: 'busy', put: 0 });
    await timePasses(db);
    expect(await slice(job.id)).to.include({ outcome: 'ended', put: 1 });
  });

  it('adds nothing to two thousand that are queued, and tells so', async () => {
    await failed(db, endpoint, 10);
    const job = await lastHour(db, endpoint);
    await db.query(
      `insert into rowhook.delivery (lane, endpoint_id, id, event_id) select 2, $1, gen_random_uuid(), gen_random_uuid() from generate_series(1, 1993)`,
      [endpoint],
    );
    expect(await slice(job.id)).to.include({ outcome: 'moved', put: 7 });
    await timePasses(db);
    expect(await slice(job.id)).to.include({ outcome: 'held', put: 0 });
    expect(await showBulkJob(db.pool, job.id)).to.include({ state: 'running', held: 'backlog', done: 7 });
    await db.query('delete from rowhook.delivery where attempts = 0');
    expect((await showBulkJob(db.pool, job.id)).held).to.equal(null);
    expect(await slice(job.id)).to.include({ outcome: 'ended', put: 3 });
  });

  it('is held with its endpoint, and tells so', async () => {
    await failed(db, endpoint, 1);
    const job = await lastHour(db, endpoint);
    const held = async () => (await showBulkJob(db.pool, job.id)).held;
    await db.query('insert into rowhook.endpoint_health (endpoint_id, open_until) values ($1, now())', [
      endpoint,
    ]);
    expect(await held()).to.equal('failing');
    await db.query('update rowhook.endpoint set paused_at = now()');
    expect(await held()).to.equal('paused');
    await db.query('update rowhook.endpoint set active = false');
    expect(await held()).to.equal('disabled');
    expect(await slice(job.id)).to.include({ outcome: 'ended', put: 1 });
    expect(await held()).to.equal(null);
  });

  it('ends the job where the endpoint is deleted', async () => {
    await failed(db, endpoint, 1);
    const job = await lastHour(db, endpoint);
    await deleteEndpoint(db.pool, endpoint);
    expect(await slice(job.id)).to.include({ outcome: 'failed', put: 0 });
    const ended = await showBulkJob(db.pool, job.id);
    expect(ended).to.include({ state: 'failed', error: 'the endpoint was deleted', endpointUrl: null });
    expect(ended.endedAt).to.be.instanceOf(Date);
    expect(await count(db, 'delivery')).to.equal(0);
  });

  it('lets a person who redelivers one of them at that moment wait, and does it once', async () => {
    const [id = ''] = await failed(db, endpoint, 3);
    const job = await lastHour(db, endpoint);
    const person = await db.pool.connect();
    await person.query('begin');
    await redeliver(person, id);
    // Not yet committed: whether it is under way nobody can know.
    expect(await slice(job.id)).to.include({ outcome: 'busy' });
    await person.query('commit');
    person.release();
    expect(await slice(job.id)).to.include({ outcome: 'ended', put: 2 });
    expect(await queuedAgain(db)).to.have.length(3);
  });

  it('lets an endpoint that is being deleted go', async () => {
    await failed(db, endpoint, 1);
    const job = await lastHour(db, endpoint);
    const client = await db.pool.connect();
    await client.query('begin');
    await deleteEndpoint(client, endpoint);
    expect(await slice(job.id)).to.include({ outcome: 'busy', put: 0 });
    await client.query('commit');
    client.release();
    expect(await slice(job.id)).to.include({ outcome: 'failed' });
  });

  it('is no more once the job is cancelled; what was put back stays', async () => {
    await failed(db, endpoint, 30);
    const job = await lastHour(db, endpoint);
    await slice(job.id, { deliveries: 10 });
    expect(await cancelBulkJob(db.pool, job.id)).to.include({ state: 'cancelled', done: 10 });
    await timePasses(db);
    expect(await slice(job.id)).to.include({ outcome: 'busy', put: 0 });
    expect(await queuedAgain(db)).to.have.length(10);
    expect(await cancelBulkJob(db.pool, job.id)).to.include({ state: 'cancelled' });
  });

  it('is waited for by whoever cancels the job', async () => {
    await failed(db, endpoint, 30);
    const job = await lastHour(db, endpoint);
    const release = await stopped('insert on rowhook.delivery');
    const sliced = slice(job.id, { deliveries: 10 });
    await untilStopped();
    const cancelled = cancelBulkJob(db.pool, job.id);
    await waitUntil(
      async () =>
        (
          await db.query(
            `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%cancelled%'
                and pid <> pg_backend_pid()`,
          )
        ).rows.length === 1,
      { what: 'the cancellation to wait' },
    );
    await release();
    expect(await sliced).to.include({ outcome: 'moved', put: 10 });
    expect(await cancelled).to.include({ state: 'cancelled', done: 10 });
  });

  it('leaves nothing behind where its session is ended in the middle', async () => {
    const ids = await failed(db, endpoint, 20);
    const job = await lastHour(db, endpoint);
    await slice(job.id, { deliveries: 5 });
    await timePasses(db);
    const release = await stopped('update on rowhook.bulk_job');
    const cut = slice(job.id, { deliveries: 5 }).then(
      () => 'done',
      () => 'cut',
    );
    const pid = await untilStopped();
    await db.query('select pg_terminate_backend($1)', [pid]);
    expect(await cut).to.equal('cut');
    await release();
    expect(await progress(db, job.id)).to.include({ state: 'running', done: 5 });
    await allSlices(job.id, { deliveries: 5 });
    expect(await queuedAgain(db)).to.deep.equal([...ids].sort());
    expect(await progress(db, job.id)).to.include({ state: 'done', done: 20 });
  });
});
