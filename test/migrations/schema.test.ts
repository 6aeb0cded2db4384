import { expect } from 'chai';
import { checkSchema, installSchema, programVersion } from '../../src/store/schema.ts';
import type { Queryable } from '../../src/store/sql.ts';
import { createRole, createTestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { failure } from './owned-crm.ts';

describe('the schema and its version', () => {
  it('is checked: missing, older, newer, current', async () => {
    const { pool } = await createTestDatabase();
    const missing = await failure(checkSchema(pool));
    expect(missing).to.include({ code: 'schema_missing', where: 'rowhook' });
    expect(missing.fix).to.contain('npx knex migrate:latest').and.contain('npx rowhook install');

    const client = await pool.connect();
    expect(await installSchema(client)).to.deep.equal({ from: 0, to: programVersion() });
    expect(await installSchema(client)).to.deep.equal({ from: programVersion(), to: programVersion() });
    client.release();
    expect(await checkSchema(pool)).to.equal(programVersion());

    await pool.query(
      'insert into rowhook.schema_version (version) select max(version) + 1 from rowhook.schema_version',
    );
    const newer = await failure(checkSchema(pool));
    expect(newer).to.include({ code: 'schema_too_new' });
    expect(newer.fix).to.contain('npm install rowhook@latest');
    expect(await failure(installSchema(pool))).to.include({ code: 'schema_too_new' });

    await pool.query('delete from rowhook.schema_version');
    expect(await failure(checkSchema(pool))).to.include({ code: 'schema_too_old' });
  });

  it('is created once when two transactions create it at once', async () => {
    const { pool } = await createTestDatabase();
    const [first, second] = [await pool.connect(), await pool.connect()];
    try {
      await first.query('begin');
      await second.query('begin');
      expect(await installSchema(first)).to.include({ from: 0 });
      const waits = installSchema(second);
      const blocked = 'select count(*)::int as n from pg_locks where not granted and pid = $1';
      const { rows } = await first.query(
        'select pid from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
      );
      await waitUntil(async () => (await pool.query(blocked, [rows[0]?.pid])).rows[0]?.n === 1, {
        what: 'the second one to wait for the first',
      });
      await first.query('commit');
      expect(await waits).to.include({ from: programVersion() });
      await second.query('commit');
    } finally {
      first.release();
      second.release();
    }
  });

  it('needs PostgreSQL 14', async () => {
    const { pool } = await createTestDatabase();
    // A server of that age is not at hand; this is what one would say of itself.
    const old: Queryable = {
      query: async (statement, values) => {
        const text = typeof statement === 'string' ? statement : statement.text;
        const result = await pool.query(text.replace("current_setting('server_version_num')", "'130016'"), [
          ...(values ?? []),
        ]);
        return result;
      },
    };
    const error = await failure(checkSchema(old));
    expect(error).to.include({ code: 'database_version' });
    expect(error.message).to.match(/^the server is PostgreSQL \d+/);
    expect(await failure(installSchema(old))).to.include({ code: 'database_version' });
  });

  it('says what a role lacks that may not look into it', async () => {
    const database = await createTestDatabase();
    await installSchema(database.pool);
    const guest = await createRole(database, 'guest');
    const { rows } = await database.query<{ owner: string; superuser: boolean }>(
      'select rolname as owner, rolsuper as superuser from pg_roles where rolname = current_user',
    );
    const { owner, superuser } = rows[0]!;
    const client = await database.pool.connect();
    try {
      await client.query(`set role "${guest.name}"`);
      const error = await failure(checkSchema(client));
      expect(error).to.include({ code: 'privilege_missing', where: 'rowhook' });
      expect(error.message).to.contain(guest.name);
      // To be a member of a superuser would make a superuser of the guest.
      const grant = `GRANT "${owner}" TO "${guest.name}";`;
      expect(error.fix).to.equal(
        superuser ? `Run this as "${owner}", or let an ordinary role own it.` : grant,
      );
      // May enter, but not read: the server's own refusal is explained.
      await database.query(`grant usage on schema rowhook to "${guest.name}"`);
      const refused = await failure(checkSchema(client));
      expect(refused).to.include({ code: 'privilege_missing', where: 'schema_version' });
      expect(refused.fix).to.equal(error.fix);
    } finally {
      await client.query('reset role');
      client.release();
    }
  });
});
