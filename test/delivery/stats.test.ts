import { expect } from 'chai';
import { pino } from 'pino';
import type { Session } from '../../src/delivery/queue/session.ts';
import { DeliveryStats } from '../../src/delivery/stats/stats.ts';
import { mostEndpoints, Tallies } from '../../src/delivery/stats/tallies.ts';
import type { Verdict } from '../../src/delivery/verdict.ts';
import { endpointDays, ratePoints } from '../../src/store/delivery-stats.ts';
import { percentiles } from '../../src/store/latency-scale.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { claimed } from './claimed.ts';
import { dispatcherKit } from './dispatcher-kit.ts';
import * as queue from './queue.ts';

interface StatRow {
  endpoint: string;
  at: Date;
  made: Date;
  succeeded: number;
  retried: number;
  exhausted: number;
  durations: number[];
  delays: number[];
}

const rowsOf = async (db: TestDatabase): Promise<StatRow[]> => {
  const { rows } = await db.query<StatRow>(
    `select endpoint_id::text as endpoint, at, succeeded, retried, exhausted, durations, delays,
       to_timestamp(('x0000' || replace(left(id::text, 13), '-', ''))::bit(64)::bigint / 1000.0) as made
     from rowhook.delivery_stat order by endpoint_id, id`,
  );
  return rows;
};
const outcomes = ({ endpoint, succeeded, retried, exhausted }: StatRow) => [
  endpoint,
  succeeded,
  retried,
  exhausted,
];

