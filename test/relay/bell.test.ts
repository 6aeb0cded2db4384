import { expect } from 'chai';
import pg from 'pg';
import { pino } from 'pino';
import { createBell } from '../../src/relay/bell.ts';
import { capturedCrm } from '../fixtures/captured.ts';
import type { TestDatabase } from '../support/database.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { waitUntil } from '../support/wait.ts';
import { events, named, startRelay, subscribe } from './relay-run.ts';

/** Long enough that a test which needs the poll fails. */
const neverMs = 600_000;

describe('bell', () => {
  let db: TestDatabase;
  const stops: Array<() => Promise<unknown>> = [];

  beforeEach(async () => {
    db = await capturedCrm();
    await subscribe(db);
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  async function sleepingRelay(pollMs: number, url = db.url) {
    const run = await startRelay(db, { pollMs, url });
    stops.push(run.stop);
    await waitUntil(() => run.relay.standing() === 'asleep', { what: 'the relay to fall asleep' });
    return run.relay;
  }
  const arrived = (name: string) =>
    waitUntil(async () => named(await events(db)).includes(name), { what: `the event ${name}` });

  it('wakes a sleeping relay', async () => {
    await sleepingRelay(neverMs);
    await db.query(`update tags set name = 'x' where id = 29`);
    await arrived('tag_update 29');
  });

  it('hands on what was rung with, and an empty text where that was nothing', async () => {
    const bell = createBell({ connection: { connectionString: db.url }, log: pino({ level: 'silent' }) });
    const heard: string[] = [];
    bell.on('rowhook_delivery', (by) => heard.push(by));
    await bell.start();
    stops.push(() => bell.stop());
    await waitUntil(() => heard.length > 0, { what: 'it to listen' });
    await db.query(`select pg_notify('rowhook_delivery', '42')`);
    await db.query(`select pg_notify('rowhook_delivery', '')`);
    await waitUntil(() => heard.length === 3, { what: 'both rings' });
    expect(heard).to.deep.equal(['', '42', '']);
  });

  it('rings only while the relay sleeps', async () => {
    const ear = new pg.Client({ connectionString: db.url });
    await ear.connect();
    stops.push(() => ear.end());
    let rings = 0;
    ear.on('notification', () => rings++);
    await ear.query('listen rowhook');
    const relay = await sleepingRelay(neverMs);
    await db.query(`update tags set name = 'x' where id = 29`);
    await arrived('tag_update 29');
    await waitUntil(() => relay.standing() === 'reading', { what: 'the relay to be awake' });
    for (let i = 0; i < 50; i++) await db.query(`update tags set name = 'y' || $1::text where id = 30`, [i]);
    // A statement's answer comes after the notifications that were sent before it.
    await ear.query('select 1');
    expect(rings).to.equal(1);
  });

  it('rings once for a relay that sleeps, however long it takes to read what it was rung for', async () => {
    await sleepingRelay(neverMs);
    const [ear, holder] = [0, 1].map(() => new pg.Client({ connectionString: db.url })) as [
      pg.Client,
      pg.Client,
    ];
    stops.push(
      () => ear.end(),
      () => holder.end(),
    );
    await ear.connect();
    await holder.connect();
    let rings = 0;
    ear.on('notification', () => rings++);
    await ear.query('listen rowhook');
    await holder.query('begin; lock table rowhook.event in access exclusive mode');
    await db.query(`update tags set name = 'x' where id = 29`);
    const waits = `select from pg_locks where relation = 'rowhook.event'::regclass and not granted`;
    await waitUntil(async () => (await db.query(waits)).rowCount! > 0, { what: 'its page to be held' });
    await Promise.all(
      Array.from({ length: 8 }, (_, i) => db.query(`update tags set name = 'y' where id = $1`, [30 + i])),
    );
    await holder.query('commit');
    await arrived('tag_update 29');
    await ear.query('select 1');
    expect(rings).to.equal(1);
  });

  it('does not ring for statements that write nothing, nor twice in a transaction', async () => {
    await db.query(`select setval('rowhook.bell', 2)`);
    const holder = new pg.Client({ connectionString: db.url });
    await holder.connect();
    stops.push(() => holder.end());
    // As if a relay slept, which would wake at the first ring.
    await holder.query('select pg_advisory_lock(1919907688, 1)');
    let rings = 0;
    holder.on('notification', () => rings++);
    await holder.query('listen rowhook');
    await db.query('update people set last_activity = now()');
    await db.query(`update tags set name = 'x' where id = -1`);
    await holder.query('select 1');
    expect(rings).to.equal(0);
    await db.query(
      `begin; update tags set name = 'a' where id = 29; update tags set name = 'b' where id = 29; commit`,
    );
    const { rows } = await db.query(`select current_setting('rowhook.rang', true) as mark`);
    await holder.query('select 1');
    expect([rings, rows[0]!.mark ?? '']).to.eql([1, '']);
  });

  it('does not let a change wait that was made while the relay was awake and committed in its sleep', async () => {
    const run = await startRelay(db, { pollMs: neverMs });
    stops.push(run.stop);
    await waitUntil(() => run.relay.standing() === 'reading', { what: 'the relay to be awake' });
    const silent = new pg.Client({ connectionString: db.url });
    await silent.connect();
    stops.push(() => silent.end());
    await silent.query(`begin; update tags set name = 'silent' where id = 29`);
    await waitUntil(() => run.relay.standing() === 'asleep', { what: 'the relay to fall asleep' });
    await silent.query('commit');
    await arrived('tag_update 29');
  });

  it('does not overlook a change that was uncommitted when the relay last looked', async () => {
    const run = await startRelay(db, { pollMs: neverMs });
    stops.push(run.stop);
    await waitUntil(() => run.relay.standing() === 'reading', { what: 'the relay to be awake' });
    const writer = new pg.Client({ connectionString: db.url });
    await writer.connect();
    stops.push(() => writer.end());
    for (let i = 0; i < 5; i++) {
      await writer.query(`begin; update tags set name = 'open ' || ${i} where id = 29`);
      // No other transaction has an id meanwhile: a snapshot does not list this one as in progress.
      const { rows } = await db.query('select clock_timestamp() as now');
      await waitUntil(
        async () =>
          (
            await db.query(
              `select from pg_stat_activity
               where datname = current_database() and query like '%pg_visible_in_snapshot%' and query_start > $1`,
              [rows[0]!.now],
            )
          ).rowCount === 1,
        { what: 'the relay to look' },
      );
      await writer.query('commit');
      await waitUntil(async () => (await events(db)).length === i + 1, { what: `change ${i} to arrive` });
    }
  });

  it('is only a hint: a ring that nobody hears costs no more than the poll', async () => {
    const run = await startRelay(db, { pollMs: 200, deaf: true });
    stops.push(run.stop);
    const bell = async () =>
      (await db.query(`select last_value::int as bell from rowhook.bell`)).rows[0]!.bell;
    for (const id of [29, 30]) {
      await waitUntil(async () => run.relay.standing() === 'asleep' && (await bell()) === 2, {
        what: 'it to sleep',
      });
      await db.query(`update tags set name = 'x' where id = $1`, [id]);
      await arrived(`tag_update ${id}`);
    }
  });

  it('does not ring for a relay that died in its sleep', async () => {
    await db.query(`select setval('rowhook.bell', 2)`);
    await db.query(`update tags set name = 'x' where id = 29`);
    const { rows } = await db.query('select last_value::int as bell from rowhook.bell');
    expect(rows).to.eql([{ bell: 1 }]);
  });

  it('is heard again after its connection was cut', async () => {
    const proxy = await startTcpProxy(db.url);
    stops.push(() => proxy.close());
    const relay = await sleepingRelay(neverMs, proxy.url);
    await proxy.cut();
    await waitUntil(() => relay.standing() === 'failing', { what: 'the relay to notice' });
    await db.query(`update tags set name = 'x' where id = 29`);
    await proxy.resume();
    await arrived('tag_update 29');
    await waitUntil(() => relay.standing() === 'asleep', { what: 'the relay to sleep again' });
    // The bell's own connection may still be on its way back: it rings once when it is.
    await db.query(`update tags set name = 'y' where id = 30`);
    await arrived('tag_update 30');
  });

  it('is heard again after its network began to swallow what is sent, which nobody is told of', async () => {
    const proxy = await startTcpProxy(db.url);
    stops.push(() => proxy.close());
    let lost = 0;
    const log = pino(
      { level: 'warn' },
      { write: (line) => (lost += Number(line.includes('lost its connection'))) },
    );
    const bell = createBell({ connection: { connectionString: proxy.url }, log, askMs: 50, answerMs: 500 });
    let rings = 0;
    bell.on('rowhook', () => rings++);
    await bell.start();
    stops.push(() => bell.stop());
    await waitUntil(() => rings === 1, { what: 'the bell to listen' });
    proxy.pause();
    await db.query('notify rowhook');
    await waitUntil(() => lost > 0, { what: 'the bell to notice' });
    expect(rings).to.equal(1);
    await proxy.resume();
    // Whoever listens anew may have missed a ring.
    await waitUntil(() => rings > 1, { what: 'the bell to listen again' });
    const before = rings;
    await db.query('notify rowhook');
    await waitUntil(() => rings > before, { what: 'a ring' });
  });
});
