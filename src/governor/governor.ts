import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';
import { createLifetime, type Lifetime } from '../lifetime.ts';
import type { Pace } from '../pace.ts';
import type { Log } from '../store/log.ts';
import {
  defaultBusyBackends,
  intervalOf,
  isBlind,
  type Load,
  observe,
  restAfter,
  smallBatch,
  unknownLoad,
} from './rule.ts';
import { takeSample } from './sample.ts';

export interface GovernorOptions {
  /** Its application_name is that of every session of ours: they are not others. */
  readonly connection: ClientConfig;
  readonly log: Log;
  /** Sessions of others at work, on average, from which on they go first. */
  readonly busyBackends?: number;
}

export interface Governor extends Lifetime {
  /** What it tells the others; before the first sample, and without samples, to give way. */
  readonly pace: Pace;
}

/** Without an answer for so long the connection is given up. */
const answerMs = 5_000;
const retryMs = 1_000;
const goodbyeMs = 1_000;

/**
 * Lets the application go first: samples how many sessions of others are at work in the database, on a connection of its own, and
 * makes our own work small and rare while they are many. A start does not wait for the connection, and a lost one is made again.
 */
export function createGovernor(options: GovernorOptions): Governor {
  const { log, busyBackends = defaultBusyBackends } = options;
  const stopping = new AbortController();
  let load: Load = unknownLoad(performance.now());
  let saidGivesWay = false;
  let saidAt = performance.now();
  let client: Client | undefined;
  let running: Promise<void> = Promise.resolve();

  const givesWay = (): boolean => load.givesWay || isBlind(load, performance.now());
  const pace: Pace = {
    get givesWay() {
      return givesWay();
    },
    batch: (most) => (givesWay() ? smallBatch(most) : most),
    restMs: (tookMs) => (givesWay() ? restAfter(tookMs) : 0),
  };
  const pause = (ms: number): Promise<void> =>
    sleep(ms, undefined, { signal: stopping.signal }).catch(() => {});

  async function runForever(): Promise<void> {
    while (!stopping.signal.aborted) {
      await sampleOnOneConnection().catch((error: unknown) => {
        if (!stopping.signal.aborted) log.warn({ err: error }, 'the load of the database cannot be sampled');
      });
      await pause(retryMs);
    }
  }

  async function sampleOnOneConnection(): Promise<void> {
    const db = new Client({ ...options.connection, query_timeout: answerMs });
    // The next sample says so too.
    db.on('error', () => {});
    const tried = new AbortController();
    const { signal } = tried;
    try {
      // A server may take a connection and say nothing. Nobody listens on, or each attempt would leave a listener.
      const stopped = once(stopping.signal, 'abort', { signal }).catch(() => {});
      await Promise.race([db.connect(), stopped]).finally(() => tried.abort());
      if (stopping.signal.aborted) return;
      client = db;
      let ids: number | null = null;
      while (!stopping.signal.aborted) {
        const sample = await takeSample(db, ids);
        ids = sample.ids;
        load = observe(load, sample.backends, performance.now(), busyBackends);
        say();
        await pause(intervalOf(load, busyBackends));
      }
    } finally {
      client = undefined;
      // A dead connection may never say goodbye.
      await Promise.race([db.end().catch(() => {}), sleep(goodbyeMs, undefined, { ref: false })]);
    }
  }

  function say(): void {
    if (load.givesWay === saidGivesWay) return;
    const now = performance.now();
    const figures = { busyBackends: Math.round(load.level * 10) / 10, limit: busyBackends };
    if (load.givesWay) log.info(figures, 'giving way to the application: the database is busy');
    else log.info({ ...figures, gaveWayMs: Math.round(now - saidAt) }, 'back to full speed');
    saidGivesWay = load.givesWay;
    saidAt = now;
  }

  const lifetime = createLifetime({
    start() {
      running = runForever();
      return Promise.resolve();
    },
    async drain() {
      stopping.abort();
      await running;
    },
    abort() {
      void client?.end().catch(() => {});
    },
  });
  return { ...lifetime, pace };
}
