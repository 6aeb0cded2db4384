import pg from 'pg';
import { installSchema } from '../../src/store/schema.ts';
import { createTestDatabase } from '../support/database.ts';

/** A connection to a database of its own, with rowhook's schema in it and nothing captured yet. Its test ends it. */
export async function installedSession(): Promise<pg.Client> {
  const db = await createTestDatabase();
  const session = new pg.Client({ connectionString: db.url });
  session.on('error', () => {});
  await session.connect();
  await session.query('begin');
  await installSchema(session);
  await session.query('commit');
  return session;
}
