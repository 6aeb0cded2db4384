import knexModule, { type Knex } from 'knex';
import pg from 'pg';
import { siteStackerDatabase } from '../fixtures/site-stacker.ts';
import { createRole, type TestDatabase } from '../support/database.ts';

/** The reference CRM in a database that belongs, with all its tables, to a role that is no superuser. */
export interface OwnedCrm {
  /** As a superuser: for looking, and for what a DBA does. */
  readonly database: TestDatabase;
  readonly role: string;
  /** As the owner. */
  readonly url: string;
}

export async function ownedCrm(): Promise<OwnedCrm> {
  const database = await siteStackerDatabase();
  const { name: role, url } = await createRole(database, 'crm_owner');
  const owner = pg.escapeIdentifier(role);
  await database.query(`alter database ${pg.escapeIdentifier(database.name)} owner to ${owner}`);
  const { rows } = await database.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`,
  );
  for (const { name } of rows) {
    await database.query(`alter table public.${pg.escapeIdentifier(name)} owner to ${owner}`);
  }
  return { database, role, url };
}

/** Runs `work` with a knex instance that is closed again, whatever happens. */
export async function withKnex<T>(
  url: string,
  work: (knex: Knex) => Promise<T>,
  options: Partial<Knex.Config> = {},
): Promise<T> {
  const knex = knexModule({ client: 'pg', connection: url, pool: { min: 0, max: 4 }, ...options });
  try {
    return await work(knex);
  } finally {
    await knex.destroy();
  }
}

/** The error that an attempt ends with. */
export async function failure(
  attempt: Promise<unknown>,
): Promise<Error & { code?: string; fix?: string; where?: string }> {
  return attempt.then(
    () => {
      throw new Error('it did not fail');
    },
    (error) => error,
  );
}
