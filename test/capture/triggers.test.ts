import { expect } from 'chai';
import pg from 'pg';
import { captureTable } from '../../src/capture/install.ts';
import { capturedCrm } from '../fixtures/captured.ts';
import { createRole, type TestDatabase } from '../support/database.ts';

interface Row {
  table_name: string;
  op: string;
  n: number;
  keys: string[] | null;
  masks: string[] | null;
  vals: string[] | null;
  request_id: string | null;
}

describe('capture', () => {
  let db: TestDatabase;
  let session: pg.Client;

  beforeEach(async () => {
    db = await capturedCrm();
    session = new pg.Client({ connectionString: db.url });
    session.on('error', () => {});
    await session.connect();
  });
  afterEach(() => session.end());

  /** What was captured since the last call, in short: `tags u 29,30`. */
  async function captured(): Promise<Row[]> {
    const { rows } = await session.query<Row>(
      `select replace(c.table_name, '"', '') as table_name, o.op, o.n, o.keys, o.masks, o.vals, o.request_id
       from rowhook.outbox o join rowhook.capture c on c.id = o.capture_id order by o.seq`,
    );
    await session.query('truncate rowhook.outbox');
    return rows;
  }
  const short = (rows: Row[]) =>
    rows.map((row) => `${row.table_name.replace('public.', '')} ${row.op} ${row.keys?.join() ?? ''}`.trim());

  const packs = (rows: Row[]) =>
    rows.map((row) => [row.op, row.n]).sort((a, b) => Number(b[1]) - Number(a[1]));

  it('writes one row for a statement, packed by 500', async () => {
    await session.query(`insert into tags (id, name) select i, 'n' from generate_series(10001, 11200) i`);
    expect(packs(await captured())).to.eql([
      ['i', 500],
      ['i', 500],
      ['i', 200],
    ]);
    await session.query(`update tags set name = 'm' where id > 10000`);
    expect(packs(await captured())).to.eql([
      ['u', 500],
      ['u', 500],
      ['u', 200],
    ]);
    await session.query('delete from tags where id > 10000');
    const rows = await captured();
    expect(rows.reduce((sum, row) => sum + row.n, 0)).to.equal(1200);
    expect(JSON.parse(rows[0]!.vals![0]!)).to.include({ id: 10001, name: 'm' });
  });

  it('writes nothing for columns that nobody watches, nor for an update that changes nothing', async () => {
    await session.query('update people set last_activity = now()');
    await session.query('update people set fullname = fullname');
    expect(await captured()).to.eql([]);
  });

  it('tells apart the columns that different events wait for', async () => {
    await session.query('update recurring_batches set active = false where id = 215');
    await session.query(`update recurring_batches set currency = 'EUR' where id = 215`);
    const [active, currency] = await captured();
    expect(Number(active!.masks![0]) & Number(currency!.masks![0])).to.equal(0);
    expect(JSON.parse(active!.vals![0]!)).to.eql(['true', 'false']);
  });

  it('sees upserts, cascades, copies of keys and truncates', async () => {
    await session.query(`insert into tag_categories (id, name) values (5001, 'a')`);
    await session.query(
      `insert into tag_categories (id, name) values (5001, 'b'), (5002, 'c') on conflict (id) do update set name = excluded.name`,
    );
    await session.query('update tag_categories set id = 5003 where id = 5002');
    await session.query('delete from people where id = 413');
    await session.query('truncate tags_models');
    const rows = short(await captured());
    expect(rows[0]).to.equal('tag_categories i 5001');
    expect(rows.slice(1, 3)).to.have.members(['tag_categories i 5002', 'tag_categories u 5001']);
    expect(rows.slice(3, 6)).to.eql([
      'tag_categories i 5003',
      'tag_categories x 5002',
      'tag_categories d 5002',
    ]);
    expect(rows).to.include('people d 413');
    expect(rows.some((row) => row.startsWith('person_relations d'))).to.equal(true);
    expect(rows.at(-1)).to.equal('tags_models t');
  });

  it('uses one transaction id, however many rows and savepoints of its own', async () => {
    const { rows } = await session.query<{ spent: string }>(
      `with before as materialized (select pg_current_xact_id()::text::bigint as id) select id as spent from before`,
    );
    await session.query(`insert into tags (id, name) select i, 'n' from generate_series(10001, 12000) i`);
    const after = await session.query<{ id: string }>('select pg_current_xact_id()::text as id');
    expect(Number(after.rows[0]!.id) - Number(rows[0]!.spent)).to.equal(2);
  });

  it('lets no change of the table fail a write, in a session that has its plans already', async () => {
    await session.query('alter table tags_models drop constraint tags_models_tag_id_fkey');
    const changes = [
      'alter table tags add column found text, add column tg_op text, add column k int, add column o int',
      'alter table tags alter name type json using to_json(name)',
      'alter table tags rename name to label',
      'alter table tags drop column label',
      'alter table tags alter external_id type int using 1',
      'alter table tags drop constraint tags_pkey',
      'alter table tags alter id drop identity',
      'alter table tags alter id type uuid using gen_random_uuid()',
      'alter table tags alter id type json using to_json(id)',
      'alter table tags rename id to number',
      'alter table tags drop column number',
      'alter table tags rename to labels',
      'create schema other; alter table labels set schema other',
    ];
    let table = 'tags';
    for (const change of changes) {
      await session.query(change);
      if (change.includes('rename to')) table = 'labels';
      if (change.includes('set schema')) table = 'other.labels';
      const { rowCount } = await session.query(`update ${table} set site_id = 3 - site_id`);
      expect(rowCount, change).to.equal(2);
      await session.query(`insert into ${table} (site_id) select site_id from ${table} limit 0`);
      await session.query(`delete from ${table} where site_id = 99`);
    }
  });

  it('is not led astray by columns that have the names of its own', async () => {
    const own = [
      'old_row',
      'new_rows',
      'missing',
      'r',
      'o',
      'n',
      'c',
      'k',
      'm',
      'v',
      'pack',
      'seen',
      'one_key',
      'one_mask',
      'one_vals',
      'image',
    ];
    await session.query(`alter table tag_categories ${own.map((name) => `add ${name} text`).join(', ')}`);
    await session.query(`insert into tag_categories (id, name) values (5001, 'a'), (5002, 'b')`);
    await session.query(`update tag_categories set name = name || 'x' where id > 5000`);
    await session.query(`update tag_categories set id = 5003 where id = 5002`);
    await session.query(`delete from tag_categories where id = 5001`);
    expect(short(await captured())).to.eql([
      'tag_categories i 5001,5002',
      'tag_categories u 5001,5002',
      'tag_categories i 5003',
      'tag_categories x 5002',
      'tag_categories d 5002',
      'tag_categories d 5001',
    ]);
  });

  it('writes a key the same way whatever the settings of the writer are', async () => {
    await session.query(`create table days (day date primary key, at timestamptz, note text)`);
    await captureTable(session, {
      table: '"public"."days"',
      key: ['day'],
      classes: [['note']],
      values: ['at'],
    });
    await session.query(`set datestyle = 'SQL, DMY'; set timezone = 'Asia/Tokyo'`);
    await session.query(
      `insert into days values (date '2024-12-03', timestamptz '2024-12-03 10:00+00', 'a')`,
    );
    await session.query(`update days set note = 'b'; delete from days`);
    const rows = await captured();
    expect(rows.map((row) => row.keys)).to.eql([['2024-12-03'], ['2024-12-03'], ['2024-12-03']]);
    expect(JSON.parse(rows[0]!.vals![0]!)).to.eql(['2024-12-03 10:00:00+00']);
  });

  it('goes on capturing what it still can', async () => {
    await session.query(`update tags set name = 'x' where id = 29`);
    await session.query('alter table tags drop column name');
    await captured();
    await session.query(`update tags set external_id = 'y' where id = 29; delete from tags where id = 30`);
    expect(short(await captured())).to.eql(['tags u 29', 'tags d 30']);
  });

  it('sees a change that only a collation would overlook, and one that only a type would', async () => {
    await session.query(
      `create collation folding (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
    );
    await session.query('alter table tags alter name type text collate folding');
    await session.query(`update tags set name = upper(name) where id = 29`);
    expect(short(await captured())).to.eql(['tags u 29']);
  });

  it('captures for a role that has no rights in the rowhook schema', async () => {
    const role = await createRole(db, 'app');
    await session.query(`grant select, update on tags to "${role.name}"`);
    const app = new pg.Client({ connectionString: role.url });
    await app.connect();
    await app.query(`update tags set name = 'from the app' where id = 29`);
    const reading = await app.query('select 1 from rowhook.outbox').catch((error: Error) => error.message);
    const calling = await app.query('select rowhook.ring()').catch((error: Error) => error.message);
    await app.end();
    expect(reading).to.match(/permission denied/);
    expect(calling).to.match(/permission denied/);
    expect(short(await captured())).to.eql(['tags u 29']);
  });

  it("runs nothing of the writer's own", async () => {
    const role = await createRole(db, 'app');
    await session.query(
      `grant select, update on tags to "${role.name}"; create schema evil authorization "${role.name}"`,
    );
    const app = new pg.Client({ connectionString: role.url });
    await app.connect();
    await app.query(`
      create table evil.ran (how text);
      create function evil.spy(text, text) returns boolean language plpgsql as $$ begin insert into evil.ran values ('operator'); return true; end $$;
      create operator evil.= (leftarg = text, rightarg = text, function = evil.spy);
      create function evil.array_agg(anyelement) returns text[] language sql as $$ insert into evil.ran values ('function'); select null::text[] $$;
      create temp table outbox (like pg_class);
      create temp table new_rows (id bigint);
      set search_path = evil, pg_temp, pg_catalog, public`);
    await app.query(`update public.tags set name = 'from the app' where id = 29`);
    const { rows } = await app.query('select how from evil.ran');
    await app.end();
    expect(rows).to.eql([]);
    expect(short(await captured())).to.eql(['tags u 29']);
  });

  it('carries the request id of the transaction, and of no other', async () => {
    await session.query(`begin; select set_config('rowhook.request_id', 'req-1', true)`);
    await session.query(`update tags set name = 'x' where id = 29; commit`);
    await session.query(`update tags set name = 'y' where id = 29`);
    expect((await captured()).map((row) => row.request_id)).to.eql(['req-1', null]);
  });

  it('sees a partition that is written to directly, once', async () => {
    await session.query(
      `create table visits (id bigint not null, day date not null, note text, primary key (id, day)) partition by range (day);
       create table visits_1 partition of visits for values from ('2026-01-01') to ('2026-02-01');
       create table visits_2 partition of visits for values from ('2026-02-01') to ('2026-03-01')`,
    );
    await captureTable(session, {
      table: '"public"."visits"',
      key: ['id', 'day'],
      classes: [['note']],
      values: [],
    });
    await session.query(`insert into visits values (1, '2026-01-05', 'a')`);
    await session.query(`insert into visits_2 values (2, '2026-02-05', 'b')`);
    await session.query(`update visits set note = 'c', day = '2026-02-06' where id = 1`);
    expect(short(await captured())).to.eql(
      [
        'visits i ["1", "2026-01-05"]',
        'visits i ["2", "2026-02-05"]',
        'visits i ["1", "2026-02-06"]',
        'visits x ["1", "2026-01-05"]',
        'visits d ["1", "2026-01-05"]',
      ].map((line) => line.replace(', "', ', "')),
    );
  });

  it('sees a row leave whose new partition refuses it', async () => {
    await session.query(
      `create table visits (id bigint not null, day int not null, note text, primary key (id, day)) partition by list (day);
       create table visits_1 partition of visits for values in (1);
       create table visits_2 partition of visits for values in (2);
       create function refuse() returns trigger language plpgsql as 'begin return null; end';
       create trigger refuse before insert on visits_2 for each row execute function refuse()`,
    );
    await captureTable(session, { table: '"public"."visits"', key: ['id', 'day'], classes: [], values: [] });
    await session.query(`insert into visits values (1, 1, 'a'), (2, 1, 'b'), (3, 1, 'c')`);
    await captured();
    await session.query('update visits set day = 2 where id = 1');
    await session.query('update visits set day = 2');
    expect((await session.query('select from visits')).rowCount).to.equal(0);
    const rows = await captured();
    expect(rows.filter(({ op }) => op === 'd').flatMap(({ keys }) => keys)).to.have.members([
      '["1", "1"]',
      '["2", "1"]',
      '["3", "1"]',
    ]);
  });
});
