import { fileURLToPath } from 'node:url';
import knex, { type Knex } from 'knex';

export interface Installation {
  /** Names of the migrations that ran. */
  readonly migrations: readonly string[];
}

export interface EndpointEnvironment {
  readonly url: string;
  readonly secret: string;
}

/** Installs rowhook in the CRM's database, as its deployment would: by the application's own knex migrations. */
export async function migrate(databaseUrl: string, endpoint: EndpointEnvironment): Promise<Installation> {
  process.env.CRM_WEBHOOK_URL = endpoint.url;
  process.env.CRM_WEBHOOK_SECRET = endpoint.secret;
  return withKnex(databaseUrl, async (db) => {
    const [, migrations] = (await db.migrate.latest()) as [number, string[]];
    return { migrations };
  });
}

async function withKnex<T>(databaseUrl: string, work: (db: Knex) => Promise<T>): Promise<T> {
  const db = knex({
    client: 'pg',
    connection: databaseUrl,
    pool: { min: 0, max: 2 },
    migrations: {
      directory: fileURLToPath(new URL('../migrations', import.meta.url)),
      loadExtensions: ['.ts'],
    },
  });
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}
