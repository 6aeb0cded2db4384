import { expect } from 'chai';
import pg from 'pg';
import { pino } from 'pino';
import { readCursor } from '../../src/relay/cursor/cursor.ts';
import { openCursor } from '../../src/relay/cursor/open-cursor.ts';
import { reclaim } from '../../src/relay/cursor/reclaim.ts';
import { queueStatus } from '../../src/store/status.ts';
import { waitUntil } from '../support/wait.ts';
import { createMovingHistory } from './moving-history.ts';
import { randomFrom } from './random.ts';
import {
  ask,
  captureThings,
  created,
  eventsOfThings,
  inSeparateTransactions,
  openReader,
  park,
  partlyRead,
} from './thing-reader.ts';
import { twoClusters } from './two-clusters.ts';

const silent = pino({ level: 'silent' });

describe('a database that moves to another cluster', function () {
  this.timeout(60_000);
  const { ahead, behind, move } = twoClusters();

  for (let seed = 1; seed <= 3; seed++) {
    it(`loses and repeats nothing, and keeps the order per record, history ${seed}`, async () => {
      const random = randomFrom(seed);
      let url = await (seed % 2 === 0 ? ahead() : behind());
      await captureThings(url);
      const history = await createMovingHistory(url, random);
      let reader = await openReader(url);
      const live = async (steps: number, readEvery: number) => {
        for (let i = 0; i < steps; i++) {
          await history.step();
          if (random(readEvery) === 0) await reader.turn();
        }
      };
      for (const to of [seed % 2 === 0 ? behind : ahead, ahead, behind]) {
        // At times the relay keeps up, at times it is in the middle of a backlog.
        const keepsUp = random(3) === 0;
        await live(90, keepsUp ? 2 : 1e9);
        for (let pages = keepsUp ? 0 : 2; pages > 0; pages--) await reader.turn();
        await reader.end();
        const next = await to();
        await move(url, next);
        await history.moveTo(next);
        url = next;
        // The application is there before the relay.
        for (let i = random(30); i > 0; i--) await history.step();
        reader = await openReader(url);
        expect(reader.reason).not.to.equal(undefined);
      }
      await live(30, 4);
      await history.finish();
      await reader.turnAll();
      await reader.end();
      expect(await eventsOfThings(url)).to.eql(Object.fromEntries(history.expected));
    });
  }

  it('is in the middle of a backlog that other records have got ahead of, and each is where it was', async () => {
    const url = await ahead();
    await captureThings(url);
    await ask(url, ...inSeparateTransactions(300));
    const reader = await openReader(url);
    const notes = async (at: string) => Object.keys(await eventsOfThings(at, 'note')).length;
    await reader.turn();
    for (let i = 1; i <= 5; i++) {
      await ask(url, `insert into note values (${i}, 'n')`);
      for (let page = 0; page < 3; page++) await reader.turn();
    }
    expect(reader.cursor().others).to.have.length(1);
    expect(await notes(url)).to.be.within(1, 5);
    expect(Object.keys(await eventsOfThings(url)).length).to.be.within(12, 299);
    await ask(url, `insert into note values (6, 'n')`);
    await reader.end();
    const moved = await move(url, await behind());
    await ask(moved, `insert into note values (7, 'n')`);
    const second = await openReader(moved);
    await second.turnAll();
    await second.end();
    expect(await eventsOfThings(moved)).to.eql(created(300));
    expect(await eventsOfThings(moved, 'note')).to.eql(
      Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((id) => [id, ['note_create']])),
    );
  });

  it('is in the middle of a window, and a transaction that goes on behind the page stays whole', async () => {
    const url = await ahead();
    await captureThings(url);
    const long = new pg.Client({ connectionString: url });
    await long.connect();
    await long.query(`begin; insert into thing values (0, 'a')`);
    await ask(url, ...inSeparateTransactions(30));
    await long.query(`update thing set name = 'b' where id = 0; commit`);
    await long.end();
    const reader = await openReader(url);
    await reader.turn();
    expect(reader.cursor().deferred).to.have.length(1);
    await reader.end();
    const moved = await move(url, await behind());
    const second = await openReader(moved);
    await second.turnAll();
    await second.end();
    expect(await eventsOfThings(moved)).to.eql({ 0: ['thing_create'], ...created(30) });
  });

  it('keeps two transactions apart that have one id, the one of there and the other of here', async () => {
    const url = await ahead();
    await captureThings(url);
    await ask(url, `insert into thing values (1, 'there')`);
    const moved = await move(url, await behind());
    await ask(moved, `update thing set name = 'here' where id = 1`);
    await ask(
      moved,
      `update rowhook.outbox set xid = (select xid from rowhook.outbox order by xid desc limit 1)`,
    );
    const reader = await openReader(moved);
    await reader.turnAll();
    await reader.end();
    expect(await eventsOfThings(moved)).to.eql({ 1: ['thing_create', 'thing_update'] });
  });

  it('has each change once where two relays come at once, and no writer waits for either', async () => {
    const url = await ahead();
    await captureThings(url);
    await ask(url, ...inSeparateTransactions(30));
    const moved = await move(url, await behind());
    const blocker = new pg.Client({ connectionString: moved });
    blocker.on('error', () => {});
    await blocker.connect();
    // A rebase that cannot get on shows what it holds meanwhile.
    await blocker.query('begin; lock table rowhook.relay_parked in share mode');
    const opening = [openReader(moved), openReader(moved)];
    const results = Promise.allSettled(opening);
    await waitUntil(
      async () =>
        (await ask<{ n: number }>(moved, `select count(*)::int as n from pg_locks where not granted`))[0]!.n >
        0,
      { what: 'the rebase to wait' },
    );
    await ask(moved, `set lock_timeout = '5s'`, `insert into thing values (31, 'n')`);
    await blocker.query('commit');
    await blocker.end();
    const settled = await results;
    const readers = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(readers.length).to.be.at.least(1);
    for (const reader of readers) await reader.end();
    const reader = await openReader(moved);
    await reader.turnAll();
    await reader.end();
    expect(await eventsOfThings(moved)).to.eql(created(31));
  });

  it('is as it was when the relay dies in the middle', async () => {
    const url = await ahead();
    await partlyRead(url, 30);
    const moved = await move(url, await behind());
    // What comes last cannot be written.
    await ask(moved, 'alter table rowhook.relay_cursor add constraint ended check (id < 2)');
    const failure = await openReader(moved).then(
      () => 'none',
      (error: Error) => error.message,
    );
    expect(failure).to.contain('violates check constraint "ended"');
    await ask(moved, 'alter table rowhook.relay_cursor drop constraint ended');
    const reader = await openReader(moved);
    await reader.turnAll();
    await reader.end();
    expect(await eventsOfThings(moved)).to.eql(created(30));
  });

  it('tells truly what waits, and gives the space back once it is read', async () => {
    const url = await ahead();
    await partlyRead(url, 30);
    const moved = await move(url, await behind());
    const reader = await openReader(moved);
    // Into partitions that no writer uses.
    await ask(
      moved,
      `update rowhook.outbox set slot = ((date_part('epoch', clock_timestamp())::bigint / 600 + 3) % 6)::smallint`,
    );
    const waiting = async () => (await queueStatus(reader.client)).relay.changesWaiting.count;
    const left = 30 - Object.keys(await eventsOfThings(moved)).length;
    expect(left).to.be.greaterThan(12);
    expect(await waiting()).to.equal(left);
    expect(await reclaim(reader.client, reader.cursor())).to.eql([]);
    await reader.turnAll();
    expect(await waiting()).to.equal(0);
    expect(await reclaim(reader.client, reader.cursor())).to.have.length(1);
    await reader.end();
    expect(await eventsOfThings(moved)).to.eql(created(30));
  });

  it('gives events that wait for a delete an id that no transaction has here', async () => {
    const url = await ahead();
    await captureThings(url);
    await ask(url, ...inSeparateTransactions(1));
    await park(url, { key: '7', xid: '812' });
    const moved = await move(url, await behind());
    const reader = await openReader(moved);
    const [row] = await ask<{ xid: string }>(
      moved,
      `select event ->> 'xid' as xid from rowhook.relay_parked`,
    );
    expect(row!.xid).to.equal(String(2n ** 63n + 812n));
    const cursor = await readCursor(reader.client);
    expect(await openCursor(reader.client, silent)).to.eql(cursor);
    await reader.end();
  });
});
