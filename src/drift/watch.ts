import { setTimeout as sleep } from 'node:timers/promises';
import type { Catalog } from '../catalog/types.ts';
import { createLifetime, type Lifetime } from '../lifetime.ts';
import type { Log } from '../store/log.ts';
import type { Queryable } from '../store/sql.ts';
import { type Drift, driftId } from './kinds.ts';
import { createLook } from './look.ts';

export interface DriftWatchOptions {
  readonly db: Queryable;
  readonly catalog: Catalog;
  readonly log: Log;
  /** Milliseconds between two looks. Default: 20,000. */
  readonly intervalMs?: number;
}

export interface DriftWatch extends Lifetime {
  /** As of the last look that went well; empty before the first. */
  drifts(): readonly Drift[];
}

export const driftIntervalMs = 20_000;

/**
 * Looks every so often whether capture still sees everything, and says what has come and what is gone: once each. It mends nothing
 * and stops nothing: whatever it finds, the rest of the daemon goes on. A start does not wait for the first look.
 */
export function createDriftWatch(options: DriftWatchOptions): DriftWatch {
  const { db, log, intervalMs = driftIntervalMs } = options;
  const look = createLook(options.catalog);
  const stopping = new AbortController();
  let known = new Map<string, Drift>();
  let blind = false;
  let running: Promise<void> = Promise.resolve();

  async function lookOnce(): Promise<void> {
    const found = new Map((await look(db)).map((drift) => [driftId(drift), drift]));
    if (blind) log.info('drift can be looked for again');
    blind = false;
    for (const [id, drift] of found) if (!known.has(id)) log.warn(lineOf(drift), 'drift');
    for (const [id, drift] of known) if (!found.has(id)) log.info(lineOf(drift), 'drift is gone');
    known = found;
  }

  async function watchForever(): Promise<void> {
    while (!stopping.signal.aborted) {
      await lookOnce().catch((error: unknown) => {
        if (!blind && !stopping.signal.aborted) log.warn({ err: error }, 'drift cannot be looked for');
        blind = true;
      });
      await sleep(intervalMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  const lifetime = createLifetime({
    start() {
      running = watchForever();
      return Promise.resolve();
    },
    async drain() {
      stopping.abort();
      await running;
    },
    abort() {},
  });
  return { ...lifetime, drifts: () => [...known.values()] };
}

const lineOf = ({ kind, severity, table, message, first, fix }: Drift) => ({
  drift: kind,
  severity,
  ...(table === null ? {} : { table }),
  message,
  ...(first === null ? {} : { first }),
  ...(fix.length === 0 ? {} : { fix }),
});
