import { expect } from 'chai';
import type pg from 'pg';
import { putTriggers } from '../../src/capture/install.ts';
import { postgresMajor } from '../support/server.ts';
import { connected, type OwnedTable, ownedTable, spies } from './owned-table.ts';

/**
 * A repeatable-read transaction sees the catalogs as they were when it began, but writes to the table of today: what a statement's plan is
 * made of must not come from what the transaction sees.
 */
describe('a transaction that is older than the columns of its table', () => {
  let own: OwnedTable;
  let old: pg.Client;
  beforeEach(async () => {
    own = await ownedTable();
    old = await connected(own.appUrl);
  });
  afterEach(async () => {
    await old.end();
    await own.end();
  });

  const begin = (level = 'repeatable read') => old.query(`begin isolation level ${level}; select 1`);
  const evil = (name: string, form = `enum ('a')`) => `create type own.${name} as ${form};
    create function own.${name}_json(own.${name}) returns json language plpgsql as $$ begin return to_json(evil.spy('json')); end $$;
    create function own.${name}_text(own.${name}) returns text language plpgsql as $$ begin return evil.spy('text'); end $$;
    create cast (own.${name} as json) with function own.${name}_json(own.${name});
    create cast (own.${name} as text) with function own.${name}_text(own.${name}) as implicit`;

  for (const level of ['repeatable read', 'serializable']) {
    it(`${level}: has no cast run of a type that came after it, of a column added or given that type`, async () => {
      await own.capture('(id int primary key, s text, n numeric, b boolean, j json)', ['s']);
      await own.app.query(spies);
      await begin(level);
      await own.app.query(evil('mood'));
      await own.app.query(
        'alter table own.t add column e own.mood; alter table own.t alter s type own.mood using null',
      );
      const write = async (id: number) => {
        await old.query(`insert into own.t values (${id}, 'a', 1.50, true, '{"x": [1]}', 'a')`);
        await old.query(`update own.t set s = null where id = ${id}; delete from own.t where id = ${id}`);
        await old.query(`insert into own.t (id, s) values (${id + 1}, 'a'), (${id + 2}, 'a')`);
        await old.query(
          `update own.t set id = id * 100 where id > ${id}; delete from own.t where id > ${id}`,
        );
      };
      await write(1);
      await old.query('commit');
      // Plans stay in the session.
      await write(5);
      expect(await own.ran()).to.eql([]);
      const captured = await own.captured();
      expect(captured.slice(0, 3)).to.eql([
        'i 1',
        'u 1',
        'd 1 { "id" : 1, "s" : null, "n" : 1.50, "b" : true, "j" : {"x": [1]} }',
      ]);
      expect(captured).to.have.length(22);
    });
  }

  it('has none run in a relation that was captured after it began', async () => {
    await own.capture('(id int primary key, s text)');
    await own.app.query(`${spies}; create table own.elder () inherits (own.t)`);
    await begin();
    await own.app.query(evil('mood'));
    await own.app.query('create table own.child (e own.mood, primary key (id)) inherits (own.t)');
    await putTriggers(own.installer, 1, 'own.child');
    await old.query(`insert into own.child values (1, 'x', 'a'); delete from only own.child`);
    await old.query('commit');
    expect(await own.ran()).to.eql([]);
    expect(await own.captured()).to.eql(['i 1', 'd 1 { "id" : 1, "s" : "x" }']);
  });

  it('is captured, with nothing run, on a table that was captured after it began', async () => {
    await own.app.query(`${spies}; create table own.t (id int primary key, s text)`);
    await begin();
    await own.captureAgain();
    await own.app.query(evil('mood'));
    await own.app.query(
      'alter table own.t add column e own.mood; alter table own.t alter s type own.mood using null',
    );
    await old.query(`insert into own.t values (1, 'a', 'a'); update own.t set s = null; delete from own.t`);
    await old.query('commit');
    expect(await own.ran()).to.eql([]);
    expect(await own.captured()).to.eql(['i 1', 'u 1', 'd 1 { "id" : 1, "s" : null }']);
  });

  it('has no cast run where a column of such a type is all that came', async () => {
    await own.capture('(id int primary key, s text)');
    await own.app.query(spies);
    await begin();
    await own.app.query(`${evil('mood')}; alter table own.t add column e own.mood`);
    await old.query(`insert into own.t values (1, 'x', 'a'); delete from own.t; commit`);
    expect(await own.ran()).to.eql([]);
    expect(await own.captured()).to.eql(['i 1', 'd 1 { "id" : 1, "s" : "x" }']);
  });

  it('keeps the key, whatever becomes of it and of the other columns', async () => {
    await own.capture('(id int primary key, s text, n int)', ['s']);
    for (const [i, change] of [
      'alter id type bigint',
      'alter n type text',
      'drop n, add n boolean default true',
      'drop id, add id bigint generated always as identity primary key',
      'drop id, add id serial primary key',
    ].entries()) {
      await begin();
      await own.app.query(`alter table own.t ${change}`);
      await old.query(
        `insert into own.t (s) values ('x')`.replace(
          '(s) values (',
          i < 3 ? '(id, s) values (7, ' : '(s) values (',
        ),
      );
      await old.query(`update own.t set s = 'y'; delete from own.t`);
      await old.query('commit');
      const lines = (await own.captured()).map((line) => line.split(' ').slice(0, 2).join(' '));
      const id = i < 3 ? 7 : 1;
      expect(lines, change).to.eql([`i ${id}`, `u ${id}`, `d ${id}`]);
    }
  });

  it('changes nothing where the table is as it was', async () => {
    await own.capture('(id int primary key, s text, at timestamptz)');
    await begin();
    await old.query(`insert into own.t values (1, 'x', '2026-01-02 03:04:05+00'); delete from own.t`);
    await old.query('commit');
    await begin();
    await own.app.query('create table own.other ()');
    await old.query('create table own.more ()');
    await old.query(`insert into own.t values (2, 'x'); delete from own.t; commit`);
    expect(await own.captured()).to.eql([
      'i 1',
      'd 1 {"id":1,"s":"x","at":"2026-01-02T03:04:05+00:00"}',
      'i 2',
      'd 2 {"id":2,"s":"x","at":null}',
    ]);
  });

  if (postgresMajor >= 18) {
    it('does not fail on a column that has become virtual', async () => {
      await own.capture('(id int primary key, s text, n int)', ['s']);
      await begin();
      await own.app.query(
        'alter table own.t drop s, drop n; alter table own.t add s text generated always as (id::text) virtual, add v int',
      );
      await own.app.query(
        'alter table own.t drop v; alter table own.t add n int generated always as (id) virtual',
      );
      const write = async () => {
        await old.query('insert into own.t values (1); update own.t set id = id; delete from own.t');
        await old.query(
          'insert into own.t values (2), (3); update own.t set id = id * 10; delete from own.t',
        );
      };
      await write();
      await old.query('commit');
      await write();
      expect((await own.captured()).map((line) => line.slice(0, 3))).to.have.length(20);
    });
  }
});
