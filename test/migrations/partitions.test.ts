import { expect } from 'chai';
import pg from 'pg';
import { changesOf, defineCatalog, texts } from '../../src/catalog/define.ts';
import { createLook } from '../../src/drift/look.ts';
import { captureTables } from '../../src/install/capture-tables.ts';
import { ownTransactions } from '../../src/install/place.ts';
import { installSchema } from '../../src/store/schema.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { failure } from './owned-crm.ts';

const catalog = defineCatalog({
  name: 'partitioned',
  resources: { visit: { table: 'visits', fields: texts('id', 'what') } },
  events: changesOf('visit'),
});

describe('an installation on a table with partitions', () => {
  let db: TestDatabase;
  let installer: pg.Client;
  let writer: pg.Client;
  beforeEach(async () => {
    db = await createTestDatabase();
    [installer, writer] = (await Promise.all(
      [0, 1].map(async () => {
        const client = new pg.Client({ connectionString: db.url });
        await client.connect();
        return client;
      }),
    )) as [pg.Client, pg.Client];
    await installSchema(installer);
    await db.query(`create table visits (id int primary key, what text) partition by range (id);
      create table visits_1 partition of visits for values from (0) to (10);
      create table visits_2 partition of visits for values from (10) to (20)`);
  });
  afterEach(() => Promise.all([installer.end(), writer.end()]));
  const install = () =>
    captureTables(ownTransactions(installer), catalog, { lockTimeoutMs: 50, patienceMs: 0 });
  const drift = async () => (await createLook(catalog)(db.pool)).map(({ kind }) => kind);
  /** The relations with a trigger that was made or altered by another transaction than before. */
  const triggers = async () => {
    const { rows } = await db.query<{ name: string; xmin: string }>(
      'select tgrelid::regclass::text as name, array_agg(xmin::text order by tgname) as xmin from pg_trigger group by 1',
    );
    return new Map(rows.map(({ name, xmin }) => [name, `${xmin}`]));
  };

  it('waits for no writer of what has its triggers, and makes those of a new partition', async () => {
    await install();
    const before = await triggers();
    await db.query('create table visits_3 partition of visits for values from (20) to (30)');
    expect(await drift()).to.eql(['partition_new']);
    await writer.query(`begin; insert into visits values (1, 'a'); insert into visits_2 values (11, 'b')`);
    expect(await install()).to.eql([{ table: '"public"."visits"', done: 'renewed' }]);
    await writer.query('commit');
    expect(await drift()).to.eql([]);
    const after = await triggers();
    expect([...after.keys()]).to.include('visits_3');
    for (const [name, xmin] of before) expect(after.get(name), name).to.equal(xmin);
  });

  it('commits after each of them: what is in use is left for the next run, and holds up nobody else', async () => {
    await writer.query('begin; lock visits_2 in row exclusive mode');
    const error = await failure(install());
    expect(error).to.include({ code: 'lock_timeout', where: '"public"."visits_2"' });
    await db.query(`insert into visits_1 values (2, 'seen'); insert into visits values (3, 'seen')`);
    expect((await db.query('select keys from rowhook.outbox order by seq')).rows).to.eql([
      { keys: ['2'] },
      { keys: ['3'] },
    ]);
    expect(await drift()).to.eql(['partition_new']);
    await writer.query('commit');
    await install();
    expect(await drift()).to.eql([]);
  });

  it('puts back triggers that are other ones than it made', async () => {
    await install();
    await db.query(`create or replace trigger rowhook_insert after insert on visits
        referencing new table as new_rows for each statement when (false) execute function rowhook.capture_1_insert();
      alter table visits_1 disable trigger rowhook_update;
      alter table visits_2 enable trigger rowhook_bypass`);
    await install();
    await db.query(`insert into visits values (1, 'a'); update visits_1 set what = 'b'`);
    expect((await db.query('select op from rowhook.outbox order by seq')).rows).to.eql([
      { op: 'i' },
      { op: 'u' },
    ]);
    expect(await drift()).to.eql([]);
    const { rows } = await db.query(
      `select tgenabled from pg_trigger where tgname = 'rowhook_bypass' and tgrelid = 'visits_2'::regclass`,
    );
    expect(rows).to.eql([{ tgenabled: 'R' }]);
  });
});
