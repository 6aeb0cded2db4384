import { readdirSync, readFileSync } from 'node:fs';
import { quoteName } from '../catalog/table-name.ts';
import { RowhookError } from '../errors.ts';
import { uuidDay } from '../uuid-time.ts';
import { dailyTables } from './daily-tables.ts';
import { explainPrivilege, type Owner } from './privilege.ts';
import type { Queryable } from './sql.ts';

// The package's folder, two up from src/store and from dist/store alike.
const folder = new URL('../../sql/schema/', import.meta.url);

/** One installation at a time: taken by everything that changes the schema, or puts triggers on and off. */
export const installLock = `hashtextextended('rowhook installation', 0)`;

const oldestServer = 140_000;

interface Standing {
  /** server_version_num, e.g. 180004. */
  server: number;
  serverText: string;
  role: string;
  database: string;
  mayCreate: boolean;
  /** Of the schema rowhook; null when there is none. */
  owner: Owner | null;
  /** It has our version table. */
  ours: boolean;
}

/** The files of sql/schema in the order in which they run. */
function schemaFiles(): Array<{ version: number; url: URL }> {
  return readdirSync(folder)
    .filter((name) => /^\d{4}_\w+\.sql$/.test(name))
    .sort()
    .map((name) => ({ version: Number(name.slice(0, 4)), url: new URL(name, folder) }));
}

/** The files that bring a schema of version `from` (0: none) to the one of this program, in their order. */
export const schemaSql = (from: number): Array<{ version: number; sql: string }> =>
  schemaFiles()
    .filter(({ version }) => version > from)
    .map(({ version, url }) => ({ version, sql: readFileSync(url, 'utf8') }));

/** The schema version that this program works with. */
export const programVersion = (): number => schemaFiles().at(-1)?.version ?? 0;

/**
 * Creates the schema rowhook or brings it up to date, in the transaction that `db` is in. Does nothing when it is current.
 * @returns the versions before (0: none) and after
 * @throws RowhookError `schema_too_new`, `schema_foreign`, `privilege_missing`, `database_version`
 */
export async function installSchema(db: Queryable): Promise<{ from: number; to: number }> {
  // Two first installations at once: the second one waits here and then finds the work done.
  await db.query(`select pg_advisory_xact_lock(${installLock})`);
  const standing = await readStanding(db);
  checkServer(standing);
  const { role, owner } = standing;
  if (owner === null && !standing.mayCreate) throw mayNotCreate(standing);
  try {
    const from = owner === null ? 0 : await installedVersion(db, standing);
    const to = programVersion();
    if (from > to) throw tooNew(from);
    for (const { version, url } of schemaFiles()) {
      if (version <= from) continue;
      await db.query(readFileSync(url, 'utf8'));
      await db.query('insert into rowhook.schema_version (version) values ($1)', [version]);
    }
    if (from === 0) await makeFirstPartitions(db);
    return { from, to };
  } catch (error) {
    throw explainPrivilege(error, role, owner ?? undefined);
  }
}

/**
 * The days that the sweeper keeps ready from then on. Made here, so that no day of an installation begins in the default
 * partitions, which would have to be searched whenever another day is attached.
 */
async function makeFirstPartitions(db: Queryable): Promise<void> {
  const { rows } = await db.query<{ day: Date }>(
    `select now() + i * interval '1 day' as day from generate_series(0, 3) i`,
  );
  for (const { day } of rows) {
    const { from, to } = uuidDay(day);
    for (const table of dailyTables) {
      await db.query(
        `create table rowhook.${table}_${day.toISOString().slice(0, 10).replaceAll('-', '')}
           partition of rowhook.${table} for values from ('${from}') to ('${to}')`,
      );
    }
  }
}

/**
 * Returns the installed version, having made sure that this program can work with it.
 * @throws RowhookError `database_version`, `schema_missing`, `schema_too_old`, `schema_too_new`, `schema_foreign`,
 *   `privilege_missing`
 */
