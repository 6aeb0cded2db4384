import { expect } from 'chai';
import pg from 'pg';
import { capturePlans } from '../../src/capture/plan.ts';
import { changesOf, defineCatalog, texts } from '../../src/catalog/define.ts';
import { checkCatalog } from '../../src/install/check-catalog.ts';
import { type OwnDatabase, ownDatabase } from '../relay/own-catalog.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const catalog = (table = 't', key = ['id']) => ({
  name: 'odd',
  resources: { t: { table, key, fields: texts(...key, 's') } },
  events: changesOf('t'),
});

/** What is captured of tables that are unlike others, to the event; docs/install.md has the same list. */
describe('an odd table', () => {
  /** Creates tables and captures one of them, runs statements, and compares what they raise: `create 1 {"id":"1","s":"a"}`. */
  const raises = (
    what: string,
    {
      sql,
      writes,
      events,
      table,
      key,
    }: { sql: string; writes: string; events: string[]; table?: string; key?: string[] },
  ) =>
    it(`is captured: ${what}`, async () => {
      let own: OwnDatabase | undefined;
      try {
        own = await ownDatabase(sql, catalog(table, key));
        await own.endpoint();
        const found: string[] = [];
        for (const statement of writes.split(';')) {
          await own.db.query(statement);
          found.push(
            ...(await own.turnAll()).map(({ name, key, payload }) => `${name.slice(2)} ${key} ${payload}`),
          );
        }
        // No order is promised but that of each record.
        expect(found).to.have.members(events);
      } finally {
        await own?.end();
      }
    });
  const usual = {
    writes: `insert into t values (1, 'a'); update t set s = 'b'; delete from t`,
    events: ['create 1 {"id":"1","s":"a"}', 'update 1 {"id":"1","s":"b"}', 'delete 1 {"id":"1","s":"b"}'],
  };

  raises('unlogged', { sql: 'create unlogged table t (id int primary key, s text)', ...usual });
  raises('of a type', {
    sql: 'create type shape as (id int, s text); create table t of shape (primary key (id))',
    ...usual,
  });
  raises('keyed by an index that has other columns with it', {
    sql: 'create table t (id int not null, s text); create unique index on t (id) include (s)',
    ...usual,
  });
  raises('keyed by a constraint that is checked late', {
    sql: 'create table t (id int primary key deferrable initially deferred, s text)',
    writes: `insert into t values (1, 'a'), (2, 'b'); update t set id = 3 - id`,
    events: [
      'create 1 {"id":"1","s":"a"}',
      'create 2 {"id":"2","s":"b"}',
      'update 1 {"id":"1","s":"b"}',
      'update 2 {"id":"2","s":"a"}',
    ],
  });
  raises('with a key that the database counts, and a column that it computes', {
    sql: `create table t (id int generated always as identity primary key, n int, s text generated always as (n::text || '!') stored)`,
    writes: 'insert into t (n) values (1); update t set n = 2; update t set n = 2; delete from t',
    events: ['create 1 {"id":"1","s":"1!"}', 'update 1 {"id":"1","s":"2!"}', 'delete 1 {"id":"1","s":"2!"}'],
  });
  raises('of 1,600 columns', {
    sql: `create table t (id int primary key, s text, ${Array.from({ length: 1_598 }, (_, i) => `c${i} bool`).join()})`,
    ...usual,
  });
  raises('with the names of the system', {
    sql: 'create schema "user"; create table "user"."pg_class" ("oid" int primary key, s text)',
    table: 'user.pg_class',
    key: ['oid'],
    writes: `insert into "user"."pg_class" values (1, 'a'); update "user"."pg_class" set s = 'b'`,
    events: ['create 1 {"oid":"1","s":"a"}', 'update 1 {"oid":"1","s":"b"}'],
  });
  raises('partitioned twice, over several schemas', {
    sql: `create schema far; create table t (id int, s text, primary key (id, s)) partition by list (s);
      create table far.t_a partition of t for values in ('a') partition by hash (id);
      create table far.t_a_0 partition of far.t_a for values with (modulus 2, remainder 0);
      create table "far"."T 1" partition of far.t_a for values with (modulus 2, remainder 1);
      create table t_rest partition of t default`,
    key: ['id', 's'],
    writes: `insert into t values (1, 'a'); insert into far.t_a values (2, 'a');
      update far.t_a set s = 'a'; update t set s = 'z' where id = 1; delete from t_rest; delete from far.t_a`,
    events: [
      'create ["1", "a"] {"id":"1","s":"a"}',
      'create ["2", "a"] {"id":"2","s":"a"}',
      'create ["1", "z"] {"id":"1","s":"z"}',
      'delete ["1", "a"] {"id":"1","s":"a"}',
      'delete ["1", "z"] {"id":"1","s":"z"}',
      'delete ["2", "a"] {"id":"2","s":"a"}',
    ],
  });
  raises('from which others inherit, through it and straight', {
    sql: `create table other (x int); create table t (id int primary key, s text); create table below (more int, primary key (id)) inherits (t, other);
      create table lower (primary key (id)) inherits (below)`,
    writes: `insert into t values (1, 'a'); insert into below (id, s) values (2, 'b'); insert into lower (id, s) values (3, 'c');
      update t set s = s || '!'; update only below set s = 'x'; update other set x = 1; delete from below; delete from only t`,
    events: [
      'create 1 {"id":"1","s":"a"}',
      'create 2 {"id":"2","s":"b"}',
      'create 3 {"id":"3","s":"c"}',
      'update 1 {"id":"1","s":"a!"}',
      'update 2 {"id":"2","s":"b!"}',
      'update 3 {"id":"3","s":"c!"}',
      'update 2 {"id":"2","s":"x"}',
      'delete 2 {"id":"2","s":"x"}',
      'delete 3 {"id":"3","s":"c!"}',
      'delete 1 {"id":"1","s":"a!"}',
    ],
  });
  raises('behind a view, with and without a trigger of its own, and in a materialized one', {
    sql: `create table t (id int primary key, s text); create view v as select * from t; create view w as select 7 as id, s from t;
      create materialized view m as select * from t;
      create function redirect() returns trigger language plpgsql as $$ begin insert into t values (new.id + 1, new.s); return new; end $$;
      create trigger redirect instead of insert on w for each row execute function redirect()`,
    writes: `insert into v values (1, 'a'); insert into w values (1, 'b'); update v set s = 'c' where id = 2; refresh materialized view m; delete from v`,
    events: [
      'create 1 {"id":"1","s":"a"}',
      'create 2 {"id":"2","s":"b"}',
      'update 2 {"id":"2","s":"c"}',
      'delete 1 {"id":"1","s":"a"}',
      'delete 2 {"id":"2","s":"c"}',
    ],
  });
  raises('with rules: what they make of a statement counts', {
    sql: `create table t (id int primary key, s text); create table u (id int);
      create rule more as on insert to u do also insert into t values (new.id, 'by a rule');
      create rule kept as on delete to t do instead update t set s = 'gone' where id = old.id`,
    writes: 'insert into u values (1); delete from t; delete from t',
    events: ['create 1 {"id":"1","s":"by a rule"}', 'update 1 {"id":"1","s":"gone"}'],
  });
  for (const name of ['a_first', 'z_last']) {
    const fires = (when: string, what: string, body: string) => `
      create function ${name}() returns trigger language plpgsql as $$ begin ${body} end $$;
      create trigger ${name} ${when} on t for each ${what} execute function ${name}()`;
    const table = 'create table t (id int primary key, s text);';
    raises(`with a trigger before each row that writes otherwise, or nothing (${name})`, {
      sql: `${table} ${fires('before insert or update', 'row', `if new.s = 'no' then return null; end if; new.s := new.s || '!'; return new;`)}`,
      writes: `insert into t values (1, 'a'), (2, 'no'); update t set s = 'no'; update t set s = 'b'`,
      events: ['create 1 {"id":"1","s":"a!"}', 'update 1 {"id":"1","s":"b!"}'],
    });
    raises(`with a trigger after each row that updates it once more (${name})`, {
      sql: `${table} ${fires('after insert or update', 'row', `if pg_trigger_depth() = 1 then update t set s = s || '!' where id = new.id; end if; return null;`)}`,
      writes: `insert into t values (1, 'a'); update t set s = 'b'; delete from t`,
      events: [
        'create 1 {"id":"1","s":"a!"}',
        'update 1 {"id":"1","s":"b!"}',
        'delete 1 {"id":"1","s":"b!"}',
      ],
    });
    raises(`with a trigger after the statement that updates, and inserts more (${name})`, {
      sql: `${table} ${fires('after insert', 'statement', `if pg_trigger_depth() = 1 then update t set s = 'x'; insert into t values (9, 'more'); end if; return null;`)}`,
      writes: `insert into t values (1, 'a')`,
      events: ['create 1 {"id":"1","s":"x"}', 'create 9 {"id":"9","s":"more"}'],
    });
    raises(`with a trigger after the statement that takes back what was inserted (${name})`, {
      sql: `${table} ${fires('after insert', 'statement', `delete from t where s = 'no'; return null;`)}`,
      writes: `insert into t values (1, 'no'), (2, 'yes')`,
      events: ['create 2 {"id":"2","s":"yes"}'],
    });
  }

  describe('is refused, with the reason and what to do', () => {
    let db: TestDatabase;
    before(async () => {
      db = await createTestDatabase();
      await db.query(`create table no_key (id int, s text); create table partial (id int not null, s text);
        create unique index on partial (id) where s is not null;
        create table expression (id int not null, s text); create unique index on expression (abs(id));
        create table nullable (id int, s text); create unique index on nullable (id);
        create table bare (s text unique); create table parent (id int primary key, s text);
        create table child (primary key (id)) inherits (parent);
        create table parted (id int primary key, s text) partition by range (id);
        create table leaf partition of parted for values from (0) to (10);
        create view shown as select * from parent; create materialized view kept as select * from parent; create sequence counted;
        create type shape as (id int, s text);
        create foreign data wrapper none; create server nowhere foreign data wrapper none;
        create foreign table far (id int, s text) server nowhere`);
    });
    after(() => db.drop());

    for (const [table, code, message, fix] of [
      [
        'no_key',
        'key_missing',
        '"public"."no_key" needs a unique index on (id) with no nulls; it has no unique index of columns over all rows',
        'Name the key in the catalog, or give the table a primary key.',
      ],
      ['partial', 'key_missing', 'it has no unique index of columns over all rows', 'Name the key'],
      ['expression', 'key_missing', 'it has no unique index of columns over all rows', 'Name the key'],
      ['nullable', 'key_missing', 'but id may be null', 'Name the key'],
      [
        'child',
        'table_unsupported',
        'is a partition of "public"."parent", or inherits from it',
        'Name "public"."parent" instead',
      ],
      [
        'leaf',
        'table_unsupported',
        'is a partition of "public"."parted", or inherits from it',
        'Name "public"."parted" instead',
      ],
      [
        'shown',
        'table_unsupported',
        'is a view, which has no row changes of its own',
        'Name the table behind it.',
      ],
      ['kept', 'table_unsupported', 'is a materialized view', 'Name the table behind it.'],
      ['far', 'table_unsupported', 'is a foreign table', 'Name the table behind it.'],
      ['counted', 'table_unsupported', 'is a sequence', 'Name the table behind it.'],
      ['shape', 'table_unsupported', 'is a composite type', 'Name the table behind it.'],
      [
        'nowhere',
        'table_missing',
        'table "public"."nowhere" does not exist',
        'Correct the table in the catalog',
      ],
    ] as const) {
      it(table, async () => {
        const odd = defineCatalog(catalog(table));
        const error = await checkCatalog(db.pool, odd, { capture: capturePlans(odd) }).catch(
          (thrown) => thrown,
        );
        expect(error).to.include({ code, where: `"public"."${table}"` });
        expect(error.message).to.include(message);
        expect(error.fix).to.include(fix);
      });
    }

    it('a temporary one', async () => {
      const session = new pg.Client({ connectionString: db.url });
      await session.connect();
      try {
        await session.query('create temporary table passing (id int primary key, s text)');
        const { rows } = await session.query(
          `select nspname from pg_namespace where oid = pg_my_temp_schema()`,
        );
        const odd = defineCatalog(catalog(`${rows[0].nspname}.passing`));
        const error = await checkCatalog(session, odd, { capture: capturePlans(odd) }).catch(
          (thrown) => thrown,
        );
        expect(error).to.include({ code: 'table_unsupported', fix: 'Name a table that stays.' });
        expect(error.message).to.include('is a temporary table, which ends with its session');
      } finally {
        await session.end();
      }
    });
  });
});
