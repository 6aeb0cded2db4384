import { expect } from 'chai';
import {
  base64,
  constant,
  decimal,
  deletedAt,
  fieldsOf,
  json,
  many,
  number,
  object,
  one,
  text,
  texts,
  timestamp,
} from '../../src/catalog/define.ts';
import { fromFunction } from '../../src/catalog/source.ts';
import type { Resource } from '../../src/catalog/types.ts';
import { type OwnDatabase, ownDatabase } from './own-catalog.ts';

const oddities = `
  create schema "Odd.Schema";
  create type "Odd.Schema".mood as enum ('glad', 'sad');
  create domain "Odd.Schema".cents as numeric(20, 4);
  create table "Odd.Schema"."Big ""Table""?" (
    "Tenant Id" uuid not null, "Nr" bigint not null, "select" text, "a.b" int[],
    amount "Odd.Schema".cents, doubled numeric generated always as (amount * 2) stored, seq int generated always as identity,
    mood "Odd.Schema".mood, doc json, docb jsonb, bytes bytea, moment timestamptz, plain timestamp, day date, span interval,
    ok boolean, ratio float8, primary key ("Tenant Id", "Nr")
  ) partition by list ("Nr");
  create table "Odd.Schema".part_one partition of "Odd.Schema"."Big ""Table""?" for values in (1, 9007199254740993);
  create table "Odd.Schema".rest partition of "Odd.Schema"."Big ""Table""?" default;
  create table "Odd.Schema".child ("Tenant" uuid, nr bigint, rank int, label text, dropped boolean default false)`;

const id = '3f2504e0-4f89-11d3-9a0c-0305e82c3301';
const table = '"Odd.Schema"."Big ""Table""?"';