export async function checkSchema(db: Queryable): Promise<number> {
  const standing = await readStanding(db);
  checkServer(standing);
  const { role, owner } = standing;
  if (owner === null) throw missing(standing);
  const found = await installedVersion(db, standing).catch((error) => {
    throw explainPrivilege(error, role, owner ?? undefined);
  });
  if (found < programVersion()) throw tooOld(found);
  if (found > programVersion()) throw tooNew(found);
  return found;
}

/**
 * The versions that an installation would lead from (0: none) and to. Changes nothing.
 * @throws RowhookError `schema_too_new`, `schema_foreign`, `privilege_missing`, `database_version`, when it would fail
 */
export async function schemaVersions(db: Queryable): Promise<{ from: number; to: number }> {
  const standing = await readStanding(db);
  checkServer(standing);
  const { role, owner } = standing;
  const to = programVersion();
  if (owner === null) {
    if (!standing.mayCreate) throw mayNotCreate(standing);
    return { from: 0, to };
  }
  const from = await installedVersion(db, standing).catch((error) => {
    throw explainPrivilege(error, role, owner);
  });
  if (from > to) throw tooNew(from);
  return { from, to };
}

/** Who owns the schema rowhook, or undefined when it is not installed. */
export async function schemaOwner(db: Queryable): Promise<Owner | undefined> {
  return (await readStanding(db)).owner ?? undefined;
}

async function installedVersion(db: Queryable, { owner, ours }: Standing): Promise<number> {
  if (!owner || !ours) throw foreign(owner);
  const { rows } = await db.query<{ version: number | null }>(
    'select max(version) as version from rowhook.schema_version',
  );
  return rows[0]?.version ?? 0;
}

/** Reads the catalogs only, which every role may, whatever it may not do with the schema. */
async function readStanding(db: Queryable): Promise<Standing> {
  const { rows } = await db.query<Standing>(
    `select current_setting('server_version_num')::int as server, current_setting('server_version') as "serverText",
       current_user as role, current_database() as database,
       has_database_privilege(current_database(), 'CREATE') as "mayCreate",
       (select json_build_object('name', rolname, 'superuser', rolsuper) from pg_roles where oid = n.nspowner) as owner,
       exists (select from pg_class c where c.relnamespace = n.oid and c.relname = 'schema_version') as ours
     from (select 1) one left join pg_namespace n on n.nspname = 'rowhook'`,
  );
  return rows[0]!;
}

function checkServer({ server, serverText }: Standing): void {
  if (server >= oldestServer) return;
  throw new RowhookError('database_version', `the server is PostgreSQL ${serverText}`, {
    fix: 'Use PostgreSQL 14 or newer.',
  });
}

const installCommands =
  'Run `npx knex migrate:latest` with a migration that calls install(knex) of rowhook/migrations, or `npx rowhook install`.';

const missing = ({ database }: Standing) =>
  new RowhookError('schema_missing', `database ${quoteName(database)} has no schema rowhook`, {
    where: 'rowhook',
    fix: installCommands,
  });

const tooOld = (found: number) =>
  new RowhookError(
    'schema_too_old',
    `the schema rowhook has version ${found}, this program needs ${programVersion()}`,
    { where: 'rowhook', fix: installCommands },
  );

const tooNew = (found: number) =>
  new RowhookError(
    'schema_too_new',
    `the schema rowhook has version ${found}, this program knows ${programVersion()}`,
    { where: 'rowhook', fix: 'Run `npm install rowhook@latest`: a newer rowhook has installed this schema.' },
  );

const foreign = (owner: Owner | null) =>
  new RowhookError(
    'schema_foreign',
    `there is a schema rowhook of ${quoteName(owner?.name ?? '')} without our tables in it`,
    {
      where: 'rowhook',
      fix: 'Rename or drop that schema: rowhook creates its own.',
    },
  );

const mayNotCreate = ({ role, database }: Standing) =>
  new RowhookError(
    'privilege_missing',
    `role ${quoteName(role)} may not create a schema in database ${quoteName(database)}`,
    { where: database, fix: `GRANT CREATE ON DATABASE ${quoteName(database)} TO ${quoteName(role)};` },
  );
