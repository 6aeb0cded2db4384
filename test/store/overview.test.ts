import { expect } from 'chai';
import { v7 } from 'uuid';
import { ratePoints } from '../../src/store/delivery-stats.ts';
import { classCount, classOf } from '../../src/store/latency-scale.ts';
import { overview } from '../../src/store/overview.ts';
import { addEndpoint, enqueue, queueDatabase } from '../delivery/queue.ts';
import type { TestDatabase } from '../support/database.ts';
import { countingRows } from './long-history.ts';

const minuteMs = 60_000;

describe('the overview', () => {
  let db: TestDatabase;
  let now: number;
  beforeEach(async () => {
    db = await queueDatabase();
    const { rows } = await db.query<{ now: Date }>('select now() as now');
    now = rows[0]!.now.getTime();
  });

  const counts = (times: readonly number[]): number[] => {
    const found = Array.from({ length: classCount }, () => 0);
    for (const ms of times) found[classOf(ms)]! += 1;
    return found.slice(0, found.findLastIndex((n) => n > 0) + 1);
  };
  const stat = (
    minutesAgo: number,
    {
      durations = [],
      delays = [],
      retried = 0,
      exhausted = 0,
      endpoint = '0',
    }: {
      durations?: number[];
      delays?: number[];
      retried?: number;
      exhausted?: number;
      endpoint?: string;
    },
  ) => {
    const at = Math.floor(now / minuteMs - minutesAgo) * minuteMs;
    return db.query(
      `insert into rowhook.delivery_stat (endpoint_id, id, at, succeeded, retried, exhausted, durations, delays)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        endpoint,
        v7({ msecs: at + minuteMs }),
        new Date(at),
        durations.length,
        retried,
        exhausted,
        counts(durations),
        counts(delays),
      ],
    );
  };

  it('adds up what all daemons counted, bucket by bucket', async () => {
    await stat(3, { durations: [10, 10, 10], delays: [50], retried: 2 });
    await stat(3, { durations: [3_000], delays: [50, 9_000], exhausted: 1 });
    await stat(200, { durations: [10] });
    await stat(3_000, { durations: [10] });
    await stat(20_000, { durations: [10] });
    await stat(3, { durations: [10], endpoint: '7' });
    for (const [range, count, seconds, all] of [
      ['hour', 60, 60, 4],
      ['day', 96, 900, 5],
      ['week', 168, 3_600, 6],
    ] as const) {
      const { points, bucketSeconds } = await overview(db.pool, range);
      expect([points.length, bucketSeconds]).to.deep.equal([count, seconds]);
      expect(
        points.reduce((sum, { succeeded }) => sum + succeeded, 0),
        range,
      ).to.equal(all);
      for (const [i, { at }] of points.entries()) {
        expect(at.getTime() - points[0]!.at.getTime()).to.equal(i * seconds * 1_000);
        expect(at.getTime() % (seconds * 1_000)).to.equal(0);
      }
      expect(points.at(-1)!.at.getTime()).to.be.within(now - seconds * 1_000, now + minuteMs);
    }
    const points = await ratePoints(db.pool, 'hour');
    const [point] = points.filter(({ succeeded }) => succeeded > 0);
    expect(point).to.deep.include({ succeeded: 4, retried: 2, exhausted: 1 });
    expect(point?.durationMs?.p50).to.be.within(8.5, 11.5);
    expect(point?.durationMs?.p99).to.be.within(2_550, 3_450);
    expect(point?.delayMs?.p50).to.be.within(42, 58);
    expect(point?.delayMs?.p95).to.be.within(7_650, 10_350);
    const [empty] = points.filter(({ succeeded }) => succeeded === 0);
    expect([empty?.durationMs, empty?.delayMs]).to.deep.equal([null, null]);
    expect(
      (await ratePoints(db.pool, 'hour', '7')).filter(({ succeeded }) => succeeded === 1),
    ).to.have.length(1);
  });

  it('has what waits, and how the endpoints are', async () => {
    const endpoint = await addEndpoint(db, 'http://127.0.0.1:9/');
    await enqueue(db, endpoint, ['{}', '{}']);
    await addEndpoint(db, 'http://127.0.0.1:9/', { active: false });
    const { queue, endpoints, at } = await overview(db.pool, 'hour');
    expect(endpoints).to.deep.equal({ active: 1, failing: 0, paused: 0, disabled: 1 });
    expect(queue).to.deep.include({
      relayActive: false,
      due: { count: 2, atLeast: false },
      waiting: { count: 0, atLeast: false },
      nextDueAt: null,
    });
    expect(queue.oldestDueSeconds).to.be.within(0, 60);
    expect(Date.parse(at)).to.be.closeTo(now, minuteMs);
  });

  it('looks at the rows of its range alone', async () => {
    await db.query(
      `insert into rowhook.delivery_stat (endpoint_id, id, at, succeeded, retried, exhausted, durations, delays)
       select e, (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7000' || left(md5(e || '-' || n), 16))::uuid, at, 1, 0, 0,
         '{0,1}', '{0,0,1}'
       from generate_series(0, 4) e, generate_series(0, 20000) n, lateral (select now() - n * interval '1 minute' as at) t`,
    );
    await db.query('vacuum (analyze) rowhook.delivery_stat');
    for (const [range, most] of [
      ['hour', 100],
      ['day', 1_600],
      ['week', 10_300],
    ] as const) {
      const counting = countingRows(db);
      const { points } = await overview(counting.db, range);
      // A minute may have begun since.
      expect(points.slice(0, -2).filter(({ succeeded }) => succeeded === 0)).to.have.length(0);
      expect(counting.rows(), range).to.be.within(50, most);
    }
  });
});
