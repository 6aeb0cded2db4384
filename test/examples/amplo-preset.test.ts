import { expect } from 'chai';
import pg from 'pg';
import { presetNamed, presetNames } from '../../src/config/presets.ts';
import { amplo } from '../../src/presets/amplo.ts';
import { amploDatabase, amploSql, sample } from '../fixtures/amplo.ts';
import { createRole, createTestDatabase, type TestDatabase } from '../support/database.ts';

describe("the giving day platform's database", () => {
  it('loads in one go as an ordinary role that owns its database', async () => {
    const database = await createTestDatabase();
    const role = await createRole(database, 'amplo_owner', { createdb: true });
    const name = `${role.name}_amplo`;
    await withClient(role.url, (creator) => creator.query(`create database ${pg.escapeIdentifier(name)}`));
    const url = new URL(role.url);
    url.pathname = `/${name}`;
    await withClient(url.href, async (owner) => {
      await owner.query(await amploSql());
      const { rows } = await owner.query('select count(*)::int as donations from donations');
      expect(rows).to.deep.equal([{ donations: 6 }]);
    });
  });

  describe('freshly loaded', () => {
    let database: TestDatabase;
    beforeEach(async () => {
      database = await amploDatabase();
    });

    it('has no triggers, functions or extensions of its own', async () => {
      const { rows } = await database.query(`
        select (select count(*)::int from pg_trigger where not tgisinternal) as triggers,
               (select count(*)::int from pg_proc where pronamespace = 'public'::regnamespace) as functions,
               (select count(*)::int from pg_extension where extname <> 'plpgsql') as extensions`);
      expect(rows).to.deep.equal([{ triggers: 0, functions: 0, extensions: 0 }]);
    });

    it('has a primary key on every table and an index on every foreign key', async () => {
      const { rows: keyless } = await database.query(`
        select relname from pg_class c where relkind = 'r' and relnamespace = 'public'::regnamespace
           and not exists (select from pg_constraint where conrelid = c.oid and contype = 'p')`);
      const { rows: unindexed } = await database.query(`
        select conrelid::regclass::text, conname from pg_constraint k
         where contype = 'f' and not exists (
           select from pg_index where indrelid = k.conrelid and indkey[0] = k.conkey[1] and indpred is null)`);
      expect({ keyless, unindexed }).to.deep.equal({ keyless: [], unindexed: [] });
    });

    it('has statistics that fit its donations', async () => {
      const { rows } = await database.query(`
        select c.name from campaigns c left join donations d on d.beneficiary_id = c.id
         group by c.id having c.total_donations <> count(d.id) or c.total_raised <> coalesce(sum(d.amount), 0)
           or c.average_donation <> coalesce(round(avg(d.amount), 2), 0)`);
      expect(rows).to.deep.equal([]);
    });

    it('makes ids of 24 hexadecimal digits, and takes no others', async () => {
      const { rows } = await database.query(
        `insert into donations (beneficiary_id, amount) select $1, n from generate_series(1, 100) n returning id`,
        [sample.books],
      );
      expect(new Set(rows.map(({ id }) => id)).size).to.equal(100);
      const refused = await database
        .query(`insert into entities (id, name) values ('7', 'x')`)
        .catch((error: Error) => error);
      expect(refused).to.have.property('code', '23514');
    });

    it('lets a campaign be deleted with its donations, and no entity that has campaigns', async () => {
      await database.query('delete from campaigns where id = $1', [sample.robotics]);
      expect((await database.query('select from donations')).rowCount).to.equal(2);
      const refused = await database.query('delete from entities').catch((error: Error) => error);
      expect(refused).to.have.property('code').that.matches(/^23/);
    });
  });

  it('is what the preset speaks of, which a config may name', () => {
    expect(presetNames).to.include('amplo');
    expect(presetNamed('amplo')).to.deep.equal(amplo());
    // "at lower priority than anything that the platform needs on a Giving Day"
    expect(amplo()).to.include({ dialect: 'amplo', priority: 'low', timestamps: 'unix' });
  });
});

async function withClient(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await work(client);
  await client.end();
}
