import { Pool, type PoolClient, types } from 'pg';

/** What a column holds once read: numerics are the text that Postgres wrote, lists are lists of texts. */
export type Value = string | number | boolean | Date | readonly string[] | null;
export type Row = Readonly<Record<string, Value>>;
/** Columns to write. */
export type Columns = Readonly<Record<string, unknown>>;

export interface PlatformDatabase {
  /** One of the two; a given pool remains its owner's to close. */
  databaseUrl?: string;
  pool?: Pool;
}

/** Runs a statement in the transaction of a request. */
export type Query = (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;

// Given with each query, because the pool may be the caller's, who may like other ones.
const parsers = {
  getTypeParser: (oid: number) => types.getTypeParser(oid, 'text') as (text: string) => unknown,
};

export function openPool({ databaseUrl, pool }: PlatformDatabase): Pool {
  if (pool) return pool;
  if (!databaseUrl) throw new Error('The platform needs a databaseUrl or a pool.');
  const opened = new Pool({ connectionString: databaseUrl, allowExitOnIdle: true });
  // A connection that the server closes is replaced on the next request; unheard, its error would end the process.
  opened.on('error', () => {});
  opened.on('connect', (client) => client.on('error', () => {}));
  return opened;
}

/** Runs `work` in one transaction and gives the connection back. */
export async function inTransaction<T>(pool: Pool, work: (query: Query) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work((text, values = []) => rowsOf(client, text, values));
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    // A connection that cannot even roll back is not fit for the next request.
    await client.query('rollback').then(
      () => client.release(),
      (broken: Error) => client.release(broken),
    );
    throw error;
  }
}

async function rowsOf(client: PoolClient, text: string, values: readonly unknown[]): Promise<readonly Row[]> {
  return (await client.query({ text, values: [...values], types: parsers })).rows;
}
