import { expect } from 'chai';
import { obstacle, type SurveyedTable, surveyTables } from '../../src/init/survey.ts';
import { createTestDatabase } from '../support/database.ts';

describe('the survey of a database', () => {
  async function survey(sql: string): Promise<Map<string, SurveyedTable>> {
    const database = await createTestDatabase();
    await database.query(sql);
    return new Map((await surveyTables(database.pool)).map((table) => [table.quoted, table]));
  }

  it("leaves out partitions, extensions' tables, tools' bookkeeping and rowhook itself", async () => {
    const tables = await survey(`
      create table parted (id int primary key) partition by range (id);
      create table parted_1 partition of parted for values from (0) to (10);
      create table of_extension (id int primary key);
      alter extension plpgsql add table of_extension;
      create table knex_migrations (id int primary key);
      create table "SequelizeMeta" (name text primary key);
      create schema rowhook; create table rowhook.capture (id int primary key);
      create temporary table passing (id int primary key);
      create table kept (id int primary key)`);
    expect([...tables.keys()]).to.deep.equal(['"public"."kept"', '"public"."parted"']);
  });

  it('takes the primary key, else the shortest unique one without nulls, else says that there is none', async () => {
    const tables = await survey(`
      create table a (id int primary key, code text not null unique);
      create table b (x int not null, y int not null, z int not null unique, unique (x, y));
      create table c (x int unique, y int not null, z text not null);
      create unique index on c (y) where z = 'q';
      create unique index on c (lower(z));
      create view v as select * from a;
      create foreign data wrapper nothing; create server nowhere foreign data wrapper nothing;
      create foreign table f (id int) server nowhere`);
    const keys = [...tables.values()].map(({ name, key }) => [name, key]);
    expect(keys).to.deep.equal([
      ['a', ['id']],
      ['b', ['z']],
      ['c', undefined],
      ['f', undefined],
      ['v', undefined],
    ]);
    expect([...tables.values()].map(obstacle)).to.deep.equal([
      undefined,
      undefined,
      'has no key: no primary key, and no unique one without nulls',
      'is a foreign table, which has no row changes of its own',
      'is a view, which has no row changes of its own',
    ]);
  });

  it('looks through domains, of domains too, and reads foreign keys of several columns in their order', async () => {
    const tables = await survey(`
      create domain amount as numeric(10, 2); create domain price as amount check (value > 0);
      create table a (x int, y text, primary key (x, y));
      create table b (id int primary key, p price, ps price[], ay text, ax int, foreign key (ax, ay) references a (x, y))`);
    const b = tables.get('"public"."b"');
    expect(
      b?.columns.map(({ name, base, array, type }) => [name, base, array, type]),
    ).to.deep.include.members([
      ['p', 'numeric', false, 'price'],
      ['ps', '_price', true, 'price[]'],
    ]);
    expect(b?.references).to.deep.equal([{ columns: ['ax', 'ay'], table: '"public"."a"', to: ['x', 'y'] }]);
  });
});
