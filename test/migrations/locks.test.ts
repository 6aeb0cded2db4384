import { expect } from 'chai';
import pg from 'pg';
import { capture, install, uninstall } from '../../src/migrations.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { failure, ownedCrm, withKnex } from './owned-crm.ts';
import { schemaDump } from './schema-dump.ts';

const catalog = siteStacker();
const impatient = { lockTimeoutMs: 50, patienceMs: 400 };

/** A session of the application that has changed a row of a table and not committed. */
async function writer(url: string, table = 'people'): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'crm worker 7' });
  client.on('error', () => {});
  await client.connect();
  await client.query('begin');
  await client.query(`update ${table} set id = id`);
  return client;
}

/** Whether an installation waits for a lock on a table at this moment. */
const waiting = (database: TestDatabase, table: string) => async () => {
  const { rows } = await database.query(
    `select count(*) > 0 as waits from pg_locks where not granted and relation = $1::regclass
       and mode in ('ShareRowExclusiveLock', 'AccessExclusiveLock')`,
    [table],
  );
  return rows[0]?.waits;
};

describe('installation beside a busy application', function () {
  this.timeout(60_000);

  it('gives up on a table that is never free, naming who holds it, with nothing of that table changed', async () => {
    const { database, url } = await ownedCrm();
    await withKnex(url, async (knex) => {
      await install(knex);
      await capture(knex, catalog, { tables: ['items'] });
      const holder = await writer(url);
      try {
        const before = await schemaDump(database);
        const error = await failure(capture(knex, catalog, { ...impatient, tables: ['people'] }));
        expect(error).to.include({ code: 'lock_timeout', where: '"public"."people"' });
        const { rows } = await database.query(
          'select pid from pg_stat_activity where application_name = $1',
          ['crm worker 7'],
        );
        expect(error.message)
          .to.contain(`process ${rows[0]?.pid}, application "crm worker 7"`)
          .and.contain('idle in transaction')
          .and.match(/in a transaction for \d+ s, last statement at \d{4}-[^:]+:\d\d:\d\d\S*: update people/);
        expect(error.fix).to.contain(`pg_terminate_backend(${rows[0]?.pid})`);
        expect(await schemaDump(database)).to.equal(before);
        const captured = await database.query('select table_name from rowhook.capture');
        expect(captured.rows).to.deep.equal([{ table_name: '"public"."items"' }]);
      } finally {
        await holder.end();
      }
    });
  });

  it('names the holder also where it can see no more of it than its number', async () => {
    const { database, url } = await ownedCrm();
    const holder = await writer(database.url);
    await withKnex(url, async (knex) => {
      await install(knex);
      const error = await failure(capture(knex, catalog, impatient));
      expect(error).to.include({ code: 'lock_timeout' });
      expect(error.message).to.match(/process \d+, application "crm worker 7"/);
    }).finally(() => holder.end());
  });

  it('tries again until the table is free', async () => {
    const { database, url } = await ownedCrm();
    const holder = await writer(url);
    await withKnex(url, async (knex) => {
      await install(knex);
      const capturing = capture(knex, catalog, { lockTimeoutMs: 100, tables: ['people'] });
      // Twice: it has given up in between, and come back.
      for (const _ of [1, 2]) {
        await waitUntil(waiting(database, 'people'), { what: 'the installation to wait' });
        await waitUntil(async () => !(await waiting(database, 'people')()), { what: 'a try to be given up' });
      }
      await holder.query('commit');
      await capturing;
    }).finally(() => holder.end());
    const { rows } = await database.query('select table_name from rowhook.capture');
    expect(rows).to.deep.equal([{ table_name: '"public"."people"' }]);
  });

  it("lets the application's writes through while it waits", async () => {
    const { database, url } = await ownedCrm();
    await withKnex(url, (knex) => install(knex));
    const holder = await writer(url, 'people');
    await holder.query('rollback');
    await holder.query('begin');
    await holder.query('lock table people in row exclusive mode');
    await withKnex(url, async (knex) => {
      let captured = false;
      const capturing = capture(knex, catalog, { lockTimeoutMs: 200, tables: ['people'] }).then(() => {
        captured = true;
      });
      await waitUntil(waiting(database, 'people'), { what: 'the installation to wait' });
      await database.query(`update people set firstname = 'Ada' where id = 412`);
      expect(captured).to.equal(false);
      await holder.query('commit');
      await capturing;
    }).finally(() => holder.end());
  });

  it('holds no lock on the tables that are done while it waits for another', async () => {
    const { database, url } = await ownedCrm();
    const holder = await writer(url, 'people');
    await withKnex(url, async (knex) => {
      await install(knex);
      const capturing = capture(knex, catalog, { lockTimeoutMs: 5_000, tables: ['items', 'people'] });
      await waitUntil(waiting(database, 'people'), { what: 'the installation to wait' });
      await database.query('update items set name = name');
      const { rows } = await database.query('select table_name from rowhook.capture');
      expect(rows).to.deep.equal([{ table_name: '"public"."items"' }]);
      await holder.query('commit');
      await capturing;
    }).finally(() => holder.end());
  });

  it('within a transaction tries each table again by a savepoint', async () => {
    const { database, url } = await ownedCrm();
    const holder = await writer(url, 'people');
    await withKnex(url, (knex) =>
      knex.transaction(async (trx) => {
        await install(trx);
        const capturing = capture(trx, catalog, { lockTimeoutMs: 100 });
        await waitUntil(waiting(database, 'people'), { what: 'the installation to wait' });
        await waitUntil(async () => !(await waiting(database, 'people')()), { what: 'a try to be given up' });
        await holder.query('commit');
        await capturing;
      }),
    ).finally(() => holder.end());
    const { rows } = await database.query(
      `select count(*)::int as n from rowhook.capture where table_name = '"public"."people"'`,
    );
    expect(rows).to.deep.equal([{ n: 1 }]);
  });

  it('uninstalls past a reader that stays: says who it is, and has taken nothing off that table', async () => {
    const { database, url } = await ownedCrm();
    const before = await schemaDump(database);
    const reader = new pg.Client({ connectionString: url, application_name: 'crm report' });
    await reader.connect();
    await withKnex(url, async (knex) => {
      await install(knex);
      await capture(knex, catalog, { tables: ['people'] });
      await reader.query('begin; select from people');
      const error = await failure(uninstall(knex, impatient));
      expect(error).to.include({ code: 'lock_timeout', where: '"public"."people"' });
      expect(error.message).to.contain('application "crm report"');
      await database.query(`update people set firstname = 'Ada' where id = 412`);
      const { rows } = await database.query('select count(*)::int as n from rowhook.outbox');
      expect(rows).to.deep.equal([{ n: 1 }]);
      await reader.query('commit');
      await uninstall(knex);
    }).finally(() => reader.end());
    expect(await schemaDump(database)).to.equal(before);
  });

  it('names another installation that does not come to an end', async () => {
    const { url } = await ownedCrm();
    await withKnex(url, async (knex) => {
      const other = await knex.transaction();
      await install(other);
      const error = await failure(install(knex, impatient));
      expect(error).to.include({ code: 'lock_timeout' });
      expect(error.message).to.contain('another installation of rowhook');
      await other.commit();
      await install(knex);
    });
  });
});
