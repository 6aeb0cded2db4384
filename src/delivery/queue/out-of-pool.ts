import type { Pool, PoolClient } from 'pg';

/** Runs work on one client of the pool, for as long as it takes. */
export async function withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  // A client out of its pool has nobody else to listen; the next statement finds out.
  let lost = false;
  const onLoss = (): void => {
    lost = true;
  };
  client.on('error', onLoss);
  try {
    return await work(client);
  } finally {
    client.off('error', onLoss);
    client.release(lost);
  }
}
