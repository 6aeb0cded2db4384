import { expect } from 'chai';
import { v4, v7 } from 'uuid';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { disableEndpoint, pauseEndpoint, resumeEndpoint } from '../../src/store/endpoint-state.ts';
import { createEndpoint, deleteEndpoint, getEndpoint, updateEndpoint } from '../../src/store/endpoints.ts';
import type { Queryable } from '../../src/store/sql.ts';
import { queueStatus } from '../../src/store/status.ts';
import { count, enqueue, payloads, queueDatabase } from '../delivery/queue.ts';
import type { TestDatabase } from '../support/database.ts';

const catalog = siteStacker();
const well = { failures: 0, failingSince: null, openUntil: null, pausedUntil: null, throttle: null };

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: Error & { code?: string }) => error,
  );

describe('an endpoint', () => {
  let db: TestDatabase;
  let id: string;
  beforeEach(async () => {
    db = await queueDatabase();
    // Amplo has no ping: nothing is due.
    const input = { url: 'https://hooks.example.net/ss', events: ['*'], dialect: 'amplo' };
    ({ id } = await createEndpoint(db.pool, catalog, { ...input, secret: `whsec_${'A'.repeat(43)}=` }));
  });

  const changes = async () => {
    const { rows } = await db.query(
      `select url, events, tenant, active, disabled_reason as reason, paused, deleted, dropped
         from rowhook.endpoint_change where endpoint_id = $1 order by id`,
      [id],
    );
    return rows;
  };
  const ill = () =>
    db.query(
      `insert into rowhook.endpoint_health (
         endpoint_id, failures, failing_since, open_until, probes, paused_until, throttle, throttled_at, keeper, kept_until)
       values ($1, 12, now() - interval '1 day', now() + interval '1 minute', 3, now() + interval '1 hour', 4, now(), $2, now() + interval '9 s')`,
      [id, v4()],
    );
  /** In each queue some, and of those that are due some of each lane and slot; returns how many there are in all. */
  const fill = async (each: number): Promise<number> => {
    const [event] = await enqueue(db, id, payloads(1));
    await db.query('delete from rowhook.delivery where endpoint_id = $1', [id]);
    await db.query(
      `insert into rowhook.delivery (lane, slot, endpoint_id, id, event_id)
       select n % 3, n % 2, $1, gen_random_uuid(), $3 from generate_series(1, $2::int) n`,
      [id, each, event],
    );
    await db.query(
      `insert into rowhook.delivery_waiting (endpoint_id, id, event_id, attempts, due_at)
       select $1, gen_random_uuid(), $3, 1, now() from generate_series(1, $2::int) n`,
      [id, each, event],
    );
    await db.query(
      `insert into rowhook.delivery_behind (endpoint_id, record, id, event_id, lane, attempts)
       select $1, 'person:' || n % 10, gen_random_uuid(), $3, 0, 0 from generate_series(1, $2::int) n`,
      [id, each, event],
    );
    return 3 * each;
  };
  const left = async () => {
    const counts = await Promise.all(
      ['delivery', 'delivery_waiting', 'delivery_behind'].map((name) => count(db, name)),
    );
    return counts.reduce((sum, each) => sum + each, 0);
  };

  it('is active at first, and well', async () => {
    const made = await getEndpoint(db.pool, id);
    expect(made).to.deep.include({ state: 'active', stateSince: null, active: true, health: well });
  });

  it('is paused by a person and resumed, and remembers since when', async () => {
    const paused = await pauseEndpoint(db.pool, id);
    expect(paused).to.include({ state: 'paused', active: true, disabledReason: null });
    expect(paused.stateSince).to.deep.equal(paused.updatedAt);
    expect(await pauseEndpoint(db.pool, id)).to.deep.equal(paused);
    const { endpoint, dropped } = await resumeEndpoint(db.pool, id, { held: 'deliver' });
    expect(endpoint).to.include({ state: 'active', stateSince: null });
    expect(dropped).to.equal(0);
    const again = await resumeEndpoint(db.pool, id, { held: 'deliver' });
    expect(again.endpoint).to.deep.equal(endpoint);
  });

  it('is disabled by a person, also while it is paused, and enabled', async () => {
    await pauseEndpoint(db.pool, id);
    const disabled = await disableEndpoint(db.pool, id);
    expect(disabled).to.include({ state: 'disabled', active: false, disabledReason: null });
    expect(disabled.stateSince?.getTime()).to.be.within(disabled.createdAt.getTime(), Date.now() + 60_000);
    expect(await disableEndpoint(db.pool, id)).to.deep.equal(disabled);
    const { endpoint } = await resumeEndpoint(db.pool, id, { held: 'deliver' });
    expect(endpoint).to.include({ state: 'active', stateSince: null, active: true });
  });

  it('that disabled itself keeps its reason until it is enabled, and the time since when', async () => {
    await db.query(`update rowhook.endpoint set active = false, disabled_reason = 'failing'`);
    const disabled = await getEndpoint(db.pool, id);
    expect(disabled).to.include({ state: 'disabled', disabledReason: 'failing' });
    expect(await disableEndpoint(db.pool, id)).to.deep.equal(disabled);
    // Another change does not count.
    const changed = await updateEndpoint(db.pool, catalog, id, { url: 'https://other.example.net/' });
    expect(changed).to.deep.include({ disabledReason: 'failing', stateSince: disabled.stateSince });
    const { endpoint } = await resumeEndpoint(db.pool, id, { held: 'deliver' });
    expect(endpoint).to.include({ state: 'active', disabledReason: null });
    const later = await disableEndpoint(db.pool, id);
    expect(later.stateSince!.getTime()).to.be.greaterThan(disabled.stateSince!.getTime());
  });

  it('tells how its receiver does', async () => {
    await ill();
    const { health, state } = await getEndpoint(db.pool, id);
    expect(state).to.equal('active');
    expect(health).to.include({ failures: 12, throttle: 4 });
    for (const at of [health.failingSince, health.openUntil, health.pausedUntil]) expect(at).to.be.a('date');
    await db.query(`update rowhook.endpoint_health set paused_until = now() - interval '1 ms'`);
    expect((await getEndpoint(db.pool, id)).health.pausedUntil).to.equal(null);
  });

  for (const [what, hold] of [
    ['paused', () => pauseEndpoint(db.pool, id)],
    [
      'disabled as failing',
      () => db.query(`update rowhook.endpoint set active = false, disabled_reason = 'failing'`),
    ],
    ['behind an open breaker', async () => {}],
  ] as const) {
    it(`starts afresh when it is resumed that was ${what}; limits stay kept by one`, async () => {
      await hold();
      await ill();
      const { endpoint } = await resumeEndpoint(db.pool, id, { held: 'deliver' });
      expect(endpoint).to.deep.include({ state: 'active', health: well });
      const { rows } = await db.query(
        'select probes, throttled_at, keeper is not null as kept, kept_until > now() as still from rowhook.endpoint_health',
      );
      expect(rows).to.deep.equal([{ probes: 0, throttled_at: null, kept: true, still: true }]);
    });
  }

  it('starts afresh when an update makes it active again, and only then', async () => {
    await ill();
    const before = (await getEndpoint(db.pool, id)).health;
    expect(
      (await updateEndpoint(db.pool, catalog, id, { active: true, description: 'x' })).health,
    ).to.deep.equal(before);
    await db.query(`update rowhook.endpoint set active = false, disabled_reason = 'http_410'`);
    expect((await updateEndpoint(db.pool, catalog, id, { description: 'y' })).health).to.deep.equal(before);
    expect(await updateEndpoint(db.pool, catalog, id, { active: true })).to.deep.include({
      health: well,
      disabledReason: null,
    });
  });

  it('is sent what was held when it is resumed', async () => {
    const all = await fill(10);
    await pauseEndpoint(db.pool, id);
    expect((await resumeEndpoint(db.pool, id, { held: 'deliver' })).dropped).to.equal(0);
    expect(await left()).to.equal(all);
  });

  for (const [what, hold] of [
    ['paused', () => pauseEndpoint(db.pool, id)],
    ['disabled', () => disableEndpoint(db.pool, id)],
  ] as const) {
    it(`loses what was held when it is resumed so that was ${what}: in every queue, counted, and nothing of others`, async () => {
      const other = await createEndpoint(db.pool, catalog, {
        url: 'https://other.example.net/',
        events: ['*'],
      });
      await enqueue(db, other.id, payloads(2));
      const all = await fill(30);
      await hold();
      const before = await changes();
      const { endpoint, dropped } = await resumeEndpoint(db.pool, id, { held: 'drop' });
      expect(dropped).to.equal(all);
      expect(endpoint.state).to.equal('active');
      // Two, and the ping.
      expect(await left()).to.equal(3);
      const noted = await changes();
      expect(noted.slice(before.length).map((row) => [row.dropped, row.active && !row.paused])).to.deep.equal(
        [
          [all, false],
          [null, true],
        ],
      );
    });
  }

  it('loses nothing so while it is active', async () => {
    const all = await fill(5);
    expect((await resumeEndpoint(db.pool, id, { held: 'drop' })).dropped).to.equal(0);
    expect(await left()).to.equal(all);
  });

  it('loses neither what is on its way, nor what somebody has locked; what a dead process had leased it loses', async () => {
    await fill(3);
    await db.query(`delete from rowhook.delivery_waiting`);
    await db.query(`delete from rowhook.delivery_behind`);
    const { rows } = await db.query<{ id: string }>('select id from rowhook.delivery order by id');
    const [sending, dead, locked] = rows.map((row) => row.id);
    await db.query(
      `update rowhook.delivery set lease = $2, leased_until = now() + interval '1 minute' where id = $1`,
      [sending, v4()],
    );
    await db.query(
      `update rowhook.delivery set lease = $2, leased_until = now() - interval '1 ms' where id = $1`,
      [dead, v4()],
    );
    await pauseEndpoint(db.pool, id);
    const holder = await db.pool.connect();
    await holder.query('begin');
    await holder.query('select from rowhook.delivery where id = $1 for update', [locked]);
    const { dropped } = await resumeEndpoint(db.pool, id, { held: 'drop' });
    await holder.query('rollback');
    holder.release();
    expect(dropped).to.equal(1);
    const kept = await db.query<{ id: string }>('select id from rowhook.delivery order by id');
    expect(kept.rows.map((row) => row.id)).to.deep.equal([sending, locked].sort());
  });

  it('stays held when the dropping breaks off; said again, it drops the rest, and both are counted', async () => {
    // More than one batch of each queue.
    const all = await fill(7_000);
    await pauseEndpoint(db.pool, id);
    let batches = 0;
    const breaking: Queryable = {
      async query(statement, values) {
        if (String(statement).includes('delete from rowhook.delivery\n')) {
          batches += 1;
          if (batches === 2) throw new Error('the connection is gone');
        }
        return db.pool.query(statement as string, values as unknown[]) as never;
      },
    };
    expect((await failure(resumeEndpoint(breaking, id, { held: 'drop' })))?.message).to.equal(
      'the connection is gone',
    );
    expect((await getEndpoint(db.pool, id)).state).to.equal('paused');
    const first = all - (await left());
    expect(first).to.be.within(1, all - 1);
    const { dropped, endpoint } = await resumeEndpoint(db.pool, id, { held: 'drop' });
    expect([dropped, endpoint.state]).to.deep.equal([all - first, 'active']);
    expect((await changes()).map((row) => row.dropped).filter((each) => each !== null)).to.deep.equal([
      first,
      all - first,
    ]);
  });

  it('counts a dropping of several batches as one', async () => {
    const all = await fill(7_000);
    await pauseEndpoint(db.pool, id);
    expect((await resumeEndpoint(db.pool, id, { held: 'drop' })).dropped).to.equal(all);
    expect((await changes()).map((row) => row.dropped).filter((each) => each !== null)).to.deep.equal([all]);
  });

  it('loses what was held without a walk through all that waits for others, for each batch', async () => {
    await fill(10);
    await db.query(
      `insert into rowhook.delivery (lane, slot, endpoint_id, id, event_id)
       select n % 3, n % 2, 99 + n % 7, gen_random_uuid(), gen_random_uuid() from generate_series(1, 60000) n`,
    );
    await db.query('vacuum analyze rowhook.delivery');
    await pauseEndpoint(db.pool, id);
    const client = await db.pool.connect();
    await client.query('begin');
    const statistics = `select sum(seq_tup_read)::int as rows from pg_stat_xact_user_tables where relname in ('delivery_0', 'delivery_1')`;
    expect((await resumeEndpoint(client, id, { held: 'drop' })).dropped).to.equal(30);
    const { rows } = await client.query<{ rows: number }>(statistics);
    await client.query('commit');
    client.release();
    expect(rows[0]!.rows).to.be.below(100);
  });

  it('is not made active, nor loses more, by a dropping that somebody else has overtaken', async () => {
    await fill(7_000);
    await pauseEndpoint(db.pool, id);
    const overtaken: Queryable = {
      async query(statement, values) {
        const result = await db.pool.query(statement as string, values as unknown[]);
        const isFirst = String(statement).includes('delete from rowhook.delivery\n') && values?.[2] === null;
        if (isFirst) await resumeEndpoint(db.pool, id, { held: 'deliver' });
        return result as never;
      },
    };
    const { dropped } = await resumeEndpoint(overtaken, id, { held: 'drop' });
    expect(dropped).to.be.within(1, 20_000);
    expect(await left()).to.equal(21_000 - dropped);
  });

  it('takes with it what it still was to get, and its health, when it is deleted', async () => {
    const all = await fill(4);
    await ill();
    expect(await deleteEndpoint(db.pool, id)).to.deep.equal({ dropped: all });
    expect(await left()).to.equal(0);
    expect(await count(db, 'endpoint_health')).to.equal(0);
  });

  it('leaves a row for every change that matters to what it gets, and for no other', async () => {
    const url = 'https://hooks.example.net/ss';
    const now = {
      url,
      events: ['*'],
      tenant: null,
      active: true,
      reason: null,
      paused: false,
      deleted: false,
      dropped: null,
    };
    await updateEndpoint(db.pool, catalog, id, { description: 'x', rate: 5 });
    await ill();
    expect(await changes()).to.deep.equal([now]);
    await updateEndpoint(db.pool, catalog, id, { events: ['tag_assign'] });
    await updateEndpoint(db.pool, catalog, id, { url: `${url}/2` });
    await pauseEndpoint(db.pool, id);
    await disableEndpoint(db.pool, id);
    await db.query(`update rowhook.endpoint set disabled_reason = 'http_410'`);
    await resumeEndpoint(db.pool, id, { held: 'deliver' });
    await deleteEndpoint(db.pool, id);
    const moved = { ...now, events: ['tag_assign'], url: `${url}/2` };
    expect(await changes()).to.deep.equal([
      now,
      { ...now, events: ['tag_assign'] },
      moved,
      { ...moved, paused: true },
      { ...moved, paused: true, active: false },
      { ...moved, paused: true, active: false, reason: 'http_410' },
      moved,
      { ...moved, active: false, deleted: true },
    ]);
  });

  it('is counted by its state', async () => {
    const { endpoints } = await queueStatus(db.pool);
    expect(endpoints).to.deep.equal({ active: 1, paused: 0, disabled: 0 });
    await pauseEndpoint(db.pool, id);
    expect((await queueStatus(db.pool)).endpoints).to.deep.equal({ active: 0, paused: 1, disabled: 0 });
    await disableEndpoint(db.pool, id);
    expect((await queueStatus(db.pool)).endpoints).to.deep.equal({ active: 0, paused: 0, disabled: 1 });
  });

  it('rings when it is resumed', async () => {
    const client = await db.pool.connect();
    const heard: string[] = [];
    client.on('notification', ({ channel }) => heard.push(channel));
    await client.query('listen rowhook_delivery');
    await pauseEndpoint(db.pool, id);
    await client.query('select 1');
    expect(heard).to.deep.equal([]);
    await resumeEndpoint(client, id, { held: 'deliver' });
    await client.query('select 1');
    client.release(true);
    expect(heard).to.deep.equal(['rowhook_delivery']);
  });

  for (const [name, work] of [
    ['paused', (given: string) => pauseEndpoint(db.pool, given)],
    ['disabled', (given: string) => disableEndpoint(db.pool, given)],
    ['resumed', (given: string) => resumeEndpoint(db.pool, given, { held: 'deliver' })],
    ['resumed with nothing', (given: string) => resumeEndpoint(db.pool, given, { held: 'drop' })],
  ] as const) {
    it(`that there is not cannot be ${name}`, async () => {
      for (const given of ['77', 'x', v7()]) {
        expect(await failure(work(given))).to.include({ code: 'endpoint_unknown' });
      }
    });
  }
});
