import { fileURLToPath } from 'node:url';
import knex from 'knex';

/** Runs the knex migrations of a folder, as an application's deployment does. @returns the names of those that ran */
export async function migrate(databaseUrl: string, folder: URL): Promise<readonly string[]> {
  const db = knex({
    client: 'pg',
    connection: databaseUrl,
    pool: { min: 0, max: 2 },
    migrations: {
      directory: fileURLToPath(folder),
      loadExtensions: ['.ts'],
    },
  });
  try {
    const [, migrations] = (await db.migrate.latest()) as [number, string[]];
    return migrations;
  } finally {
    await db.destroy();
  }
}
