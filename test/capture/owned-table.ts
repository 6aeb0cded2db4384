import pg from 'pg';
import { captureTable } from '../../src/capture/install.ts';
import { unpack } from '../../src/relay/window/changes.ts';
import { installSchema } from '../../src/store/schema.ts';
import { createRole, createTestDatabase, type TestDatabase } from '../support/database.ts';

/**
 * A table of the application's own, own.t, that a superuser has captured: the triggers run with the rights of a superuser, and the
 * application may do to the table whatever an owner may.
 */
export interface OwnedTable {
  readonly db: TestDatabase;
  readonly installer: pg.Client;
  readonly app: pg.Client;
  /** Connection URL of the application's role. */
  readonly appUrl: string;
  /** The application's role, quoted. */
  readonly role: string;
  /** Creates own.t, of this form, and captures it. */
  capture(form: string, values?: string[]): Promise<void>;
  /** Captures own.t as it is now, with what lies below it. */
  captureAgain(values?: string[]): Promise<void>;
  /** What was captured since the last call, as `i 1`; deletes with their last row. */
  captured(): Promise<string[]>;
  /** The error that the application gets. */
  refused(sql: string): Promise<string>;
  /** What functions of the application's have noted with the rights of somebody else, see `spies`. */
  ran(): Promise<unknown[]>;
  end(): Promise<void>;
}

export async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** For functions of the application's: evil.spy(what) notes that they run with rights that are not the session's. */
export const spies = `
  create table evil.ran (what text);
  grant all on evil.ran to public;
  create function evil.spy(text) returns text language plpgsql as $$
    begin
      if current_user <> session_user then insert into evil.ran values ($1); end if;
      return $1;
    end $$`;

export async function ownedTable(): Promise<OwnedTable> {
  const db = await createTestDatabase();
  const installer = await connected(db.url);
  const created = await createRole(db, 'app');
  const role = pg.escapeIdentifier(created.name);
  await installer.query(`create schema own authorization ${role}; create schema evil authorization ${role};
    grant temporary on database ${pg.escapeIdentifier(db.name)} to ${role}`);
  const app = await connected(created.url);
  const captureAgain = async (values: string[] = []) => {
    await installer.query('begin');
    await installSchema(installer);
    await captureTable(installer, { table: '"own"."t"', key: ['id'], classes: [['s']], values });
    await installer.query('commit');
  };
  return {
    db,
    installer,
    app,
    appUrl: created.url,
    role,
    captureAgain,
    async capture(form, values) {
      await app.query(`create table own.t ${form}`);
      await captureAgain(values);
    },
    async captured() {
      const { rows } = await installer.query(
        `select seq, xid::text, changed_at, capture_id, op, n, request_id, keys, masks, vals from rowhook.outbox order by seq`,
      );
      await installer.query('truncate rowhook.outbox');
      return unpack(rows).map(({ op, key, image }) =>
        [op[0], key, ...(image === undefined ? [] : [image])].join(' '),
      );
    },
    refused: (sql) =>
      app.query(sql).then(
        () => `${sql} was allowed`,
        (error) => error.message as string,
      ),
    ran: async () => (await installer.query('select what from evil.ran')).rows,
    async end() {
      await Promise.all([installer.end(), app.end()]);
    },
  };
}
