import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { startPostgres } from '../../tools/postgres.ts';

/** The application's database, loaded, and the ordinary role that owns everything in it. */
export interface ApplicationDatabase {
  /** Connection URL of that role. */
  readonly url: string;
  /** For people: `Postgres 18.4 on 127.0.0.1:27312, database crm, role crm`. */
  readonly description: string;
  /** Stops Postgres and deletes its data; a database that was given is emptied again. */
  close(): Promise<void>;
  /** Leaves all as it is, and returns how to be rid of it later. */
  keep(): Promise<string>;
}

/** What is to be in it. */
export interface Contents {
  /** Of a database of our own, and of the role that owns it. */
  readonly databaseName: string;
  /** Tables and sample rows. */
  readonly presetSql: URL;
}

/** Starts a Postgres of our own with the application's database in it. */
export async function startDatabase({
  databaseName: name,
  presetSql,
}: Contents): Promise<ApplicationDatabase> {
  const postgres = await startPostgres({ inMemory: true });
  try {
    const password = randomBytes(12).toString('hex');
    await withClient(postgres.superuserUrl, async (admin) => {
      await admin.query(
        `create role ${name} login nosuperuser nocreatedb nocreaterole password '${password}'`,
      );
      await admin.query(`create database ${name} owner ${name}`);
    });
    const url = postgres.url(name, name, password);
    await withClient(url, async (owner) => owner.query(await readFile(presetSql, 'utf8')));
    return {
      url,
      description: await describe(url),
      close: () => postgres.close(),
      async keep() {
        await postgres.keep();
        return `kill -INT ${postgres.pid}; rm -rf ${[...new Set([postgres.directory, parent(postgres.dataDirectory)])].join(' ')}`;
      },
    };
  } catch (error) {
    await postgres.close();
    throw error;
  }
}

/**
 * Loads the application into a database that exists. A superuser's URL is not used for more than to make an ordinary role.
 * @throws Error when it cannot be reached, or is not empty
 */
export async function useDatabase(
  givenUrl: string,
  { presetSql }: Pick<Contents, 'presetSql'>,
): Promise<ApplicationDatabase> {
  const role = await withClient(givenUrl, async (given) => {
    await mustBeEmpty(given);
    const { rows } = await given.query('select rolsuper from pg_roles where rolname = current_user');
    return rows[0]?.rolsuper ? createRole(given) : undefined;
  });
  const url = role ? withRole(givenUrl, role) : givenUrl;
  const empty = async (): Promise<void> => {
    await withClient(url, dropEverything);
    if (!role) return;
    await withClient(givenUrl, async (given) => {
      await given.query(`drop owned by ${role.name}`);
      await given.query(`drop role ${role.name}`);
    });
  };
  try {
    await withClient(url, async (owner) => owner.query(await readFile(presetSql, 'utf8')));
    return {
      url,
      description: await describe(url),
      close: empty,
      keep: async () =>
        `drop schema rowhook and the tables in public${role ? `, then role ${role.name}` : ''}`,
    };
  } catch (error) {
    await empty();
    throw error;
  }
}

interface Role {
  readonly name: string;
  readonly password: string;
}

async function createRole(admin: pg.Client): Promise<Role> {
  const role = {
    name: `rowhook_demo_${randomBytes(4).toString('hex')}`,
    password: randomBytes(12).toString('hex'),
  };
  await admin.query(
    `create role ${role.name} login nosuperuser nocreatedb nocreaterole password '${role.password}'`,
  );
  await admin.query(`grant create on schema public to ${role.name}`);
  await admin.query(
    `do $$ begin execute format('grant create on database %I to ${role.name}', current_database()); end $$`,
  );
  return role;
}

function withRole(givenUrl: string, { name, password }: Role): string {
  const url = new URL(givenUrl);
  url.username = name;
  url.password = password;
  return url.href;
}

async function mustBeEmpty(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string; database: string }>(
    `select c.oid::regclass::text as name, current_database() as database
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relkind in ('r', 'p', 'v', 'm', 'f')
      order by 1 limit 1`,
  );
  const [found] = rows;
  if (found)
    throw new Error(`the database ${found.database} is not empty: it has ${found.name}. Name an empty one.`);
}

/** It was empty before, so all that is in it is ours. */
async function dropEverything(owner: pg.Client): Promise<void> {
  await owner.query('drop schema if exists rowhook cascade');
  await owner.query(`do $$
    declare name text;
    begin
      for name in select c.oid::regclass from pg_class c
          where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relowner = current_user::regrole loop
        execute 'drop table ' || name || ' cascade';
      end loop;
    end $$`);
}

async function describe(url: string): Promise<string> {
  const { hostname, port, pathname, username } = new URL(url);
  const version = await withClient(
    url,
    async (client) => (await client.query('show server_version')).rows[0],
  );
  const where = `${hostname}:${port || 5432}, database ${decodeURIComponent(pathname.slice(1))}`;
  return `Postgres ${String(version.server_version).split(' ')[0]} on ${where}, role ${decodeURIComponent(username)}`;
}

const parent = (path: string): string => path.slice(0, path.lastIndexOf('/'));

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // the next statement says so too
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
