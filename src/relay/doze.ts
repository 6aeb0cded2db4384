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
  /** Nothing was announced yet, and something came not long ago: a look is enough. */
  readonly isAwake: boolean;
  /** So many changes came. */
  worked(db: Queryable, changes: number): Promise<void>;
  /** Waits between two looks of one that is awake. */
  betweenLooks(): Promise<void>;
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
    else await pause.forMs(dozeMs);
    dozeMs = Math.min(dozeMs * 2, longestDozeMs);
  }

  return {
    get isAwake() {
      return silentBelow === undefined && quietMs() < drowsyMs;
    },
    async worked(db, changes) {
      lastWork = performance.now();
      worked = changes;
      if (silentBelow !== undefined) await announceAwake(db);
      silentBelow = undefined;
    },
    betweenLooks() {
      const ms = quietMs();
      return pause.forMs(ms < closeMs ? closeAwakeMs : ms < quietLongMs ? awakeMs : quietAwakeMs);
    },
    async nothingCame(db) {
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
      else await pause.forMs(pollMs);
      return true;
    },
  };
}
