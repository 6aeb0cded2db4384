import { expect } from 'chai';
import { v7 } from 'uuid';
import { endpointHeld, endpointList, endpointRows } from '../../src/store/endpoint-list.ts';
import { getEndpoint } from '../../src/store/endpoints.ts';
import { endpointCounts } from '../../src/store/overview.ts';
import { dayMs } from '../../src/uuid-time.ts';
import { queueDatabase } from '../delivery/queue.ts';
import type { TestDatabase } from '../support/database.ts';
import { countingRows, longHistory } from './long-history.ts';

describe('the list of endpoints', () => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await queueDatabase();
  });

  const add = async (url: string, more: { description?: string; tenant?: string } = {}): Promise<string> => {
    const { rows } = await db.query<{ id: string }>(
      `insert into rowhook.endpoint (url, events, description, tenant) values ($1, '{*}', $2, $3) returning id::text`,
      [url, more.description ?? '', more.tenant ?? null],
    );
    return rows[0]!.id;
  };
  const health = (id: string, column: string, value: string): Promise<unknown> =>
    db.query(`insert into rowhook.endpoint_health (endpoint_id, ${column}) values (${id}, ${value})`);
  const ids = async (filter: Parameters<typeof endpointList>[1]): Promise<string[]> =>
    (await endpointList(db.pool, filter)).endpoints.map(({ id }) => id);

  it('tells which fail, and finds them by what they are', async () => {
    const well = await add('https://a.example/');
    await health(well, 'paused_until', `now() - interval '1 minute'`);
    const failing = await add('https://b.example/');
    await health(failing, 'failures, failing_since', `3, '2031-01-01'`);
    const throttled = await add('https://c.example/');
    await health(throttled, 'throttle', '2');
    const asked = await add('https://d.example/');
    await health(asked, 'paused_until', `now() + interval '1 hour'`);
    const open = await add('https://e.example/');
    await health(open, 'open_until', `now() - interval '1 minute'`);
    const paused = await add('https://f.example/');
    await db.query(`update rowhook.endpoint set paused_at = now() where id = ${paused}`);
    await health(paused, 'failures', '9');
    const disabled = await add('https://g.example/');
    await db.query(`update rowhook.endpoint set active = false, paused_at = now() where id = ${disabled}`);

    expect(await ids({ status: 'active' })).to.deep.equal([well]);
    expect(await ids({ status: 'failing' })).to.deep.equal([failing, throttled, asked, open]);
    expect(await ids({ status: 'paused' })).to.deep.equal([paused]);
    expect(await ids({ status: 'disabled' })).to.deep.equal([disabled]);
    expect(await endpointCounts(db.pool)).to.deep.equal({ active: 1, failing: 4, paused: 1, disabled: 1 });
    const { endpoints, total } = await endpointList(db.pool);
    expect(total).to.equal(7);
    expect(endpoints.map(({ status }) => status)).to.deep.equal([
      'active',
      ...Array(4).fill('failing'),
      'paused',
      'disabled',
    ]);
    expect(endpoints[1]?.statusSince).to.deep.equal(new Date('2031-01-01T00:00:00Z'));
    const since = (await getEndpoint(db.pool, paused)).stateSince;
    expect(endpoints[5]?.statusSince).to.deep.equal(since).and.not.equal(null);
  });

  it('finds a part of URL, description and tenant, in any case, and nothing by a pattern', async () => {
    const one = await add('https://CRM.example/', { description: 'Müller & Söhne' });
    const two = await add('https://b.example/100%_sure', { tenant: 'Acme' });
    expect(await ids({ search: 'crm' })).to.deep.equal([one]);
    // What is a capital letter is for the database's locale to say.
    const { rows } = await db.query<{ text: string }>(`select upper('müller') as text`);
    expect(await ids({ search: ` ${rows[0]!.text} ` })).to.deep.equal([one]);
    expect(await ids({ search: 'acme' })).to.deep.equal([two]);
    expect(await ids({ search: '0%_s' })).to.deep.equal([two]);
    expect(await ids({ search: 'crm%' })).to.deep.equal([]);
    expect(await ids({ search: '' })).to.deep.equal([one, two]);
  });

  it('comes page by page, and says how many there are in all', async () => {
    const all = [];
    for (let n = 0; n < 5; n += 1) all.push(await add(`https://a.example/${n}`));
    await add('https://b.example/');
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await endpointList(db.pool, { search: 'a.example', limit: 2, after });
      expect(page.total).to.equal(5);
      seen.push(...page.endpoints.map(({ id }) => id));
      after = page.next;
    } while (after !== undefined);
    expect(seen).to.deep.equal(all);
    expect((await endpointList(db.pool, { limit: 6 })).next).to.equal(undefined);
    expect(await ids({ after: 'nonsense' })).to.have.length(6);
  });

  it('has what waits, counted to a bound', async () => {
    const [some, many] = [await add('https://a.example/'), await add('https://b.example/')];
    const rows = (table: string, columns: string, values: string, count: number, endpoint: string) =>
      db.query(
        `insert into rowhook.${table} (endpoint_id, id, event_id${columns})
         select $1, gen_random_uuid(), gen_random_uuid()${values} from generate_series(1, $2::int) n`,
        [endpoint, count],
      );
    for (const [lane, count] of [3, 4, 5].entries())
      await rows('delivery', ', lane', `, ${lane}`, count, some);
    await rows('delivery_behind', ', record, lane, attempts', `, 'x:' || n, 0, 0`, 2, some);
    await rows('delivery_waiting', ', attempts, due_at', ', 1, now()', 7, some);
    await rows('delivery_waiting', ', attempts, due_at', ', 1, now()', 100_001, many);
    const exactly = (count: number) => ({ count, atLeast: false });
    const { endpoints } = await endpointList(db.pool);
    expect(endpoints.map(({ backlog }) => backlog)).to.deep.equal([
      exactly(21),
      { count: 1_000, atLeast: true },
    ]);
    const none = { due: exactly(0), behind: exactly(0), waiting: exactly(0) };
    expect(await endpointHeld(db.pool, some)).to.deep.equal({
      due: exactly(12),
      behind: exactly(2),
      waiting: exactly(7),
    });
    expect(await endpointHeld(db.pool, many)).to.deep.equal({
      ...none,
      waiting: { count: 100_000, atLeast: true },
    });
    expect(await endpointHeld(db.pool, '99')).to.deep.equal(none);
    expect(await endpointHeld(db.pool, 'nonsense')).to.deep.equal(none);
    const counting = countingRows(db);
    await endpointList(counting.db);
    expect(counting.rows()).to.be.within(1_000, 2_000);
  });

  it('has the last day of each, and when it was last sent something, also long ago', async () => {
    const [busy, old, never] = [
      await add('https://a.example/'),
      await add('https://b.example/'),
      await add('https://c.example/'),
    ];
    const { rows } = await db.query<{ now: Date }>('select now() as now');
    const now = rows[0]!.now.getTime();
    const stat = (endpoint: string, ageMs: number, succeeded: number, retried: number, exhausted: number) =>
      db.query(
        `insert into rowhook.delivery_stat (endpoint_id, id, at, succeeded, retried, exhausted, durations, delays)
         values ($1, $2, $3, $4, $5, $6, '{}', '{}')`,
        [endpoint, v7({ msecs: now - ageMs + 30_000 }), new Date(now - ageMs), succeeded, retried, exhausted],
      );
    // Of two daemons in the same minute; of an earlier hour; of the day before.
    await stat(busy, 60_000, 5, 1, 0);
    await stat(busy, 60_000, 2, 0, 1);
    await stat(busy, 5 * 3_600_000 + 60_000, 10, 0, 4);
    await stat(busy, 25 * 3_600_000, 100, 100, 100);
    await stat('0', 60_000, 1_000, 0, 0);
    const attempt = (endpoint: string, at: Date) =>
      db.query(
        `insert into rowhook.attempt (id, endpoint_id, delivery_id, event_id, number, started_at, duration_ms, verdict, reason, url,
           dialect, request_headers)
         values ($1, $2, gen_random_uuid(), gen_random_uuid(), 1, $3, 5, 'succeeded', 'success', '', '', '[]')`,
        [v7({ msecs: at.getTime() }), endpoint, at],
      );
    await attempt(busy, new Date(now - 90_000));
    await attempt(busy, new Date(now - 60_000));
    await attempt(old, new Date(now - 20 * dayMs));

    const found = await endpointRows(db.pool, [never, old, busy, '99']);
    expect(found.map(({ id }) => id)).to.deep.equal([busy, old, never]);
    expect(found.map(({ lastAttemptAt }) => lastAttemptAt?.getTime() ?? null)).to.deep.equal([
      now - 60_000,
      now - 20 * dayMs,
      null,
    ]);
    const [{ lastDay }] = found as [(typeof found)[number]];
    expect([lastDay.succeeded, lastDay.failed]).to.deep.equal([17, 6]);
    expect(lastDay.hours).to.have.length(24);
    const some = lastDay.hours.filter(({ succeeded }) => succeeded > 0);
    expect(some.map(({ succeeded, failed }) => [succeeded, failed])).to.deep.equal([
      [10, 4],
      [7, 2],
    ]);
    for (const hour of lastDay.hours) expect(hour.at.getTime() % 3_600_000).to.equal(0);
    expect(found[1]?.lastDay.succeeded).to.equal(0);
  });

  it('looks at few rows of a long history', async () => {
    const long = await longHistory({ events: 5_000, endpoints: 100 });
    await long.query(
      `insert into rowhook.delivery_stat (endpoint_id, id, at, succeeded, retried, exhausted, durations, delays)
       select e, (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7000' || left(md5(e || '-' || n), 16))::uuid, at, 1, 0, 0,
         '{1}', '{1}'
       from generate_series(1, 100) e, generate_series(0, 960) n, lateral (select now() - n * interval '15 minutes' as at) t`,
    );
    await long.query('vacuum (analyze) rowhook.delivery_stat');
    const counting = countingRows(long);
    const { endpoints } = await endpointList(counting.db, { limit: 10 });
    expect(
      endpoints.every(({ lastAttemptAt, lastDay }) => lastAttemptAt !== null && lastDay.succeeded > 80),
    ).to.equal(true);
    // 97 rows of counts for each of ten.
    expect(counting.rows()).to.be.within(970, 4_500);
    await long.drop();
  });
});
