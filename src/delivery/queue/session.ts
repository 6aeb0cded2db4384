import type { Pool, PoolClient } from 'pg';

export interface Statement {
  /** Statements with a name are parsed once per connection. */
  readonly name?: string;
  readonly text: string;
}

/** One connection that is set up for the queue's statements, kept while it works, and replaced when it fails. */
export interface Session {
  /** Rejects when the database does not answer in time, with the connection given up. One statement at a time. */
  query<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<{ rows: Row[] }>;
  close(): void;
}

// The queue's tables may be empty in one minute and hold a million rows in the next, and statistics come late. So no plan may be
// tempted to read and sort all that one endpoint is owed: they walk indexes, and join row by row, as a join with the whole queue would
// read all of it. What is left to choose does not depend on values, so each named statement is planned once: for a claim of one
// delivery planning took two thirds of its time. A plan may be made while the queue is empty and kept while it is full: joins by key are put
// so that it has no choice (same-row.ts), and an index alone could be walked as a whole for them too.
const settings = `
  set plan_cache_mode = force_generic_plan; set jit = off; set enable_seqscan = off; set enable_bitmapscan = off; set enable_indexonlyscan = off;
  set enable_hashjoin = off; set enable_mergejoin = off;
  set lock_timeout = '5s'; set statement_timeout = '10s'`;

export interface SessionOptions {
  /** False: a commit does not wait for the disk. For leases: to lose one in a crash only sends a delivery twice. */
  readonly durable: boolean;
  /** After this a silent connection is given up: it would else hold a dispatcher for ever. Default 15,000. */
  readonly answerWithinMs?: number;
}

export function createSession(pool: Pool, { durable, answerWithinMs = 15_000 }: SessionOptions): Session {
  let current: PoolClient | undefined;

  /** pg gives up waiting after query_timeout; its types know it of connections only. */
  const limited = <Query extends Statement>(query: Query): Query & { query_timeout: number } => ({
    ...query,
    query_timeout: answerWithinMs,
  });

  const connect = async (): Promise<PoolClient> => {
    const client = await connectedWithin(answerWithinMs, pool.connect());
    // A client out of its pool has nobody else to listen; the next query finds out.
    client.on('error', () => {});
    const text = `${settings}; set synchronous_commit = ${durable ? 'default' : 'off'}`;
    try {
      await client.query(limited({ text }));
    } catch (error) {
      client.release(true);
      throw error;
    }
    return client;
  };

  return {
    async query<Row extends object>(statement: Statement, values: readonly unknown[]) {
      const client = current ?? (await connect());
      current = undefined;
      try {
        const { rows } = await client.query<Row>({ ...limited(statement), values: [...values] });
        current = client;
        return { rows };
      } catch (error) {
        client.release(true);
        throw error;
      }
    },
    close() {
      // Ended, not given back: the pool's other users do not want these settings.
      current?.release(true);
      current = undefined;
    },
  };
}

/** The pool's connection, if it comes in time; a later one goes back. */
function connectedWithin(ms: number, connecting: Promise<PoolClient>): Promise<PoolClient> {
  return new Promise((resolve, reject) => {
    let timeUp = false;
    const timer = setTimeout(() => {
      timeUp = true;
      reject(new Error(`no database connection within ${ms} ms`));
    }, ms);
    connecting
      .finally(() => clearTimeout(timer))
      .then((client) => (timeUp ? client.release() : resolve(client)), reject);
  });
}
