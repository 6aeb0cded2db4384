import type { Queryable } from '../store/sql.ts';

/**
 * Text as the payloads want it, whatever the role's or the database's defaults are; and plans that walk indexes in order, whatever
 * the statistics say of tables that fill and empty all day.
 */
export async function prepareSession(db: Queryable, pollMs: number): Promise<void> {
  await db.query(`
    set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'iso_8601'; set bytea_output = 'hex';
    set extra_float_digits = 1; set search_path = pg_catalog, public; set default_transaction_isolation = 'read committed';
    set jit = off; set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_bitmapscan = off;
    set statement_timeout = 0; set lock_timeout = 0;
    set synchronous_commit = on; set row_security = off;
    set idle_in_transaction_session_timeout = 60000;
    -- A relay that is frozen, or whose network is gone, must not keep the lock from the next one.
    set idle_session_timeout = ${Math.max(30_000, 3 * pollMs)}`);
}
