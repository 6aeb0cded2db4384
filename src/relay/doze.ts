import type { Queryable } from '../store/sql.ts';
import type { Pause } from './pause.ts';
import { announceAwake, announceSleep, nobodySilent, writersRing } from './sleep.ts';

/** Between looks while awake: while changes come closely, then less often, and once nothing came for `quietLongMs`. */
const closeAwakeMs = 2;
const closeMs = 40;
const awakeMs = 4;
const quietAwakeMs = 8;
const quietLongMs = 100;
/**
 * After a page of fewer changes the next one is turned soon. Where more come, a longer pause lets them share a page: it costs much the same
 * whatever is on it, and a busy application has the processor meanwhile.
 */
const fewChanges = 4;
const soonMs = 1;
const changesPerMs = 2;
const longestMs = 20;
const defaultDrowsyMs = 400;
/** Between looks while someone who asked before we slept has not ended: doubled from `awakeMs` up to this. */
const longestDozeMs = 250;

/** How a relay with nothing to read comes to sleep, step by step, and waits meanwhile. */
export interface Doze {
  /** Something came not long ago, or somebody may still commit in silence: it looks often, and a look is enough. */
  readonly isWatching: boolean;
  /** So many changes came. */
  worked(db: Queryable, changes: number): Promise<void>;
  /** As `nothingCame`, but only a look says so. */
  nothingSeen(db: Queryable): Promise<boolean>;
  /** Waits, or goes a step towards sleep. @returns whether the bell is wanted from now on */
  nothingCame(db: Queryable): Promise<boolean>;
}

/**
 * @param options.drowsyMs nothing came for so long: it goes to sleep. Default: 400
 * @param options.pollMs between looks of one that sleeps and is not rung for
 */
export function createDoze({
  pause,
  drowsyMs = defaultDrowsyMs,
  pollMs,
}: {
  readonly pause: Pause;
  readonly drowsyMs?: number | undefined;
  readonly pollMs: number;
}): Doze {
  // Not by the clock, which can be set.
  let lastWork = performance.now();
  /** Changes of the page that was just turned. */
  let worked = 0;
  /** While asleep: nobody with a lower id may still commit in silence. Zero once they all have ended. */
  let silentBelow: bigint | undefined;
  let dozeMs = awakeMs;
  const quietMs = () => performance.now() - lastWork;

  async function doze(db: Queryable, below: bigint): Promise<void> {
    // Look once more after the last of them has ended, then rely on the bell.
    if (await nobodySilent(db, below)) silentBelow = 0n;
    else await waitForBell(db, dozeMs);
    dozeMs = Math.min(dozeMs * 2, longestDozeMs);
  }

  /** Before it reads what it was rung for: until it says that it is awake everybody who writes rings too. */
  async function waitForBell(db: Queryable, ms: number): Promise<void> {
    if (await pause.forMs(ms)) await wake(db);
  }

  async function wake(db: Queryable): Promise<void> {
    lastWork = performance.now();
    if (silentBelow !== undefined) await announceAwake(db);
    silentBelow = undefined;
  }

  async function nothingCame(db: Queryable): Promise<boolean> {
    const came = worked;
    const few = came > 0 && came < fewChanges;
    worked = 0;
    if (silentBelow === undefined && quietMs() < drowsyMs) {
      await pause.forMs(few ? soonMs : Math.min(Math.max(awakeMs, came / changesPerMs), longestMs));
      return false;
    }
    if (silentBelow === undefined || (silentBelow === 0n && !(await writersRing(db)))) {
      silentBelow = await announceSleep(db);
      dozeMs = awakeMs;
    } else if (silentBelow > 0n) await doze(db, silentBelow);
    else await waitForBell(db, pollMs);
    return silentBelow !== undefined;
  }

  return {
    get isWatching() {
      return silentBelow === undefined ? quietMs() < drowsyMs : silentBelow > 0n;
    },
    async worked(db, changes) {
      worked = changes;
      await wake(db);
    },
    async nothingSeen(db) {
      if (silentBelow !== undefined) return nothingCame(db);
      const ms = quietMs();
      await pause.forMs(ms < closeMs ? closeAwakeMs : ms < quietLongMs ? awakeMs : quietAwakeMs);
      return false;
    },
    nothingCame,
  };
}
