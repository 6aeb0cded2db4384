import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { PoolWatch } from './pool-watch.ts';
import { type Leftover, run, type TestServer, testServer } from './server.ts';
import { waitUntil } from './wait.ts';

/** A database of its own for a test. */
export interface TestDatabase {
  readonly name: string;
  /** Connection URL of the role that owns it. */
  readonly url: string;
  /** At most ten sessions, opened when needed. */
  readonly pool: pg.Pool;
  /** Runs a statement in the pool and returns its result. */
  query<Row extends pg.QueryResultRow = pg.QueryResultRow>(
    sql: string,
    parameters?: readonly unknown[],
  ): Promise<pg.QueryResult<Row>>;
  /** Ends the pool and all sessions, and drops the database and its roles. Safe to call twice. */
  drop(): Promise<void>;
}

const rolesOf = new WeakMap<TestDatabase, string[]>();

/**
 * Creates an empty database, or a copy of `template` (see withTemplate).
 *
 * One made in a test or `beforeEach` is dropped after that test; one made in `before` serves the suite, which
 * should drop it in `after`; the end of the run drops it otherwise.
 */
export async function createTestDatabase({ template }: { template?: string } = {}): Promise<TestDatabase> {
  const state = run();
  const ofTest = state.inTest;
  const server = await testServer();
  const name = uniqueName('rh_test');
  await createDatabase(server, name, template);
  const url = server.url(name);
  const pool = new pg.Pool({ connectionString: url, max: 10, allowExitOnIdle: true });
  const watch = new PoolWatch(pool);

  let dropping: Promise<void> | undefined;
  const drop = async (): Promise<void> => {
    watch.end();
    await dropDatabase(server, name);
    for (const role of rolesOf.get(database) ?? []) await dropRole(server, role);
    state.leftovers.delete(leftover);
  };
  const database: TestDatabase = {
    name,
    url,
    pool,
    query: (sql, parameters = []) => pool.query(sql, [...parameters]),
    drop() {
      dropping ??= drop();
      return dropping;
    },
  };
  const leftover: Leftover = { name, ofTest, takenClients: () => watch.taken(), drop: () => database.drop() };
  state.leftovers.add(leftover);
  return database;
}

/**
 * Builds a template database once per run, however many tests ask for the same key at once, and returns its
 * name for createTestDatabase. `build` gets its URL and must have closed its connections when it resolves.
 * @throws what `build` throws (the next call then tries anew), or Error when connections stay open.
 */
export function withTemplate(key: string, build: (url: string) => Promise<void>): Promise<string> {
  const { templates } = run();
  const known = templates.get(key);
  if (known) return known;
  const made = buildTemplate(key, build).catch((error: unknown) => {
    templates.delete(key);
    throw error;
  });
  templates.set(key, made);
  return made;
}

async function buildTemplate(key: string, build: (url: string) => Promise<void>): Promise<string> {
  const server = await testServer();
  const name = uniqueName('rh_template');
  await createDatabase(server, name);
  try {
    await build(server.url(name));
    // Copying needs the template to itself; and whoever connects later by mistake should hear so.
    await server.admin.query(`alter database ${pg.escapeIdentifier(name)} allow_connections false`);
    await waitUntil(
      async () => {
        const { rows } = await server.admin.query(
          `select coalesce(json_agg(query) filter (where backend_type = 'client backend'), '[]') as open
             from pg_stat_activity where datname = $1`,
          [name],
        );
        if (rows[0].open.length > 0)
          throw new Error(`open sessions, with their last statements: ${rows[0].open}`);
        return true;
      },
      { timeoutMs: 5000, what: `the build of the template "${key}" to close its connections` },
    );
    return name;
  } catch (error) {
    await dropDatabase(server, name);
    throw error;
  }
}

/**
 * Creates an ordinary role (no superuser; creating databases only with `createdb`) with a random password. It
 * is dropped along with the database, and so are databases it has created.
 * @param label start of its name, which is made unique: roles belong to the whole server
 * @returns its name, and the URL to connect to the database as that role
 */
export async function createRole(
  database: TestDatabase,
  label: string,
  { createdb = false }: { createdb?: boolean } = {},
): Promise<{ name: string; url: string }> {
  const server = await testServer();
  const name = uniqueName(label);
  const password = randomBytes(12).toString('hex');
  await server.admin.query(
    `create role ${pg.escapeIdentifier(name)} login nosuperuser nocreaterole
       ${createdb ? 'createdb' : 'nocreatedb'} password ${pg.escapeLiteral(password)}`,
  );
  // So that an admin who is no superuser may drop what the role owns.
  await server.admin.query(`grant ${pg.escapeIdentifier(name)} to current_user`);
  rolesOf.set(database, [...(rolesOf.get(database) ?? []), name]);
  const url = new URL(database.url);
  url.username = encodeURIComponent(name);
  url.password = password;
  return { name, url: url.href };
}

/** Drops what tests left behind, all at once. */
export async function dropLeftovers(which: (leftover: Leftover) => boolean): Promise<void> {
  await Promise.all([...run().leftovers].filter(which).map((leftover) => leftover.drop()));
}

/** Drops the templates of this run. */
export async function dropTemplates(): Promise<void> {
  const server = await testServer();
  const { templates } = run();
  await Promise.all([...templates.values()].map(async (name) => dropDatabase(server, await name)));
  templates.clear();
}

async function createDatabase(
  { admin, copying }: TestServer,
  name: string,
  template?: string,
): Promise<void> {
  const source = template === undefined ? '' : `template ${pg.escapeIdentifier(template)}`;
  await admin.query(`create database ${pg.escapeIdentifier(name)} ${source} ${copying}`);
}

async function dropDatabase({ admin }: TestServer, name: string): Promise<void> {
  await admin.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
}

async function dropRole(server: TestServer, role: string): Promise<void> {
  const { rows } = await server.admin.query<{ datname: string }>(
    'select datname from pg_database where pg_get_userbyid(datdba) = $1',
    [role],
  );
  for (const { datname } of rows) await dropDatabase(server, datname);
  await server.admin.query(`drop role if exists ${pg.escapeIdentifier(role)}`);
}

function uniqueName(label: string): string {
  return `${label}_${randomBytes(6).toString('hex')}`;
}
