import type pg from 'pg';

/** Knows which clients of a pool are in use, and can end the pool in spite of them. */
export class PoolWatch {
  readonly #pool: pg.Pool;
  readonly #taken = new Set<pg.PoolClient>();

  constructor(pool: pg.Pool) {
    this.#pool = pool;
    // Errors of clients nobody listens to would end the process: the database may be dropped under an idle
    // client or, after a test that failed, under one in use. Who waits for a query hears of it all the same.
    pool.on('error', () => {});
    pool.on('connect', (client) => client.on('error', () => {}));
    pool.on('acquire', (client) => this.#taken.add(client));
    pool.on('release', (_error, client) => this.#taken.delete(client));
  }

  /** The clients that are checked out at present. */
  taken(): readonly pg.PoolClient[] {
    return [...this.#taken];
  }

  /** Ends the pool without waiting for the clients in use to be given back, as `pool.end()` alone would. */
  end(): void {
    // Not released: that is for whoever took them, be it the pool's own query(), and may be done only once.
    for (const client of this.#taken) client.end().catch(() => {});
    if (!this.#pool.ending) this.#pool.end().catch(() => {});
  }
}