describe('payloads of one’s own catalog', () => {
  let own: OwnDatabase;
  afterEach(() => own.end());
  const prepare = async (
    sql: string,
    resources: Record<string, Resource>,
    timestamps: 'iso' | 'unix' = 'iso',
  ) => {
    own = await ownDatabase(sql, {
      name: 'own',
      timestamps,
      resources,
      events: Object.keys(resources).flatMap((resource) => [
        { name: `${resource}_create`, resource, on: 'insert' },
        { name: `${resource}_update`, resource, on: 'update' },
        { name: `${resource}_delete`, resource, on: 'delete' },
      ]),
    });
    await own.endpoint();
  };
  const run = async (statement: string) => {
    await own.db.query(statement);
    return own.turnAll();
  };

  it('show every kind of column of a partitioned table with a composite key and quoted names, to the last digit', async () => {
    await prepare(oddities, {
      odd: {
        table,
        key: ['Tenant Id', 'Nr'],
        fields: {
          nr: text('Nr'),
          exact: json('Nr'),
          tenant: text('Tenant Id'),
          select: text(),
          'a.b': json(),
          'quoted "key"?': text('amount'),
          short: number('amount'),
          doubled: decimal(2),
          mood: text(),
          doc: json(),
          docb: json(),
          bytes: base64(),
          hex: text('bytes'),
          moment: timestamp(),
          precise: json('moment'),
          plain: timestamp(),
          day: json(),
          span: text(),
          ok: json(),
          ratio: json(),
          kind: constant('odd'),
          none: constant(null),
          nested: object({ seq: json(), deep: object({ yes: constant(true), n: constant(1.5) }) }),
          children: many(
            '"Odd.Schema".child',
            {
              from: ['Tenant Id', 'Nr'],
              to: ['Tenant', 'nr'],
              where: { dropped: false, label: { not: ['x', null] } },
              orderBy: [{ column: 'rank', direction: 'desc', nulls: 'last' }, 'label'],
              limit: 3,
            },
            text('label'),
          ),
          first: one(
            '"Odd.Schema".child',
            { from: ['Tenant Id', 'Nr'], to: ['Tenant', 'nr'], orderBy: ['rank'] },
            { label: text(), rank: json() },
          ),
        },
      },
    });
    const nr = '9007199254740993';
    await own.db.query(
      `insert into "Odd.Schema".child
       select '${id}'::uuid, ${nr}, rank, label, label = 'gone' from (values (1, 'a'), (2, 'b'), (2, 'x'), (null, 'n'), (3, 'gone'), (2, 'c'))
         v(rank, label)
       union all select '${id}'::uuid, 1, 9, 'other', false`,
    );
    const row = `('${id}', ${nr}, 'it''s', '{1,null,3}', 12.5000, 'glad', '{"b": 1,  "a":12345678901234567890}', '{"b":1}',
      '\\xdeadbeef', '2018-04-04 11:39:57.123+02', '2018-04-04 11:39:57', '2018-04-04', '1 day 2 hours', true, 0.1)`;
    const columns = `"Tenant Id", "Nr", "select", "a.b", amount, mood, doc, docb, bytes, moment, plain, day, span, ok, ratio`;
    const [created] = await run(`insert into ${table} (${columns}) values ${row}`);
    expect(created?.key).to.equal(`["${id}", "${nr}"]`);
    expect(created?.payload).to.equal(
      `{"nr":"${nr}","exact":${nr},"tenant":"${id}","select":"it's","a.b":[1,null,3],"quoted \\"key\\"?":"12.5000",` +
        `"short":12.5,"doubled":"25.00","mood":"glad","doc":{"b": 1,  "a":12345678901234567890},"docb":{"b": 1},` +
        `"bytes":"3q2+7w==","hex":"\\\\xdeadbeef","moment":"2018-04-04T09:39:57+00:00","precise":"2018-04-04T09:39:57.123+00:00",` +
        `"plain":"2018-04-04T11:39:57+00:00","day":"2018-04-04","span":"P1DT2H","ok":true,"ratio":0.1,"kind":"odd","none":null,` +
        `"nested":{"seq":1,"deep":{"yes":true,"n":1.5}},"children":["b","c","a"],"first":{"label":"a","rank":1}}`,
    );
    // Straight at a partition, and from one to another.
    expect((await run(`update "Odd.Schema".part_one set "select" = 'p'`)).map(({ name }) => name)).to.eql([
      'odd_update',
    ]);
    const moved = await run(`update ${table} set "Nr" = 5`);
    expect(moved.map(({ name, key }) => `${name} ${key}`)).to.have.members([
      `odd_delete ["${id}", "${nr}"]`,
      `odd_create ["${id}", "5"]`,
    ]);
    const deleted = moved.find(({ name }) => name === 'odd_delete')!.payload!;
    expect(deleted)
      .to.contain(`"exact":${nr}`)
      .and.contain('"children":null')
      .and.contain('"bytes":"3q2+7w=="');
    expect(deleted).to.contain('"moment":"2018-04-04T09:39:57+00:00"').and.contain('"span":"P1DT2H"');
  });

  it('show long bytes in base64 without line breaks', async () => {
    await prepare(`create table files (id int primary key, data bytea)`, {
      file: { table: 'files', fields: { data: base64() } },
    });
    const [created] = await run(`insert into files values (1, decode(repeat('ff', 200), 'hex'))`);
    expect(JSON.parse(created!.payload!).data).to.equal(Buffer.alloc(200, 0xff).toString('base64'));
  });

  it('show what is linked through a table, in its order, with the fields of another resource', async () => {
    await prepare(
      `create table groups (id uuid primary key, name text, leader_id int);
       create table people (id int primary key, name text, secret text);
       create table members (group_id uuid, person_id int, place int, active boolean, primary key (group_id, person_id));
       insert into people select i, 'p' || i, 's' from generate_series(1, 5) i`,
      {
        group: {
          table: 'groups',
          fields: {
            name: text(),
            leader: one('people', { from: 'leader_id', to: 'id' }, fieldsOf('person')) as never,
            people: many(
              'people',
              {
                from: 'id',
                through: { table: 'members', to: 'group_id', from: 'person_id', where: { active: true } },
                to: 'id',
                where: { name: { not: 'p4' } },
                orderBy: [{ column: 'place', of: 'through' }],
              },
              fieldsOf('person'),
            ),
          },
        },
        person: { table: 'people', fields: texts('id', 'name'), exclude: ['secret'] },
      },
    );
    await own.db.query(
      `insert into members select '${id}', i, 10 - i, i <> 2 from generate_series(1, 5) i; insert into members values (gen_random_uuid(), 1, 1, true)`,
    );
    const [created] = await run(`insert into groups values ('${id}', 'G', 5)`);
    expect(JSON.parse(created!.payload!)).to.eql({
      name: 'G',
      leader: { id: '5', name: 'p5' },
      people: [
        { id: '5', name: 'p5' },
        { id: '3', name: 'p3' },
        { id: '1', name: 'p1' },
      ],
    });
  });

  it('of deletes have the fields that the catalog gives them, with the time of the transaction', async () => {
    await prepare(
      `create table gifts (id text primary key, amount numeric, gone_at timestamptz)`,
      {
        gift: {
          table: 'gifts',
          fields: { data: object({ id: text(), attributes: object({ amount: number() }) }) },
          deletedFields: {
            data: object({ id: text(), attributes: object({ deleted_at: deletedAt('gone_at') }) }),
          },
        },
      },
      'unix',
    );
    const [created] = await run(`insert into gifts values ('a', 35.00)`);
    expect(created?.payload).to.equal('{"data":{"id":"a","attributes":{"amount":35}}}');
    const { rows } = await own.db.query<{ at: string }>(
      `delete from gifts returning floor(extract(epoch from now()))::text as at`,
    );
    const [deleted] = await own.turnAll();
    expect(deleted?.payload).to.equal(`{"data":{"id":"a","attributes":{"deleted_at":${rows[0]!.at}}}}`);
    await run(`insert into gifts values ('b', 1, '2017-11-06 20:26:40Z')`);
    const [again] = await run(`delete from gifts`);
    expect(again?.payload).to.contain('"deleted_at":1510000000}');
  });

  it('never have a column that another resource of the table excludes, also where all of its columns are shown', async () => {
    await prepare(`create table people (id int primary key, name text, ssn text, deleted_at timestamptz)`, {
      person: { table: 'people', fields: texts('id'), exclude: ['ssn'] },
      account: {
        table: 'public.people',
        fields: {},
        source: fromFunction(() => []),
        softDelete: 'deleted_at',
      },
    });
    const sources = new Map([
      ['account', { fetch: async (keys: readonly unknown[]) => keys.map(() => undefined) }],
    ]);
    await own.db.query(`insert into people values (1, 'A', 'very-secret')`);
    const bodies = [await own.turnAll({ sources })];
    await own.db.query(`update people set deleted_at = '2018-04-04Z'`);
    bodies.push(await own.turnAll({ sources }));
    await own.db.query(`insert into people values (2, 'B', 'very-secret'); delete from people`);
    bodies.push(await own.turnAll({ sources }));
    expect(JSON.stringify(bodies)).to.contain('deleted_at').and.not.contain('secret');
  });

  it('never have a column that is excluded, nor does the outbox, also not of a column that JSON could not do without', async () => {
    await prepare(`create table people (id int primary key, name text, ssn text, doc json)`, {
      person: { table: 'people', fields: { id: text(), name: text(), doc: json() }, exclude: ['ssn'] },
    });
    await run(String.raw`insert into people values (1, 'A', 'very-secret', '{"a":"\u0000"}')`);
    await own.db.query(`update people set ssn = 'very-secret-2'; delete from people`);
    const { rows } = await own.db.query<{ all: string }>(
      `select string_agg(o::text, '') as all from rowhook.outbox o`,
    );
    expect(rows[0]!.all).to.contain('name').and.not.contain('very-secret');
    const events = await own.turnAll();
    expect(events.map(({ payload }) => payload)).to.eql([
      String.raw`{"id":"1","name":"A","doc":{"a":"\ufffd"}}`,
    ]);
  });
});
