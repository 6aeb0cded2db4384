import { expect } from 'chai';
import { countBulk, createBulkJob, listBulkJobs, showBulkJob } from '../../src/store/bulk-jobs.ts';
import { countFailed, judgedText, judgedValues } from '../../src/store/failed-deliveries.ts';
import type { Queryable } from '../../src/store/sql.ts';
import { lowestUuid } from '../../src/uuid-time.ts';
import { attempted, deliveriesOf, failed, lastHour, minutesAgo } from '../delivery/bulk-kit.ts';
import { addEndpoint, queueDatabase } from '../delivery/queue.ts';
import type { TestDatabase } from '../support/database.ts';

const url = 'http://127.0.0.1:9/';

describe('what failed at an endpoint', () => {
  let db: TestDatabase;
  let endpoint: string;
  beforeEach(async () => {
    db = await queueDatabase();
    endpoint = await addEndpoint(db, url);
  });
  const span = () => ({
    endpointId: endpoint,
    after: lowestUuid(minutesAgo(60)),
    before: lowestUuid(minutesAgo(0)),
  });
  const failure = async (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: Error & { code?: string; where?: string }) => ({ code: error.code, where: error.where }),
    );

  it('is counted up to a bound, in pieces', async () => {
    await failed(db, endpoint, 25);
    const counted = (deliveries: number, ms = 60_000) =>
      countFailed(db.pool, span(), { deliveries, ms, walked: 14, exhausted: 5 });
    expect(await counted(100)).to.deep.equal({ count: 25, atLeast: false });
    expect(await counted(26)).to.deep.equal({ count: 25, atLeast: false });
    expect(await counted(24)).to.deep.equal({ count: 24, atLeast: true });
    expect(await counted(23)).to.deep.equal({ count: 23, atLeast: true });
    expect(await counted(10)).to.deep.equal({ count: 10, atLeast: true });
    let pieces = 0;
    const watched: Queryable = {
      query: (statement, values) => {
        pieces += 1;
        return db.pool.query(statement as string, [...(values ?? [])]);
      },
    };
    await countFailed(watched, span(), { deliveries: 8, ms: 60_000, walked: 14, exhausted: 5 });
    expect(pieces).to.equal(2);
    // No time at all.
    expect(await counted(100, 0)).to.deep.equal({ count: 0, atLeast: true });
  });

  it('is looked for in pieces that cost the same whatever there is, and however the planner sees it', async () => {
    const blocksOf = async (size: { walked: number; exhausted: number }): Promise<number> => {
      const { rows } = await db.query<{ 'QUERY PLAN': { Plan: Record<string, number> }[] }>(
        `explain (analyze, buffers, format json) with ${judgedText} select (select count(*) from judged), reached from piece`,
        judgedValues({ ...span(), asked: lowestUuid(new Date()) }, size),
      );
      const { Plan: plan } = rows[0]!['QUERY PLAN'][0]!;
      return plan['Shared Hit Blocks']! + plan['Shared Read Blocks']!;
    };
    await db.query('analyze rowhook.attempt');
    await failed(db, endpoint, 3_000);
    const made = await deliveriesOf(db, 3_000);
    await attempted(
      db,
      endpoint,
      made.map((each, n) => ({ ...each, at: new Date(minutesAgo(20).getTime() + n), verdict: 'succeeded' })),
    );
    // A queue with a backlog, which none of it may read as a whole.
    await db.query(
      `insert into rowhook.delivery (endpoint_id, id, event_id) select $1, gen_random_uuid(), gen_random_uuid() from generate_series(1, 20000)`,
      [endpoint],
    );
    const empty = await blocksOf({ walked: 1_000, exhausted: 50 });
    for (const table of ['attempt', 'event', 'delivery']) await db.query(`analyze rowhook.${table}`);
    const known = await blocksOf({ walked: 1_000, exhausted: 50 });
    // Some thirty for each that is looked at, and the walk.
    expect(Math.max(empty, known)).to.be.within(100, 5_000);
  });

  it('is no span that begins in the future, ends before it begins, or is of no endpoint', async () => {
    const wrong = (since: Date, until?: Date, endpointId = endpoint) =>
      failure(countBulk(db.pool, { endpointId, since, until }));
    expect(await wrong(minutesAgo(-1))).to.deep.equal({ code: 'bulk_invalid', where: 'since' });
    expect(await wrong(new Date(Number.NaN))).to.deep.equal({ code: 'bulk_invalid', where: 'since' });
    expect(await wrong(minutesAgo(5), minutesAgo(5))).to.deep.equal({ code: 'bulk_invalid', where: 'until' });
    expect(await wrong(minutesAgo(5), minutesAgo(6))).to.deep.equal({ code: 'bulk_invalid', where: 'until' });
    expect((await wrong(minutesAgo(5), undefined, '99'))?.code).to.equal('endpoint_unknown');
    expect((await wrong(minutesAgo(5), undefined, 'x'))?.code).to.equal('endpoint_unknown');
    expect((await failure(showBulkJob(db.pool, '7')))?.code).to.equal('bulk_unknown');
  });

  it('is a span up to now, from the oldest attempt that is kept on', async () => {
    await failed(db, endpoint, 1, { minutes: 50 });
    const year = 365 * 24 * 60;
    const counted = await countBulk(db.pool, {
      endpointId: endpoint,
      since: minutesAgo(year),
      until: minutesAgo(-year),
    });
    expect(counted).to.include({ count: 1, atLeast: false });
    expect(counted.until).to.be.at.most(new Date());
    expect(counted.since).to.deep.equal(counted.keptFrom);
    expect(counted.since.getTime()).to.be.closeTo(minutesAgo(50).getTime(), 10_000);
    const job = await createBulkJob(db.pool, { endpointId: endpoint, since: minutesAgo(year) }, 'anna');
    expect(job.since).to.deep.equal(counted.since);
    // All of it is kept; nothing of it is.
    expect((await countBulk(db.pool, { endpointId: endpoint, since: minutesAgo(10) })).keptFrom).to.equal(
      null,
    );
    const before = { endpointId: endpoint, since: minutesAgo(year), until: minutesAgo(60) };
    expect(await countBulk(db.pool, before)).to.deep.include({
      count: 0,
      since: before.since,
      keptFrom: counted.since,
    });
  });

  it('is redelivered by one running job at a time', async () => {
    await failed(db, endpoint, 1);
    const job = await lastHour(db, endpoint, minutesAgo(10));
    expect((await failure(lastHour(db, endpoint)))?.code).to.equal('bulk_running');
    // What begins where it ends is about others; and so is another endpoint.
    const scope = { endpointId: endpoint, since: job.until };
    const next = await createBulkJob(db.pool, scope, 'bob');
    const other = await lastHour(db, await addEndpoint(db, url));
    await db.query(`update rowhook.bulk_job set state = 'done' where id = $1`, [job.id]);
    const again = await lastHour(db, endpoint, minutesAgo(15));
    const ids = async (filter: Parameters<typeof listBulkJobs>[1]) => {
      const { jobs, next: more } = await listBulkJobs(db.pool, filter);
      return [...jobs.map(({ id }) => id), more];
    };
    expect(await ids({})).to.deep.equal([again.id, other.id, next.id, job.id, undefined]);
    expect(await ids({ endpointId: endpoint, limit: 2 })).to.deep.equal([again.id, next.id, next.id]);
    expect(await ids({ endpointId: endpoint, limit: 2, before: next.id })).to.deep.equal([job.id, undefined]);
  });

  it('is asked for once, where several ask at once', async () => {
    const asked = await Promise.all(
      Array.from({ length: 4 }, () => failure(lastHour(db, endpoint)).then((each) => each?.code ?? 'made')),
    );
    expect(asked.sort()).to.deep.equal(['bulk_running', 'bulk_running', 'bulk_running', 'made']);
  });
});