describe('counts of attempts', () => {
  let db: TestDatabase;
  let nowMs: number;
  let failing: boolean;
  let lines: queue.LogLine[];
  let session: Session;
  beforeEach(async () => {
    db = await queue.queueDatabase();
    nowMs = Date.parse('2031-05-06T07:08:30Z');
    failing = false;
    lines = [];
    const pool = queue.poolSession(db);
    session = {
      query: (statement, values) =>
        failing ? Promise.reject(new Error('the database is away')) : pool.query(statement, values),
      close() {},
    };
  });

  const statsOf = () => {
    const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) });
    return new DeliveryStats({ session, now: () => new Date(nowMs), log });
  };
  const succeeded: Verdict = { verdict: 'succeeded', reason: 'success' };
  const retry: Verdict = { verdict: 'retry', reason: 'http_500', retryDelayMs: 1_000 };
  const exhausted: Verdict = { verdict: 'exhausted', reason: 'http_500' };
  /** An attempt that ended now, of an event whose change is so much older. */
  const add = (
    stats: DeliveryStats,
    endpointId: string,
    verdict: Verdict,
    { number = 1, durationMs = 20, ageMs = 100, status = 200 as number | null } = {},
  ): void => {
    const event = { name: 'x', payload: '{}', requestId: null, changedAt: new Date(nowMs - ageMs) };
    const [delivery] = claimed(endpointId, 1, { event });
    const startedAt = new Date(nowMs - durationMs);
    const finished = queue.finish(delivery!, { verdict, startedAt, durationMs, status });
    stats.add(finished, { attemptId: finished.attemptId, number, dueAt: null });
  };

  it('are written for each endpoint that had any, and for all together', async () => {
    const stats = statsOf();
    for (const endpoint of ['7', '8', '7']) add(stats, endpoint, succeeded);
    add(stats, '7', retry);
    add(stats, '8', exhausted, { number: 5 });
    await stats.drain();
    const rows = await rowsOf(db);
    expect(rows.map(outcomes)).to.deep.equal([
      ['0', 3, 1, 1],
      ['7', 2, 1, 0],
      ['8', 1, 0, 1],
    ]);
    for (const { at, made } of rows) {
      expect([at.toISOString(), made.getTime()]).to.deep.equal(['2031-05-06T07:08:00.000Z', nowMs]);
    }
    // Once.
    await stats.drain();
    expect(await rowsOf(db)).to.have.length(3);
  });

  it('have durations of what was sent, and delays of first attempts that succeeded', async () => {
    const stats = statsOf();
    add(stats, '7', succeeded, { durationMs: 20, ageMs: 100 });
    add(stats, '7', retry, { durationMs: 5_000, ageMs: 6_000 });
    add(stats, '7', succeeded, { number: 2, durationMs: 20, ageMs: 90_000 });
    add(stats, '7', exhausted, { durationMs: 0, status: null });
    // A clock that differs: the answer seems to be from before the change.
    add(stats, '7', succeeded, { durationMs: 20, ageMs: -50 });
    await stats.drain();
    const [, { durations, delays }] = (await rowsOf(db)) as [StatRow, StatRow];
    const sum = (counts: number[]) => counts.reduce((total, n) => total + n, 0);
    expect([sum(durations), sum(delays)]).to.deep.equal([4, 2]);
    expect(percentiles(durations)?.p50).to.be.within(17, 23);
    expect(percentiles(durations)?.p99).to.be.within(4_250, 5_750);
    expect(delays[0]).to.equal(1);
    expect(percentiles(delays)?.p99).to.be.within(85, 115);
  });

  it('that could not be written are kept, and written with the next ones', async () => {
    const stats = statsOf();
    add(stats, '7', succeeded);
    failing = true;
    await stats.drain();
    nowMs += 60_000;
    add(stats, '7', retry);
    add(stats, '8', succeeded);
    await stats.drain();
    expect(lines.map(({ msg }) => msg)).to.deep.equal(
      Array(2).fill('counts of attempts cannot be written; kept'),
    );
    failing = false;
    nowMs += 60_000;
    await stats.drain();
    const rows = await rowsOf(db);
    expect(rows.map(outcomes)).to.deep.equal([
      ['0', 2, 1, 0],
      ['7', 1, 1, 0],
      ['8', 1, 0, 0],
    ]);
    expect(rows[0]).to.deep.include({
      at: new Date('2031-05-06T07:08:00Z'),
      made: new Date(nowMs),
    });
  });

  it('of which a part was written are not written twice', async () => {
    const stats = statsOf();
    for (let n = 1; n <= 700; n += 1) add(stats, String(n), succeeded);
    const { query } = session;
    let statements = 0;
    session.query = (statement, values) => {
      statements += 1;
      failing = statements === 2;
      return query(statement, values);
    };
    await stats.drain();
    expect(await rowsOf(db)).to.have.length(500);
    await stats.drain();
    const { rows } = await db.query(
      `select count(distinct endpoint_id)::int as endpoints, sum(succeeded)::int as all,
         sum(succeeded) filter (where endpoint_id = 0)::int as together from rowhook.delivery_stat`,
    );
    expect(rows).to.deep.equal([{ endpoints: 701, all: 1_400, together: 700 }]);
  });

  it('tell ten thousand endpoints apart at most, and count all of them', async () => {
    const stats = statsOf();
    for (let n = 1; n <= mostEndpoints + 5; n += 1) add(stats, String(n), succeeded);
    await stats.drain();
    const { rows } = await db.query(
      `select count(*)::int as rows, max(succeeded) as together from rowhook.delivery_stat`,
    );
    expect(rows).to.deep.equal([{ rows: mostEndpoints + 1, together: mostEndpoints + 5 }]);
  });

  it('have places of their own though the clock is set back', async () => {
    const stats = statsOf();
    add(stats, '7', succeeded);
    nowMs -= 3_600_000;
    add(stats, '7', succeeded);
    await stats.drain();
    add(stats, '7', succeeded);
    await stats.drain();
    const rows = await rowsOf(db);
    expect(rows.map(outcomes).sort()).to.deep.equal([
      ['0', 1, 0, 0],
      ['0', 2, 0, 0],
      ['7', 1, 0, 0],
      ['7', 2, 0, 0],
    ]);
    for (const { at, made } of rows) expect(at.getTime()).to.be.at.most(made.getTime());
  });

  it('do not hold up an end that is in a hurry', async () => {
    session.query = () => new Promise(() => {});
    const stats = statsOf();
    add(stats, '7', succeeded);
    const drained = stats.drain();
    stats.abort();
    await drained;
  });

  it('are written at the end of the minute while it runs', async () => {
    nowMs = Date.parse('2031-05-06T07:08:59.980Z');
    const stats = statsOf();
    stats.start();
    add(stats, '7', succeeded);
    await waitUntil(async () => (await rowsOf(db)).length === 2, { what: 'the rows' });
    await stats.drain();
    expect(await rowsOf(db)).to.have.length(2);
  });

  it('of an endpoint are written at once, and then every five minutes', () => {
    const tallies = new Tallies();
    const handed: string[][] = [];
    for (let minute = 0; minute < 12; minute += 1) {
      for (const endpoint of minute < 7 ? ['7'] : minute === 8 ? ['8'] : []) {
        tallies.add(endpoint, 'succeeded', 5, -1, () => minute * 60_000);
      }
      handed.push(
        tallies
          .hand(minute * 60_000, false)
          .map(([id, { succeeded, since }]) => `${id}: ${succeeded} since ${since / 60_000}`),
      );
    }
    expect(handed).to.deep.equal([
      ['0: 1 since 0', '7: 1 since 0'],
      ...[1, 2, 3, 4].map((minute) => [`0: 1 since ${minute}`]),
      ['0: 1 since 5', '7: 5 since 1'],
      ['0: 1 since 6'],
      [],
      ['0: 1 since 8', '8: 1 since 8'],
      [],
      ['7: 1 since 6'],
      [],
    ]);
  });

  describe('of dispatchers', () => {
    const kit = dispatcherKit();

    it('add up, and are there when they have stopped', async () => {
      const receiver = await kit.receiver((_request, n) => ({ status: n % 4 === 0 ? 500 : 200 }));
      const endpoint = await queue.addEndpoint(kit.db(), receiver.url());
      const dialect = queue.impatient(1, 3_600_000);
      const both = [await kit.start({ dialect }), await kit.start({ dialect })];
      for (let round = 0; round < 4; round += 1) {
        await queue.enqueue(kit.db(), endpoint, queue.payloads(10));
        for (const { dispatcher } of both) dispatcher.wake();
        await kit.recorded(10 * (round + 1));
      }
      for (const { dispatcher } of both) await dispatcher.stop();
      const day = (await endpointDays(kit.db().pool, [endpoint])).get(endpoint)!;
      expect([day.succeeded, day.failed]).to.deep.equal([30, 10]);
      expect(day.hours).to.have.length(24);
      const points = await ratePoints(kit.db().pool, 'hour');
      const sum = (of: 'succeeded' | 'retried') => points.reduce((total, point) => total + point[of], 0);
      expect([points.length, sum('succeeded'), sum('retried')]).to.deep.equal([60, 30, 10]);
      const last = points.findLast((point) => point.durationMs !== null);
      expect(last?.delayMs?.p50).to.be.at.least(last?.durationMs?.p50 ?? Number.NaN);
    });
  });
});
