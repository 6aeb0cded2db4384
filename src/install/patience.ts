import { setTimeout as sleep } from 'node:timers/promises';
import { sqlState } from '../store/connect.ts';
import { installLock } from '../store/schema.ts';
import type { Queryable } from '../store/sql.ts';
import { lockTimeout } from './blockers.ts';
import type { Place } from './place.ts';

export interface Patience {
  /**
   * Milliseconds that one try waits for a lock. The application's writes queue up behind a lock that is waited for, so this is
   * how long they may be held up. Default: 2000.
   */
  readonly lockTimeoutMs?: number | undefined;
  /** Milliseconds after which no further try is made; for each table, or for all within one transaction. Default: 30000. */
  readonly patienceMs?: number | undefined;
}

/** Tries a step until it gets its locks; made once for an installation. */
export type LockingStep = <T>(tables: readonly string[], work: (db: Queryable) => Promise<T>) => Promise<T>;

const firstPauseMs = 100;
const longestPauseMs = 2_000;

/**
 * Steps that take locks on the application's tables without making it wait (invariant 4): each try gives up soon, and between
 * tries the application goes on. Also takes the lock of installations, so that two of them come one after the other.
 *
 * Rejects with RowhookError `lock_timeout`, which names who holds the `tables`; nothing of the step has happened then.
 */
export function lockingSteps(
  place: Place,
  { lockTimeoutMs = 2_000, patienceMs = 30_000 }: Patience,
): LockingStep {
  // In somebody else's transaction the tables of earlier steps stay locked while we wait, so that waits add up.
  const shared = place.nested ? performance.now() + patienceMs : undefined;
  return async (tables, work) => {
    const started = performance.now();
    const deadline = shared ?? started + patienceMs;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        return await place.step((db) => withLockTimeout(db, lockTimeoutMs, work));
      } catch (error) {
        if (!isLockFailure(error)) throw error;
        if (performance.now() + pauseMs >= deadline) {
          throw await lockTimeout(place.db, tables, performance.now() - started, error);
        }
      }
      await sleep(pauseMs);
    }
  };
}

async function withLockTimeout<T>(
  db: Queryable,
  lockTimeoutMs: number,
  work: (db: Queryable) => Promise<T>,
): Promise<T> {
  const { rows } = await db.query<{ lock: string; statement: string }>(
    `select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement`,
  );
  const before = rows[0]!;
  await setTimeouts(db, `${lockTimeoutMs}ms`, '0');
  await db.query(`select pg_advisory_xact_lock(${installLock})`);
  const result = await work(db);
  // A `set local` of a savepoint outlives it: the rest of the caller's transaction gets its own settings back.
  await setTimeouts(db, before.lock, before.statement);
  return result;
}

async function setTimeouts(db: Queryable, lock: string, statement: string): Promise<void> {
  await db.query(`select set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)`, [
    lock,
    statement,
  ]);
}

/** lock_not_available, deadlock_detected: both end with nothing done, and may go well the next time. */
function isLockFailure(error: unknown): boolean {
  return ['55P03', '40P01'].includes(sqlState(error) ?? '');
}
