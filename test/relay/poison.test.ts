import { expect } from 'chai';
import { pino } from 'pino';
import {
  type CatalogInput,
  decimal,
  deletedAt,
  json,
  many,
  number,
  one,
  text,
  texts,
  timestamp,
} from '../../src/catalog/define.ts';
import { fromFunction } from '../../src/catalog/source.ts';
import type { Fields, Resource } from '../../src/catalog/types.ts';
import { type OwnDatabase, type OwnEvent, ownDatabase } from './own-catalog.ts';

/** What users write into their rows, and what becomes of their tables meanwhile, must not stop the relay. */
describe('what rows may hold', () => {
  let own: OwnDatabase;
  let logged: Array<Record<string, unknown>>;
  const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  beforeEach(() => {
    logged = [];
  });
  afterEach(() => own.end());

  async function prepare(sql: string, resources: Record<string, Resource>, rest: Partial<CatalogInput> = {}) {
    own = await ownDatabase(sql, {
      name: 'own',
      resources,
      events: Object.keys(resources).flatMap((resource) =>
        (['insert', 'update', 'delete'] as const).map((on) => ({ name: `${resource}_${on}`, resource, on })),
      ),
      ...rest,
    });
    await own.endpoint();
  }
  const a = (fields: Fields, rest: Partial<Resource> = {}) => ({ a: { table: 'a', fields, ...rest } });
  async function run(...statements: string[]): Promise<OwnEvent[]> {
    for (const statement of statements) await own.db.query(statement);
    return own.turnAll({ log });
  }
  const shown = (events: readonly OwnEvent[]) =>
    events.map(({ name, key, payload }) => `${name} ${key} ${payload}`);
  /** Deleted before the relay has looked: shown by the last row, after what was done to the table meanwhile. */
  async function deleted(insert: string, meanwhile: string): Promise<string[]> {
    await run(`insert into a values ${insert}`);
    return shown(await run(`delete from a`, meanwhile));
  }

  describe('last rows', () => {
    it('do not read what they do not show: another type, a stricter domain, a domain that cannot be null', async () => {
      await prepare(
        `create domain positive as int; create domain secret as text not null;
         create table a (id int primary key, other text, n positive, hidden secret)`,
        a(texts('id'), { exclude: ['hidden'] }),
      );
      expect(
        await deleted(
          `(1, 'abc', -1, 'x')`,
          `alter table a alter other type int using 1; alter domain positive add check (value > 0);
           alter table a add column more secret`,
        ),
      ).to.eql(['a_delete 1 {"id":"1"}']);
      expect(logged).to.eql([]);
    });

    it('show values that their domain or a shorter type would not take any more', async () => {
      await prepare(
        `create domain positive as int; create table a (id int primary key, n positive, v varchar(10))`,
        a(texts('id', 'n', 'v')),
      );
      await run(`insert into a values (1, -1, 'abcdefghij')`);
      await run(`delete from a where false`);
      await own.db.query(`delete from a`);
      await own.db.query(
        `alter domain positive add check (value > 0); alter table a alter v type varchar(3)`,
      );
      expect(shown(await own.turnAll({ log }))).to.eql(['a_delete 1 {"id":"1","n":"-1","v":"abcdefghij"}']);
      expect(logged).to.eql([]);
    });

    it('show as JSON what cannot be made of that JSON again', async () => {
      await prepare(
        `create type pt as enum ('x', 'y');
         create function pt_json(pt) returns json language sql immutable as $$ select '{"k": 1.50}'::json $$;
         create cast (pt as json) with function pt_json(pt); create extension hstore;
         create table a (id int primary key, p pt, n numeric(9, 3), h hstore, unseen hstore)`,
        a({ id: json(), p: json(), kind: text('p'), n: json(), short: number('n'), h: json() }),
      );
      expect(await deleted(`(1, 'x', 12.500, 'a=>1', 'b=>2')`, '')).to.eql([
        'a_delete 1 {"id":1,"p":{"k": 1.50},"kind":"x","n":12.500,"short":12.5,"h":{"a": "1"}}',
      ]);
      expect(logged).to.eql([]);
    });

    it('show a replacement for what is JSON and no text: NUL and halves of surrogate pairs', async () => {
      await prepare(`create table a (id int primary key, j json, unseen json)`, a({ id: text(), j: json() }));
      const odd = String.raw`{"\ud83d":"\\ud83d \u0000 \\\u0000 \uDE00\ud83d\ude00 \ud83d\u0041"}`;
      const [event] = await deleted(`(1, '${odd}', '${odd}')`, '');
      expect(event).to.equal(
        String.raw`a_delete 1 {"id":"1","j":{"\ufffd":"\\ud83d \ufffd \\\ufffd \ufffd\ud83d\ude00 \ufffd\u0041"}}`,
      );
      expect(logged).to.eql([]);
    });

    it('that cannot be read at all are shown by their key, the others as they were, and the log says which', async () => {
      await prepare(
        `create type mood as enum ('glad', 'sad'); create table a (id bigint primary key, m mood, n text)`,
        a(
          { ...texts('id', 'm', 'n'), late: many('a', { from: 'id', to: 'id', orderBy: ['id'] }, text('n')) },
          {
            deletedFields: { id: text(), m: text(), at: deletedAt(), n: text() },
          },
        ),
        { timestamps: 'unix' },
      );
      await run(
        `insert into a select i, case i when 4 then 'glad' else 'sad' end::mood, 'secret' || i from generate_series(1, 7) i`,
      );
      const events = await run(`delete from a`, `alter type mood rename value 'glad' to 'happy'`);
      const bodies = events.map(({ payload }) => JSON.parse(payload!));
      expect(events.map(({ name, key }) => `${name} ${key}`)).to.eql(
        [1, 2, 3, 4, 5, 6, 7].map((key) => `a_delete ${key}`),
      );
      expect(bodies.map(({ id, m, n }) => [id, m, n])).to.eql([
        ['1', 'sad', 'secret1'],
        ['2', 'sad', 'secret2'],
        ['3', 'sad', 'secret3'],
        ['4', null, null],
        ['5', 'sad', 'secret5'],
        ['6', 'sad', 'secret6'],
        ['7', 'sad', 'secret7'],
      ]);
      expect(bodies.every(({ at }) => at > 1_500_000_000)).to.equal(true);
      expect(logged).to.have.lengthOf(1);
      expect(logged[0]).to.include({ level: 40, resource: 'a', key: '4', sqlState: '22P02' });
      expect(JSON.stringify(logged)).to.not.contain('secret');
    });

    it('name a table that is gone, or have a key that is none any more', async () => {
      await prepare(
        `create table lost (); create table a (id text primary key, c regclass)`,
        a(texts('id', 'c')),
      );
      expect(await deleted(`('1', 'lost')`, `drop table lost`)).to.eql(['a_delete 1 {"id":"1","c":null}']);
      await own.end();
      await prepare(
        `create type kind as enum ('A', 'B'); create table a (id kind primary key, n text)`,
        a(texts('id', 'n')),
      );
      expect(await deleted(`('A', 'x')`, `alter type kind rename value 'A' to 'C'`)).to.eql([
        'a_delete A {"id":"A"}',
      ]);
      expect(logged.map(({ sqlState }) => sqlState)).to.eql(['42P01', '22P02']);
    });

    it('whose tenant cannot be read have none', async () => {
      await prepare(
        `create type shop as enum ('s1', 's2'); create table a (id bigint primary key, n text, shop shop)`,
        a(texts('id', 'n'), { tenant: 'shop' }),
      );
      const s2 = await own.endpoint('s2');
      await run(`insert into a values (9007199254740993, 'x', 's1'), (2, 'y', 's2')`);
      const events = await run(`delete from a`, `alter type shop rename value 's1' to 's3'`);
      expect(events.map(({ key, tenant, to }) => [key, tenant, to.includes(s2)])).to.eql([
        ['9007199254740993', null, false],
        ['2', 's2', true],
      ]);
      expect(logged.map(({ key, sqlState }) => [key, sqlState])).to.eql([['9007199254740993', '22P02']]);
    });

    it('stop the relay where a table of the payload is missing: that is no record’s fault', async () => {
      await prepare(
        `create table b (id int primary key); create table a (id int primary key)`,
        a({ id: text(), b: one('b', { from: 'id', to: 'id' }, texts('id')) }),
      );
      await run(`insert into a values (1)`);
      const error = await run(`delete from a`, `alter table b rename to c`).catch((failure) => failure);
      expect(error).to.include({ code: '42P01' });
      expect(shown(await run(`alter table c rename to b`))).to.eql(['a_delete 1 {"id":"1","b":null}']);
    });
  });

  describe('parts', () => {
    const c = { table: 'c', from: 'about', columns: ['body'] };
    const scene = (type: string) =>
      prepare(
        `create table a (id ${type} primary key, n text);
         create table c (id int generated always as identity primary key, about text, body text)`,
        a(texts('id', 'n'), { parts: [{ ...c, to: 'id' }] }),
      );
    const touch = (...abouts: string[]) =>
      run(`insert into c (about) values ${abouts.map((about) => `('${about}')`).join(', ')}`);

    for (const [type, key, ...others] of [
      ['smallint', '5', 'not a number', '40000', ''],
      ['int', '-5', '3000000000', '5.00', 'NaN'],
      ['bigint', '9223372036854775807', '9223372036854775808', '1e3', 'not a number'],
      ['numeric', '12.5', 'twelve', '1e', '--1'],
      [
        'uuid',
        '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
        '3f2504e0',
        'none',
        '{3f2504e04f8911d39a0c0305e82c3301',
      ],
      ['date', '2018-04-04', 'today-ish', '2018-13-13', '9999999-01-01'],
    ] as const) {
      it(`that name what no key of type ${type} can be belong to no record`, async () => {
        await scene(type);
        await run(`insert into a values ('${key}', 'it')`);
        expect(shown(await touch(...others, key))).to.eql([`a_update ${key} {"id":"${key}","n":"it"}`]);
        expect(logged).to.eql([]);
      });
    }

    it('that name a longer key do not show the record that begins like it', async () => {
      await scene('varchar(3)');
      await run(`insert into a values ('abc', 'SECRET')`);
      expect(shown(await touch('abcdef', 'abc'))).to.eql(['a_update abc {"id":"abc","n":"SECRET"}']);
    });

    it('that are looked up by what no value of the column can be belong to no record', async () => {
      await prepare(
        `create type kind as enum ('A', 'B');
         create table a (id bigint primary key, n int unique, k kind, v varchar(2));
         create table c (id int generated always as identity primary key, about text, body text)`,
        a(texts('id'), {
          parts: [
            { ...c, to: 'n' },
            { ...c, to: 'k' },
            { ...c, to: 'v' },
          ],
        }),
      );
      await run(`insert into a values (1, 7, 'A', 'vw'), (2, 8, 'B', null)`);
      expect(shown(await touch('zzz', '7', '99999999999', 'B', 'vwx'))).to.eql([
        'a_update 1 {"id":"1"}',
        'a_update 2 {"id":"2"}',
      ]);
      expect(logged).to.eql([]);
    });
  });

  describe('formats', () => {
    const moments = `create table a (id int primary key, z timestamptz, p timestamp, d date);
      create table b (id int primary key)`;
    const values = `(1, 'infinity', '-infinity', 'infinity'), (2, '0044-03-15 BC', '20000-01-01', '5874897-12-31'),
      (3, '0001-01-01Z', '9999-12-31 23:59:59', '2018-04-04'), (4, null, null, null)`;
    const fields = { id: text(), z: timestamp(), p: timestamp(), d: timestamp() };

    it('of timestamps in four digits are null for years that have more, before Christ and at infinity', async () => {
      for (const [form, begin, end, day] of [
        ['iso', '0001-01-01T00:00:00+00:00', '9999-12-31T23:59:59+00:00', '2018-04-04T00:00:00+00:00'],
        ['sql', '0001-01-01 00:00:00', '9999-12-31 23:59:59', '2018-04-04 00:00:00'],
      ] as const) {
        await prepare(moments, a(fields), { timestamps: form });
        const none = (id: number) => `{"id":"${id}","z":null,"p":null,"d":null}`;
        const bodies = [none(1), none(2), `{"id":"3","z":"${begin}","p":"${end}","d":"${day}"}`, none(4)];
        expect((await run(`insert into a values ${values}`)).map(({ payload }) => payload)).to.eql(bodies);
        expect((await run(`delete from a`)).map(({ payload }) => payload)).to.eql(bodies);
        if (form === 'iso') await own.end();
      }
      expect(logged).to.eql([]);
    });

    it('of timestamps in seconds are null at infinity', async () => {
      await prepare(moments, a(fields), { timestamps: 'unix' });
      const bodies = [
        '{"id":"1","z":null,"p":null,"d":null}',
        '{"id":"2","z":-63517824000,"p":568971820800,"d":185331706992000}',
        '{"id":"3","z":-62135596800,"p":253402300799,"d":1522800000}',
        '{"id":"4","z":null,"p":null,"d":null}',
      ];
      expect((await run(`insert into a values ${values}`)).map(({ payload }) => payload)).to.eql(bodies);
      expect((await run(`delete from a`)).map(({ payload }) => payload)).to.eql(bodies);
      expect(logged).to.eql([]);
    });

    it('of numbers are null for what is none: words, NaN, infinity', async () => {
      await prepare(
        `create table a (id int primary key, t text, n numeric, f float8, i int);
         create table b (a_id int, t varchar(20), n numeric)`,
        a({
          ...{ t: number(), n: number(), f: number(), i: number() },
          ...{ t2: decimal(2, 't'), n2: decimal(2, 'n'), f2: decimal(2, 'f'), i2: decimal(2, 'i') },
          b: many('b', { from: 'id', to: 'a_id', orderBy: ['t'] }, { t: number(), n: decimal(1) }),
        }),
      );
      const none = `"t":null,"n":null,"f":null`;
      const none2 = `"t2":null,"n2":null,"f2":null`;
      const created = await run(
        `insert into b values (2, '1.50', 2), (2, 'x', 'NaN'), (1, null, 'Infinity')`,
        `insert into a values (1, 'abc', 'NaN', 'NaN', null), (2, ' 1.50 ', 2.50, 2.5, 3), (3, '1e9999', 'Infinity', '-Infinity', 0),
          (4, repeat('9', 200000), null, null, 0), (5, '1e3', -0.0, 1e300, 0)`,
      );
      const large = `1${'0'.repeat(300)}`;
      const own5 = `"t":1000,"n":0,"f":${large},"i":0,"t2":"1000.00","n2":"0.00","f2":"${large}.00","i2":"0.00"`;
      expect(created.map(({ payload }) => payload)).to.eql([
        `{${none},"i":null,${none2},"i2":null,"b":[{"t":null,"n":null}]}`,
        `{"t":1.5,"n":2.5,"f":2.5,"i":3,"t2":"1.50","n2":"2.50","f2":"2.50","i2":"3.00","b":[{"t":1.5,"n":"2.0"},{"t":null,"n":null}]}`,
        `{${none},"i":0,${none2},"i2":"0.00","b":[]}`,
        `{${none},"i":0,${none2},"i2":"0.00","b":[]}`,
        `{${own5},"b":[]}`,
      ]);
      expect((await run(`delete from a`)).map(({ payload }) => payload)).to.eql([
        `{${none},"i":null,${none2},"i2":null,"b":null}`,
        `{"t":1.5,"n":2.5,"f":2.5,"i":3,"t2":"1.50","n2":"2.50","f2":"2.50","i2":"3.00","b":null}`,
        `{${none},"i":0,${none2},"i2":"0.00","b":null}`,
        `{${none},"i":0,${none2},"i2":"0.00","b":null}`,
        `{${own5},"b":null}`,
      ]);
      expect(logged).to.eql([]);
    });

    it('that fail for one record all the same set that one aside, and show the others as they are', async () => {
      await prepare(
        `create table a (id bigint primary key, n int, gone boolean);
         create view halves as select id, 10 / n as half from a;
         create table c (a_id bigint primary key, n int)`,
        a(
          { id: text(), half: one('halves', { from: 'id', to: 'id' }, text('half')), n: text() },
          {
            softDelete: 'gone',
            parts: [{ table: 'c', from: 'a_id', to: 'id', key: ['a_id'], columns: ['n'] }],
          },
        ),
      );
      const events = await run(`insert into a select i, i - 3, false from generate_series(1, 5) i`);
      expect(shown(events)).to.eql([
        'a_insert 1 {"id":"1","half":"-5","n":"-2"}',
        'a_insert 2 {"id":"2","half":"-10","n":"-1"}',
        'a_insert 4 {"id":"4","half":"10","n":"1"}',
        'a_insert 5 {"id":"5","half":"5","n":"2"}',
      ]);
      expect(logged).to.have.lengthOf(1);
      expect(logged[0]).to.include({ level: 50, resource: 'a', key: '3', reason: 'payload_failed' });
      expect(logged[0]).to.include({ records: 1, detail: 'SQLSTATE 22012' });
      // Marked, its row is still there: it can be mended.
      expect((await run(`update a set gone = true`)).map(({ key }) => key)).to.eql(['1', '2', '4', '5']);
      expect(await own.retryAll({ log })).to.eql([]);
      // Nobody sees it any more, nor what becomes of its parts.
      await run(`insert into c values (3, 1)`);
      expect(await own.retryAll({ log })).to.eql([]);
      await own.db.query(`update a set n = 5 where id = 3`);
      expect(shown(await own.retryAll({ log }))).to.eql([
        'a_insert 3 {"id":"3","half":"2","n":"5"}',
        'a_delete 3 {"id":"3","half":"2","n":"5"}',
      ]);
    });

    it('that are asked of what the application answers for too, with a source of its own', async () => {
      await prepare(`create table a (id int primary key, z timestamptz, j json)`, {
        a: { table: 'a', fields: {}, source: fromFunction(() => []) },
      });
      const sources = new Map([
        ['a', { fetch: async (keys: readonly unknown[]) => keys.map(() => undefined) }],
      ]);
      await own.db.query(String.raw`insert into a values (1, 'infinity', '"\ud83d"')`);
      expect(shown(await own.turnAll({ log, sources }))).to.eql([
        String.raw`a_insert 1 {"id":1,"z":"infinity","j":"\ud83d"}`,
      ]);
      await own.db.query(`delete from a`);
      expect(shown(await own.turnAll({ log, sources }))).to.eql([
        `a_delete 1 {"id":1,"z":"infinity","j":"�"}`,
      ]);
    });
  });
});
