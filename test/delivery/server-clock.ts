import pg from 'pg';
import type { TestDatabase } from '../support/database.ts';

/**
 * Gives the sessions that are opened from now on a clock that the test sets, as `now()` and `clock_timestamp()`; what columns have by default
 * goes by the true one. Returns what sets it to so many ms ahead of the true one.
 */
export async function settableClock(db: TestDatabase): Promise<(aheadMs: number) => Promise<void>> {
  const client = new pg.Client({ connectionString: db.url });
  await client.connect();
  await client.query(`
    create schema clock;
    create table clock.ahead (by interval not null);
    insert into clock.ahead values ('0');
    create function clock.now() returns timestamptz language sql stable as
      'select pg_catalog.now() + (select by from clock.ahead)';
    create function clock.clock_timestamp() returns timestamptz language sql volatile as
      'select pg_catalog.clock_timestamp() + (select by from clock.ahead)'`);
  await client.query(
    `alter database ${pg.escapeIdentifier(db.name)} set search_path = clock, pg_catalog, public`,
  );
  await client.end();
  return async (aheadMs) => {
    await db.query(`update clock.ahead set by = $1 * interval '1 ms'`, [aheadMs]);
  };
}
