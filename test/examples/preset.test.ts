import { expect } from 'chai';
import pg from 'pg';
import { scenes } from '../fixtures/scenes.ts';
import { siteStackerDatabase, siteStackerSql } from '../fixtures/site-stacker.ts';
import { createRole, createTestDatabase } from '../support/database.ts';

describe("the reference CRM's database", () => {
  it('loads in one go as an ordinary role that owns its database', async () => {
    const role = await createRole(await createTestDatabase(), 'crm_owner', { createdb: true });
    const name = `${role.name}_crm`;
    const creator = new pg.Client({ connectionString: role.url });
    await creator.connect();
    await creator.query(`create database ${pg.escapeIdentifier(name)}`);
    await creator.end();

    const url = new URL(role.url);
    url.pathname = `/${name}`;
    const owner = new pg.Client({ connectionString: url.href });
    await owner.connect();
    await owner.query(await siteStackerSql());
    const { rows } = await owner.query('select count(*)::int as people from people');
    await owner.end();
    expect(rows).to.deep.equal([{ people: 4 }]);
  });

  it('has no triggers, functions or extensions of its own', async () => {
    const database = await siteStackerDatabase();
    const { rows } = await database.query(`
      select (select count(*)::int from pg_trigger where not tgisinternal) as triggers,
             (select count(*)::int from pg_proc where pronamespace = 'public'::regnamespace) as functions,
             (select count(*)::int from pg_extension where extname <> 'plpgsql') as extensions`);
    expect(rows).to.deep.equal([{ triggers: 0, functions: 0, extensions: 0 }]);
  });

  it('has a primary key on every table and an index on every foreign key', async () => {
    const database = await siteStackerDatabase();
    const { rows: keyless } = await database.query(`
      select relname from pg_class c where relkind = 'r' and relnamespace = 'public'::regnamespace
         and not exists (select from pg_constraint where conrelid = c.oid and contype = 'p')`);
    const { rows: unindexed } = await database.query(`
      select conrelid::regclass::text, conname from pg_constraint k
       where contype = 'f' and not exists (
         select from pg_index where indrelid = k.conrelid and indkey[0] = k.conkey[1] and indpred is null)`);
    expect({ keyless, unindexed }).to.deep.equal({ keyless: [], unindexed: [] });
  });

  it('gives new rows ids past those of the sample rows', async () => {
    const database = await siteStackerDatabase();
    const { rows } = await database.query<{ name: string }>(
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
    );
    for (const { name } of rows) {
      const { rows: compared } = await database.query(
        `select nextval(pg_get_serial_sequence($1, 'id')) > coalesce(max(id), 0) as past from ${name}`,
        [name],
      );
      expect(compared, name).to.deep.equal([{ past: true }]);
    }
  });

  it('lets a person, a campaign and one side of a relation be deleted, with what is part of them', async () => {
    const database = await siteStackerDatabase();
    await database.query('delete from person_relations where id = 62');
    await database.query('delete from campaigns where id = 57');
    await database.query('delete from people where id = 412');
    const { rows } = await database.query(`
      select (select count(*)::int from person_relations) as relations,
             (select count(*)::int from items where campaign_id = 57 or id = 57) as items,
             (select count(*)::int from campaign_goals where campaign_id = 57) as goals,
             (select count(*)::int from person_emails where person_id = 412) as emails,
             (select count(*)::int from people_person_types where person_id = 412) as types,
             (select row(campaign_id, donor_id)::text from contributions where id = 8123) as gift`);
    expect(rows).to.deep.equal([{ relations: 0, items: 0, goals: 0, emails: 0, types: 0, gift: '(,)' }]);
  });

  it('allows one default email, address and phone for each person', async () => {
    const database = await siteStackerDatabase();
    for (const table of ['person_emails', 'person_addresses', 'person_phones']) {
      const error = await database
        .query(`update ${table} set person_id = 412, "default" = true`)
        .catch((refusal: pg.DatabaseError) => refusal);
      // Phones: both sample rows are of person 412, and only one of them is her default.
      expect(error, table).to.have.property('code', '23505');
    }
  });

  it('has scenes that change something, or are empty', async () => {
    const database = await siteStackerDatabase();
    for (const [name, sql] of Object.entries(scenes)) {
      for (const statement of sql.split(';').filter((each) => each.trim())) {
        const { rowCount } = await database.query(statement);
        expect(rowCount, name).to.equal(1);
      }
    }
  });
});
