import { expect } from 'chai';
import pg from 'pg';
import { pino } from 'pino';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { anyParked } from '../../src/relay/aside/parked.ts';
import { type Cursor, firstCursor } from '../../src/relay/cursor/cursor.ts';
import { eventTable } from '../../src/relay/events/events.ts';
import { createLateNames } from '../../src/relay/events/late-names.ts';
import { type PageContext, turnPage } from '../../src/relay/page.ts';
import { preparePayloads } from '../../src/relay/payloads/payloads.ts';
import { capturedCrm } from '../fixtures/captured.ts';
import type { TestDatabase } from '../support/database.ts';
import { events, named, subscribe } from './relay-run.ts';

describe('pages of the outbox', () => {
  let db: TestDatabase;
  let client: pg.Client;
  let context: PageContext;
  let cursor: Cursor;

  beforeEach(async () => {
    db = await capturedCrm();
    client = new pg.Client({ connectionString: db.url, pipeline: true });
    client.on('error', () => {});
    await client.connect();
    const catalog = siteStacker();
    context = {
      catalog,
      events: eventTable(catalog),
      payloads: await preparePayloads(client, catalog),
      sources: new Map(),
      log: pino({ level: 'silent' }),
      size: { rows: 40, changes: 40 },
      roles: new Map(),
      lately: createLateNames(),
    };
    cursor = await firstCursor(client);
    await subscribe(db);
  });
  afterEach(() => client.end());

  /** Turns one page; returns whether there is more. */
  async function turn(size = context.size): Promise<boolean> {
    const turned = await turnPage(client, { ...context, size }, cursor, await anyParked(client));
    cursor = turned.cursor;
    return turned.full || turned.changes > 0;
  }
  async function turnAll(size = context.size): Promise<void> {
    while (await turn(size));
  }

  it('keeps a transaction whole that goes on behind the page', async () => {
    const other = new pg.Client({ connectionString: db.url });
    await other.connect();
    await other.query(`begin; insert into tags (id, name) values (5001, 'a')`);
    for (let i = 0; i < 60; i++) await db.query(`insert into tags (id, name) values ($1, 'b')`, [6000 + i]);
    await other.query(`update tags set name = 'c' where id = 5001; commit`);
    await other.end();
    expect(await turn({ rows: 20, changes: 20 })).to.equal(true);
    expect(cursor.deferred).to.have.length(1);
    expect(named(await events(db))).not.to.include('tag_create 5001');
    await turnAll({ rows: 20, changes: 20 });
    const all = named(await events(db));
    expect(all.filter((name) => name.endsWith(' 5001'))).to.eql(['tag_create 5001']);
    expect(all).to.have.length(61);
  });

  for (const [large, size] of [
    [2100, 2000],
    [30, 8],
    [13, 6],
  ] as const) {
    it(`takes a transaction of ${large} changes in pages of ${size} to its end, each change once`, async () => {
      const a = new pg.Client({ connectionString: db.url });
      const b = new pg.Client({ connectionString: db.url });
      await a.connect();
      await b.connect();
      await a.query('begin');
      await b.query('begin');
      let id = 100_000;
      const write = async (writer: pg.Client, count: number) => {
        for (let i = 0; i < count; i++)
          await writer.query(`insert into tags (id, name) values ($1, 'x')`, [id++]);
      };
      // Most of a page, then little of the next ones, between the changes of another transaction.
      await write(a, large);
      await write(b, Math.ceil(size * 0.85));
      await write(a, Math.ceil(size * 0.15));
      await write(b, size);
      await write(a, 2);
      await write(b, 2);
      await a.query('commit');
      await b.query('commit');
      await a.end();
      await b.end();
      await turnAll({ rows: size, changes: size });
      const names = named(await events(db));
      expect(names.length).to.equal(id - 100_000);
      expect(new Set(names).size).to.equal(names.length);
    });
  }

  it('makes one insert of a row that a trigger of the application changes while it is inserted', async () => {
    await db.query(`
      create function slug() returns trigger language plpgsql as
        $$ begin update tags set external_id = lower(new.name) where id = new.id; return null; end $$;
      create trigger slug after insert on tags for each row execute function slug()`);
    await db.query(`insert into tags (id, name) values (5001, 'Sea')`);
    await turnAll();
    expect(named(await events(db))).to.eql(['tag_create 5001']);
  });

  it('looks no further back than it must behind a large window', async () => {
    await db.query(`insert into tags (name) select 'x' from generate_series(1, 10)`);
    await db.query(`select setval('rowhook.outbox_seq', 500000)`);
    await turnAll();
    await turn();
    await turn();
    expect(cursor.floorSeq).to.be.at.least(500000);
  });

  it('gets on when a page holds nothing but beginnings', async () => {
    const writers = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const writer = new pg.Client({ connectionString: db.url });
        await writer.connect();
        await writer.query('begin');
        return writer;
      }),
    );
    for (let round = 0; round < 5; round++) {
      for (const [i, writer] of writers.entries()) {
        await writer.query(`insert into tags (id, name) values ($1, 'a')`, [7000 + round * 10 + i]);
      }
    }
    for (const writer of writers) {
      await writer.query('commit');
      await writer.end();
    }
    await turnAll({ rows: 8, changes: 8 });
    expect(new Set(named(await events(db))).size).to.equal(40);
    expect(await events(db)).to.have.length(40);
  });

  it('parks the events of a record that was deleted behind the page, and sends them before the delete', async () => {
    await db.query(`insert into tags (id, name) values (5001, 'a')`);
    for (let i = 0; i < 30; i++) await db.query(`insert into tags (id, name) values ($1, 'b')`, [6000 + i]);
    await turn({ rows: 10, changes: 10 });
    // The window ends here; what comes is seen by its later pages, but read with the next window.
    await db.query(`update tags set name = 'last' where id = 6029`);
    await db.query('delete from tags where id = 6029');
    await turnAll({ rows: 10, changes: 10 });
    const rows = (await events(db)).filter((event) => event.record_key === '6029');
    expect(named(rows)).to.eql(['tag_create 6029', 'tag_update 6029', 'tag_delete 6029']);
    for (const row of rows) expect(JSON.parse(row.payload!)).to.include({ id: '6029', name: 'last' });
    expect(await anyParked(client)).to.equal(false);
  });

  it('keeps what comes of a record that was made anew behind those of its events that wait', async () => {
    const fill = async (from: number, count: number) => {
      for (let i = 0; i < count; i++)
        await db.query(`insert into tags (id, name) values ($1, 'b')`, [from + i]);
    };
    await fill(6000, 10);
    await db.query(`insert into tags (id, name) values (5001, 'a')`);
    await fill(6010, 9);
    await db.query(`update tags set name = 'c' where id = 5001`);
    await fill(6019, 10);
    // The window ends here, but each of its pages sees what there is by then.
    await turn({ rows: 10, changes: 10 });
    await db.query('delete from tags where id = 5001');
    await turn({ rows: 10, changes: 10 });
    await db.query(`insert into tags (id, name) values (5001, 'anew')`);
    await turnAll({ rows: 10, changes: 10 });
    const rows = (await events(db)).filter((event) => event.record_key === '5001');
    expect(named(rows)).to.eql(['tag_create 5001', 'tag_update 5001', 'tag_delete 5001', 'tag_create 5001']);
    expect(await anyParked(client)).to.equal(false);
  });

  it('does not keep parked events for a delete that was never captured', async () => {
    for (let i = 0; i < 30; i++) await db.query(`insert into tags (id, name) values ($1, 'b')`, [6000 + i]);
    await turn({ rows: 10, changes: 10 });
    await db.query('alter table tags disable trigger rowhook_delete; delete from tags where id = 6029');
    await turnAll({ rows: 10, changes: 10 });
    expect(await anyParked(client)).to.equal(true);
    await turn();
    expect(await anyParked(client)).to.equal(false);
    const [row] = (await events(db)).filter((event) => event.record_key === '6029');
    expect(JSON.parse(row!.payload!)).to.include({ id: '6029', name: null });
  });

  it('lets only one of two relays have a page', async () => {
    const rival = new pg.Client({ connectionString: db.url, pipeline: true });
    await rival.connect();
    const rivalContext = {
      ...context,
      payloads: await preparePayloads(rival, context.catalog),
      roles: new Map(),
      lately: createLateNames(),
    };
    await db.query(`update tags set name = 'x'`);
    const [first, second] = await Promise.allSettled([
      turnPage(client, context, cursor, false),
      turnPage(rival, rivalContext, cursor, false),
    ]);
    await rival.end();
    expect([first.status, second.status].sort()).to.eql(['fulfilled', 'rejected']);
    expect(await events(db)).to.have.length(2);
  });

  it('commits nothing where one of its statements could not even be sent', async () => {
    await db.query(`update tags set name = 'x'`);
    const unable = new Proxy(client, {
      get(target, name) {
        if (name !== 'query') return Reflect.get(target, name).bind(target);
        return (asked: string | pg.QueryConfig, values?: unknown[]) =>
          typeof asked !== 'string' && asked.name === 'rowhook_deliveries'
            ? Promise.reject(new Error('a value that cannot be written down'))
            : target.query(asked, values);
      },
    });
    const error = await turnPage(unable, context, cursor, false).catch(String);
    expect(error).to.match(/cannot be written down/);
    expect(await events(db)).to.eql([]);
    await turnAll();
    expect(await events(db)).to.have.length(2);
  });

  it('pays no query for the payload of events that nobody takes', async () => {
    await db.query(`update rowhook.endpoint set events = '{person_update}'`);
    await db.query(`update tags set name = 'x'; update people set fullname = 'x' where id = 412`);
    await turnAll();
    const rows = await events(db);
    expect(
      rows.filter((row) => row.name === 'tag_update').map((row) => [row.payload, row.delivery_count]),
    ).to.eql([
      [null, 0],
      [null, 0],
    ]);
    expect(rows.find((row) => row.name === 'person_update')).to.include({ delivery_count: 1 });
  });
});
