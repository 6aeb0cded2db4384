import { Socket } from 'node:net';
import { expect } from 'chai';
import pg from 'pg';
import { type OwnedTable, ownedTable, spies } from './owned-table.ts';

/** The triggers run with the rights of whoever installed them. Nothing of the application's does with them. */
describe('an application that is hostile to capture', () => {
  let own: OwnedTable;
  beforeEach(async () => {
    own = await ownedTable();
  });
  afterEach(() => own.end());

  const writes = async (table = 'own.t') => {
    await own.app.query(
      `insert into ${table} (id, s) values (1, 'a'); insert into ${table} (id, s) values (2, 'b'), (3, 'c')`,
    );
    await own.app.query(
      `update ${table} set s = 'x' where id = 1; update ${table} set s = s operator(pg_catalog.||) 'y'`,
    );
    await own.app.query(
      `update ${table} set id = 9 where id = 3; update ${table} set id = id operator(pg_catalog.+) 10`,
    );
    await own.app.query(`delete from ${table} where id = 11; delete from ${table}; truncate ${table}`);
  };

  it('has none of its own operators, functions, types and tables used, whatever their names', async () => {
    await own.capture('(id int primary key, s text)', ['s']);
    const { rows } = await own.app.query<{ name: string }>(
      `select distinct m[1] as name from pg_proc p, regexp_matches(p.prosrc, '\\m([a-z_]+)\\(', 'g') m
       where p.pronamespace = 'rowhook'::regnamespace and m[1] in (select proname from pg_proc where pronamespace = 'pg_catalog'::regnamespace)`,
    );
    const functions = rows.map(({ name }) => name);
    expect(functions).to.include.members([
      'array_agg',
      'row_to_json',
      'current_setting',
      'pg_current_xact_id',
    ]);
    await own.app.query(spies);
    for (const name of functions) {
      for (const given of ['text', 'anyelement', 'variadic "any"', ''])
        await own.app
          .query(
            `create function evil."${name}"(${given}) returns ${given === 'anyelement' ? 'anyelement' : 'text'} language ${
              given === 'variadic "any"'
                ? 'internal as $$pg_typeof$$'
                : `plpgsql as $$ begin perform evil.spy('${name}'); return ${given === 'anyelement' ? '$1' : 'null'}; end $$`
            }`,
          )
          .catch((error) =>
            expect(error.message).to.match(/permission denied for language internal|cannot accept/),
          );
    }
    for (const [operator, left, right] of [
      ['=', 'text', 'text'],
      ['<>', 'bigint', 'integer'],
      ['*<>', 'record', 'record'],
      ['||', 'text', 'text'],
      ['+', 'integer', 'integer'],
      ['/', 'bigint', 'integer'],
      ['<', 'integer', 'integer'],
      ['>=', 'integer', 'integer'],
    ]) {
      const name = `op_${Buffer.from(`${operator}${left}`).toString('hex')}`;
      await own.app.query(`create function evil.${name}(${left}, ${right}) returns boolean language plpgsql as $$
          begin perform evil.spy('operator'); return true; end $$;
        create operator evil.${operator} (leftarg = ${left}, rightarg = ${right}, function = evil.${name})`);
    }
    await own.app.query(`
      create domain evil.text as pg_catalog.int4 check (evil.spy('domain') is not null);
      create domain evil.bigint as pg_catalog.text; create domain evil.regclass as pg_catalog.text;
      create table evil.outbox (like pg_class); create table evil.pg_locks (); create table evil.pg_database ();
      create table evil.pg_inherits (); create table evil.pg_trigger (); create table evil.pg_class ();
      create temp table outbox (id int); create temp table new_rows (id int); create temp table old_rows (id int);
      create temp table pg_inherits (id int); create temp table pg_trigger (id int); create temp table pg_attribute (id int);
      create domain pg_temp.text as pg_catalog.int4;
      create function pg_temp.array_agg(anyelement) returns pg_catalog.text language sql as $$ select evil.spy('temp')::pg_catalog.text $$;
      set search_path = evil, pg_temp, pg_catalog, own`);
    await writes();
    expect(await own.ran()).to.eql([]);
    expect(await own.captured()).to.have.length(18);
  });

  it('has no cast run, of a type that it owns, whenever the type, the cast or the column comes', async () => {
    await own.app.query(`create type own.mood as enum ('fine', 'bad'); create type own.pair as (m own.mood, n int);
      create domain own.mild as own.mood`);
    await own.capture(
      '(id int primary key, s text, m own.mood, ms own.mood[], p own.pair, ps own.pair[], d own.mild, later text, plain json)',
      ['s', 'm', 'p'],
    );
    await own.app.query(spies);
    const fill = `update own.t set m = 'bad', ms = '{fine,bad}', p = row('fine', 1), ps = array[row('bad', 2)::own.pair], d = 'fine', plain = '{"a": [1]}'`;
    // Functions have their plans by then.
    await writes();
    await own.app.query(`insert into own.t (id) values (0); ${fill}; delete from own.t`);
    const before = await own.captured();
    for (const type of ['mood', 'pair']) {
      await own.app.query(`create function own.json_of_${type}(own.${type}) returns json language plpgsql as $$
        begin return to_json(evil.spy('json of ${type}')); end $$;
        create function own.text_of_${type}(own.${type}) returns text language sql as $$ select evil.spy('text of ${type}') $$;
        create cast (own.${type} as json) with function own.json_of_${type}(own.${type}) as assignment;
        create cast (own.${type} as text) with function own.text_of_${type}(own.${type}) as implicit`);
    }
    await own.app.query(`insert into own.t (id) values (0); ${fill}; delete from own.t`);
    expect(await own.ran()).to.eql([]);
    expect(await own.captured()).to.eql(before.slice(-2));
    const image = before.at(-1)!.slice('d 0 '.length);
    expect(JSON.parse(image)).to.deep.include({ id: 0, m: 'bad', d: 'fine', plain: { a: [1] } });
    // Columns that are given such a type only now, or come with it.
    await own.app.query(`alter table own.t alter later type own.mood using null, add more own.pair[]`);
    await own.app.query(
      `insert into own.t (id, later, more) values (4, 'bad', array[row('bad', 2)::own.pair]); delete from own.t`,
    );
    expect(await own.ran()).to.eql([]);
    expect((await own.captured()).at(-1)).to.match(/^d 4 \{"id":4,"s":null,/);
  });

  it('has no cast run either of a type that its table did not know when it was captured', async () => {
    await own.capture('(id int primary key, s text, later text, n numeric)');
    await own.app.query(`${spies};
      create type own.mood as enum ('fine', 'bad'); create type own.moods as (m own.mood[]);
      create function own.json_of(own.mood) returns json language plpgsql as $$ begin return to_json(evil.spy('json')); end $$;
      create cast (own.mood as json) with function own.json_of(own.mood)`);
    await writes();
    await own.captured();
    await own.app.query(`alter table own.t alter later type own.mood using null`);
    await own.app.query(`insert into own.t values (4, 'a', 'bad', 1.50); delete from own.t`);
    expect((await own.captured()).at(-1)).to.equal('d 4 {"id":4,"s":"a","later":null,"n":1.50}');
    await own.app.query('alter table own.t drop later; alter table own.t add more own.moods[]');
    await own.app.query(
      `insert into own.t (id, more) values (5, array[row(array['bad'])::own.moods]); delete from own.t`,
    );
    expect((await own.captured()).at(-1)).to.match(/^d 5 \{"id":5,"s":null,"later":null,"n":null\}$/);
    expect(await own.ran()).to.eql([]);
  });

  it('hides no row from capture by row-level security, and shows none', async () => {
    await own.capture('(id int primary key, s text)');
    await own.app.query(`${spies};
      alter table own.t enable row level security; alter table own.t force row level security;
      create policy mine on own.t using (evil.spy('policy') is not null and id < 100) with check (true)`);
    await own.app.query(
      `insert into own.t values (1, 'a'), (200, 'b'); update own.t set s = 'c'; delete from own.t`,
    );
    expect(await own.captured()).to.eql(['i 1', 'i 200', 'u 1', 'd 1 {"id":1,"s":"c"}']);
    await own.app.query('set row_security = off');
    expect(await own.refused('select from own.t')).to.match(/row-level security/);
    expect(await own.ran()).to.eql([]);
  });

  it('sets whatever a session can set: keys and last rows are the same, and no write fails', async () => {
    await own.capture(
      '(id int primary key, s text, at timestamptz, day date, span interval, price money, bytes bytea, f float8, arr text[])',
      ['at', 'price', 'span'],
    );
    const all = `insert into own.t values (1, 'a', '2026-02-03 04:05:06+00', '2026-02-03', '1 day 02:03:04', '1234.5'::numeric::money, '\\x00ff', 0.1::float4, array['a', null])`;
    await own.app.query(`${all}; delete from own.t where id = 1`);
    const expected = (await own.captured()).at(-1);
    for (const setting of [
      `datestyle = 'German, DMY'`,
      `timezone = 'Asia/Kolkata'`,
      `intervalstyle = 'sql_standard'`,
      `bytea_output = 'escape'`,
      'extra_float_digits = -15',
      `lc_monetary = 'C.UTF-8'`,
      `lc_numeric = 'C.UTF-8'`,
      'array_nulls = off',
      'standard_conforming_strings = off',
      'escape_string_warning = off',
      'transform_null_equals = on',
      'quote_all_identifiers = on',
      `xmloption = 'document'`,
      `plan_cache_mode = 'force_custom_plan'`,
      'join_collapse_limit = 1; set from_collapse_limit = 1',
      'enable_hashjoin = off; set enable_mergejoin = off; set enable_sort = off',
      'enable_nestloop = on; set enable_hashagg = off; set enable_material = off',
      'row_security = off',
      'jit = on; set jit_above_cost = 0',
      `default_transaction_isolation = 'serializable'`,
      `client_encoding = 'LATIN1'`,
      `work_mem = '64kB'`,
      `rowhook.rang = 'x'; set rowhook.bypassed_1 = 'y'`,
    ]) {
      await own.app.query(`reset all; set ${setting}`);
      await own.app.query(
        `${all.replace(`'\\x00ff'`, `decode('00ff', 'hex')`)}; insert into own.t (id) values (2), (3)`,
      );
      await own.app.query(
        `update own.t set s = 'a' where id > 1; update own.t set s = s where id = 1; delete from own.t where id = 1; delete from own.t`,
      );
      expect(
        (await own.captured()).filter((line) => line.startsWith('d 1')),
        setting,
      ).to.eql([expected]);
    }
  });

  it('ties any request id to its changes, cut to a length, and fails for none', async () => {
    await own.capture('(id int primary key, s text)');
    const ids = [
      `'; drop schema rowhook cascade; --`,
      `$rowhook$ " \\' \\0 \\x00`,
      '\u0001\u007f',
      'é'.repeat(3_000),
      '',
      '𝄞'.repeat(999),
    ];
    for (const [i, id] of ids.entries()) {
      await own.app.query('begin');
      await own.app.query(`select set_config('rowhook.request_id', $1, true)`, [id]);
      await own.app.query(`insert into own.t values ($1)`, [i]);
      await own.app.query('commit');
    }
    const { rows } = await own.installer.query('select request_id as id from rowhook.outbox order by seq');
    expect(rows.map(({ id }) => id)).to.eql(
      ids.map((id) => (id === '' ? null : [...id].slice(0, 1_000).join(''))),
    );
  });

  it('fails for no bytes either that a session starts with as its request id, text or not', async () => {
    await own.capture('(id int primary key, s text)');
    for (const bytes of ['\xe9\xff', '\xc0\x80', '\xc3\xa9', '\xed\xa0']) {
      const socket = new Socket();
      // Connecting puts back what was put in place of write before.
      socket.once('connect', () => {
        const write = socket.write.bind(socket);
        socket.write = ((data: Buffer) =>
          write(Buffer.from(data.toString('latin1').replace('@@', bytes), 'latin1'))) as Socket['write'];
      });
      const app = new pg.Client({
        connectionString: own.appUrl,
        options: '-c rowhook.request_id=a@@',
        stream: () => socket,
      });
      await app.connect();
      await app.query(
        `insert into own.t values (1); update own.t set s = 'a'; delete from own.t; truncate own.t`,
      );
      await app.end();
    }
    const { rows } = await own.installer.query(
      'select request_id as id from rowhook.outbox group by 1 order by min(seq)',
    );
    expect(rows.map(({ id }) => id)).to.eql(['a\\351\\377', 'a\\300\\200', 'aé', 'a\\355\\240']);
  });
});
