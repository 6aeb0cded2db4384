import { expect } from 'chai';
import type pg from 'pg';
import { captureTable } from '../../src/capture/install.ts';
import { capturePlans } from '../../src/capture/plan.ts';
import { defineCatalog, text } from '../../src/catalog/define.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import { checkCatalog } from '../../src/install/check-catalog.ts';
import { unpack } from '../../src/relay/window/changes.ts';
import { captureFacts } from '../../src/store/capture-facts.ts';
import type { CapturePlan } from '../../src/store/captures.ts';
import { postgresMajor } from '../support/server.ts';
import { installedSession } from './installed-session.ts';

/** Tables that make it hard for a trigger: whatever they are, no write of the application may fail. */
describe('capture of odd tables', () => {
  let session: pg.Client;

  beforeEach(async () => {
    session = await installedSession();
  });
  afterEach(() => session.end());

  const capture = (plan: Partial<CapturePlan>) =>
    captureTable(session, { table: '"public"."t"', key: ['id'], classes: [], values: [], ...plan });

  /** `u 1 [before] [after]`, in the order of the outbox; deletes with their last row. */
  async function captured(): Promise<string[]> {
    const { rows } = await session.query(
      `select seq, xid::text, changed_at, capture_id, op, n, request_id, keys, masks, vals from rowhook.outbox order by seq`,
    );
    await session.query('truncate rowhook.outbox');
    const short = { insert: 'i', update: 'u', delete: 'd' };
    return unpack(rows).map(({ op, key, mask, before, after, image }) =>
      [
        short[op],
        key,
        ...(op === 'update' ? [mask] : []),
        ...[before, after].flatMap((values) => (values?.length ? JSON.stringify(values) : [])),
        ...(image === undefined ? [] : [image]),
      ].join(' '),
    );
  }

  const virtualColumns = () => {
    const madeOf = `create table t (id int primary key, n int, secret text, twice int generated always as (n * 2) virtual,
      always int generated always as (7) virtual)`;

    it('are watched by the columns that they are made of, and left out of last rows', async () => {
      await session.query(madeOf);
      await capture({ classes: [['twice', 'always'], ['always']], values: ['n'], exclude: ['secret'] });
      await session.query('insert into t (id, n) values (1, 1); insert into t (id, n) values (2, 2), (3, 3)');
      await session.query(
        `update t set secret = 'x'; update t set n = 5 where id = 1; update t set n = n + 1`,
      );
      await session.query('update t set id = 9 where id = 3; delete from t where id = 1; delete from t');
      expect(await captured()).to.have.members([
        'i 1 ["1"]',
        'i 2 ["2"]',
        'i 3 ["3"]',
        'u 1 1 ["1"] ["5"]',
        'u 2 1 ["2"] ["3"]',
        'u 3 1 ["3"] ["4"]',
        'u 1 1 ["5"] ["6"]',
        'i 9 ["4"]',
        'd 3 ["4"] {"id":3,"n":4}',
        'd 1 ["6"] {"id":1,"n":6}',
        'd 2 ["3"] {"id":2,"n":3}',
        'd 9 ["4"] {"id":9,"n":4}',
      ]);
    });

    it('let no write fail where a column that is named becomes one, also in a session that has its plans', async () => {
      await session.query('create table t (id int primary key, n int, a text, b int, c jsonb)');
      await capture({ classes: [['a', 'b', 'c']], values: ['a', 'b'], exclude: ['n'] });
      const writes = async () => {
        await session.query(
          'insert into t (id, n) values (1, 1); insert into t (id, n) values (2, 2), (3, 3)',
        );
        await session.query('update t set n = 5 where id = 1; update t set n = n + 1');
        await session.query('update t set id = 9 where id = 3; delete from t where id = 1; delete from t');
      };
      await writes();
      for (const [column, type] of Object.entries({ a: 'text', b: 'int', c: 'jsonb' })) {
        await session.query(`alter table t drop ${column}`);
        await session.query(
          `alter table t add ${column} ${type} generated always as (n::text::${type}) virtual`,
        );
        await writes();
      }
      await captured();
      await session.query('alter table t drop b; alter table t add b int');
      await session.query('insert into t (id, b) values (1, 4); update t set b = 5');
      expect(await captured()).to.eql(['i 1 [null,"4"]', 'u 1 1 [null,"4"] [null,"5"]']);
    });

    it('cannot be a key, a condition or a tenant', async () => {
      await session.query(madeOf);
      const catalog = (more: Partial<Catalog['resources'][string]>, when = {}): Catalog =>
        defineCatalog({
          name: 'odd',
          resources: { t: { table: 't', fields: { id: text() }, ...more } },
          events: [{ name: 'made', resource: 't', on: 'insert', ...when }],
        });
      const refused: Array<[Catalog, string]> = [
        [catalog({ key: ['twice'] }), 'twice'],
        [catalog({ softDelete: 'always' }), 'always'],
        [catalog({ tenant: 'twice' }), 'twice'],
        [catalog({}, { when: { new: { twice: 2 } } }), 'twice'],
      ];
      for (const [one, column] of refused) {
        const error = await checkCatalog(session, one, { capture: capturePlans(one) }).catch(
          (thrown) => thrown,
        );
        expect(error).to.include({ code: 'column_unsupported', where: '"public"."t"' });
        expect(error.message).to.include(`"public"."t": column "${column}" is a virtual generated column`);
      }
      const error = await capture({ values: ['twice'] }).catch((thrown) => thrown);
      expect(error).to.include({ code: 'column_unsupported' });
      expect(error.fix).to.include('made of (n)');
    });
  };
  if (postgresMajor >= 18) describe('virtual generated columns', virtualColumns);

  it('takes as many values as a table can have', async () => {
    const names = Array.from({ length: 1_500 }, (_, i) => `c${i}`);
    await session.query(`create table t (id int primary key, ${names.map((name) => `${name} text`).join()})`);
    await capture({ classes: [names], values: names });
    await session.query(
      `insert into t (id, c7) values (1, 'a'); insert into t (id, c7) values (2, 'b'), (3, 'c')`,
    );
    await session.query(`update t set c7 = 'x"' where id = 1; update t set c7 = 'y' where id > 1`);
    await session.query('update t set id = 9 where id = 3; delete from t where id = 1; delete from t');
    const lines = await captured();
    expect(lines.map((line) => line.slice(0, 5))).to.have.members([
      'i 1 [',
      'i 2 [',
      'i 3 [',
      'u 1 1',
      'u 2 1',
      'u 3 1',
      'i 9 [',
      'd 3 [',
      'd 1 [',
      'd 2 [',
      'd 9 [',
    ]);
    const [before, after] = lines
      .find((line) => line.startsWith('u 1 1'))!
      .slice('u 1 1 '.length)
      .split(' ');
    expect([before, after].map((side) => JSON.parse(side!)[7])).to.eql(['a', 'x"']);
    expect(JSON.parse(before!)).to.have.length(1_500);
  });

  it('compares many columns of text, and sees which of them changed', async () => {
    const names = Array.from({ length: 1_590 }, (_, i) => `c${i}`);
    await session.query(`create table t (id int primary key, ${names.map((name) => `${name} text`).join()})`);
    await session.query('insert into t (id) values (1), (2)');
    await capture({ classes: [names.slice(0, 900), names.slice(900)], exclude: ['c0'] });
    await session.query(
      `update t set c3 = 'x'; update t set c1589 = 'x'; update t set c3 = c3; delete from t`,
    );
    expect((await captured()).map((line) => line.slice(0, 5))).to.have.members([
      'u 1 1',
      'u 2 1',
      'u 1 2',
      'u 2 2',
      'd 1 {',
      'd 2 {',
    ]);
  });

  it('takes every name of a column', async () => {
    const name = `$rowhook$; create table pwned(); -- $fact$ "'\\`;
    const quoted = `"${name.replaceAll('"', '""')}"`;
    await session.query(`create table t (id int, secret text, ${quoted} text primary key)`);
    await capture({ key: [name], classes: [['id', name]], values: [name], exclude: ['secret'] });
    await session.query(`insert into t values (1, 's', 'a'); update t set id = 2; delete from t`);
    expect(await captured()).to.eql([
      'i a ["a"]',
      'u a 1 ["a"] ["a"]',
      `d a ["a"] ${JSON.stringify({ id: 2, [name]: 'a' })}`,
    ]);
    const { rows } = await session.query(`select to_regclass('pwned') as pwned`);
    expect(rows[0].pwned).to.equal(null);
  });

  it("runs no cast of the application's own", async () => {
    await session.query(`
      create table ran (what text);
      create type pair as (n int, unit text);
      create type mood as enum ('fine', 'bad');
      create table t (id int primary key, p pair, m mood, ms mood[], s text);
      create function trace(text) returns text language sql as 'insert into ran values ($1) returning what';
      create function pair_text(pair) returns text language sql as $$ select trace('text of pair') $$;
      create function mood_text(mood) returns text language sql as $$ select trace('text of mood') $$;
      create function mood_json(mood) returns json language plpgsql as $$ begin return to_json(trace('json of mood')); end $$;
      create cast (pair as text) with function pair_text(pair);
      create cast (mood as text) with function mood_text(mood);
      create cast (mood as json) with function mood_json(mood)`);
    await capture({ classes: [['p', 'm', 'ms']], values: ['p', 'm', 's'] });
    await session.query(`insert into t values (1, (5, 'kg'), 'fine', '{fine,bad}')`);
    await session.query(`insert into t values (2, null, null, null), (3, (null, null), 'bad', '{}')`);
    await session.query(`update t set m = 'bad' where id = 1; update t set m = 'fine'; delete from t`);
    expect(await captured()).to.have.members([
      'i 1 ["(5,kg)","fine",null]',
      'i 2 [null,null,null]',
      'i 3 ["(,)","bad",null]',
      'u 1 1 ["(5,kg)","fine",null] ["(5,kg)","bad",null]',
      'u 2 1 [null,null,null] [null,"fine",null]',
      'u 3 1 ["(,)","bad",null] ["(,)","fine",null]',
      'u 1 1 ["(5,kg)","bad",null] ["(5,kg)","fine",null]',
      'd 2 [null,"fine",null] {"id":2,"p":null,"m":"fine","ms":null,"s":null}',
      'd 3 ["(,)","fine",null] {"id":3,"p":{"n":null,"unit":null},"m":"fine","ms":"{}","s":null}',
      'd 1 ["(5,kg)","fine",null] {"id":1,"p":{"n":5,"unit":"kg"},"m":"fine","ms":"{fine,bad}","s":null}',
    ]);
    // Also where a column is given the type only now, in a session that has its plans.
    await session.query(`alter table t alter s type mood using null`);
    await session.query(`insert into t (id, s) values (1, 'bad')`);
    expect(await captured()).to.eql(['i 1 [null,null,"bad"]']);
    expect((await session.query('select * from ran')).rows).to.eql([]);
  });

  it('deletes rows whose large values are stored small, and keeps those that are small', async () => {
    await session.query(
      'create table t (id int primary key, a text, j jsonb, b bytea, l text[], v varbit, s text)',
    );
    await capture({ values: ['s'] });
    await session.query(`insert into t (id, a) values (1, repeat(chr(1), 190000000))`);
    await session.query(`insert into t (id, j) values (2, to_jsonb(repeat(chr(1), 60000000)))`);
    await session.query(`insert into t (id, b) values (3, decode(repeat('00', 60000000), 'hex'))`);
    await session.query(`insert into t (id, l) values (4, array[repeat('x', 60000000)])`);
    await session.query(
      `insert into t (id, a, j, l) values (5, repeat('a', 100000), to_jsonb(repeat('j', 1000000)), array[repeat('l', 2000000)])`,
    );
    await session.query(`insert into t (id, s, l, b) values (6, 'small', '{{{{{{x}}}}}}', '\\x00')`);
    await captured();
    for (const id of [1, 2, 5]) await session.query('delete from t where id = $1', [id]);
    await session.query('delete from t');
    const kept = (await captured()).map((line) => [line.slice(0, 13).trim(), line.length]);
    expect(kept).to.eql([
      ['d 1 [null]', 11],
      ['d 2 [null]', 11],
      ['d 5 [null] {"', 3100069],
      ['d 3 [null]', 11],
      ['d 4 [null]', 11],
      ['d 6 ["small"]', 93],
    ]);
  });

  it('has no statement compiled', async () => {
    await session.query('create table t (id int primary key, n int)');
    await capture({ classes: [['n']] });
    const { rows } = await session.query(
      `select proname from pg_proc where prorettype = 'trigger'::regtype and pronamespace = 'rowhook'::regnamespace
         and proname ~ '^capture_' and not ('jit=off' = any (coalesce(proconfig, '{}')))`,
    );
    expect(rows).to.eql([]);
  });

  it('joins no row with all others once the key has one value for all', async () => {
    await session.query('create table t (id int primary key, n int, s text)');
    await session.query(`insert into t select i, i from generate_series(1, 20000) i`);
    await capture({ classes: [['n']], values: ['n'] });
    await session.query(`update t set n = n + 1 where id < 10`);
    await session.query('alter table t drop id; alter table t add id int default 0');
    await captured();
    await session.query('set statement_timeout = 10000');
    await session.query('update t set n = n + 1');
    const lines = await captured();
    expect(lines).to.have.length(20_000);
    expect(lines[0]).to.match(/^u 0 1 /);
    await session.query('delete from t');
  });

  it('sees what is written to tables that inherit', async () => {
    await session.query(`create table t (id int primary key, n int); create table below (more text) inherits (t);
      create table lower () inherits (below)`);
    await capture({ classes: [['n']] });
    await session.query(
      `insert into below values (1, 1, 'm'); insert into lower values (2, 2); insert into t values (3, 3)`,
    );
    await session.query('update t set n = n + 1; update only below set n = 0; delete from t where id > 1');
    expect(await captured()).to.have.members([
      'i 1',
      'i 2',
      'i 3',
      'u 3 1',
      'u 1 1',
      'u 2 1',
      'u 1 1',
      'd 3 {"id":3,"n":4}',
      'd 2 {"id":2,"n":3}',
    ]);
    await session.query('create table late () inherits (lower)');
    const [facts] = await captureFacts(session);
    expect(facts!.relations.map(({ name, triggers }) => [name, Object.keys(triggers).length])).to.eql([
      ['"public"."t"', 5],
      ['"public"."below"', 5],
      ['"public"."late"', 0],
      ['"public"."lower"', 5],
    ]);
  });
});
