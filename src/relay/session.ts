import type { Queryable } from '../store/sql.ts';

const defaultFrozenMs = 30_000;

/**
 * Text as the payloads want it, whatever the role's or the database's defaults are; and plans that walk indexes in order, whatever
 * the statistics say of tables that fill and empty all day.
 *
 * @param pollMs how long the session may have nothing to say, at most
 * @param frozenMs after so long without a word, or twice that within a transaction, the server ends the session. Default: 30 s
 */
export async function prepareSession(
  db: Queryable,
  pollMs: number,
  frozenMs: number = defaultFrozenMs,
): Promise<void> {
  await db.query(`
    set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'iso_8601'; set bytea_output = 'hex';
    set extra_float_digits = 1; set search_path = pg_catalog, public; set default_transaction_isolation = 'read committed';
    set jit = off; set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_bitmapscan = off;
    set statement_timeout = 0; set lock_timeout = 0;
    set synchronous_commit = on; set row_security = off;
    set idle_in_transaction_session_timeout = ${2 * frozenMs};
    -- A relay that is frozen, or whose network is gone, must not keep the lock from the next one.
    set idle_session_timeout = ${Math.max(frozenMs, 3 * pollMs)}`);
}
