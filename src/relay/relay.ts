import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';
import type { Catalog } from '../catalog/types.ts';
import { RowhookError } from '../errors.ts';
import { createLifetime, type Lifetime } from '../lifetime.ts';
import { fullSpeed, type Pace, rest } from '../pace.ts';
import type { Log } from '../store/log.ts';
import type { Bell } from './bell.ts';
import { pruneCursors } from './cursor.ts';
import { followDatabase } from './event-ids.ts';
import { eventTable } from './events.ts';
import { PageTooLarge, type PayloadSources } from './external.ts';
import { createLooks } from './looks.ts';
import { openCursor } from './open-cursor.ts';
import { type PageContext, turnPage } from './page.ts';
import { anyParked } from './parked.ts';
import { createPause } from './pause.ts';
import { preparePayloads } from './payloads.ts';
import { reclaim } from './reclaim.ts';
import { createRetries } from './retries.ts';
import { prepareSession } from './session.ts';
import { anySetAside } from './set-aside.ts';
import { announceAwake, announceSleep, nobodySilent, writersRing } from './sleep.ts';
import { warmUp } from './warm-up.ts';

export interface RelayOptions {
  readonly connection: ClientConfig;
  readonly catalog: Catalog;
  readonly log: Log;
  readonly bell: Bell;
  /** Called after deliveries were committed. */
  readonly onDeliveries: () => void;
  /** Payloads that do not come from the database, by resource. */
  readonly sources?: PayloadSources;
  /** Characters of them that are held at most for a page. Default: 64 million. */
  readonly mostFetched?: number;
  /** How long a change waits at most when its ring is lost, in ms. */
  readonly pollMs?: number;
  /** Nothing came for so long: it goes to sleep, in ms. Default: 400. */
  readonly drowsyMs?: number;
  /** How long a relay that is frozen, or cut off, keeps others from taking over, in ms. Default: 30,000. */
  readonly frozenMs?: number;
  /** Default: full speed. */
  readonly pace?: Pace;
  /** Called after each page that was not empty, with how much was on it. */
  readonly onPage?: (page: {
    readonly changes: number;
    readonly events: number;
    readonly deliveries: number;
  }) => void;
}

/** `standby`: another daemon's relay is the active one. */
export type Standing = 'standby' | 'reading' | 'asleep' | 'failing' | 'stopped';

export interface Relay extends Lifetime {
  standing(): Standing;
  /** Since when nothing could be read; undefined: the last look went well. */
  failingSince(): Date | undefined;
}

/** The lock that one relay holds for as long as it is active; rowhook.ring() looks for it too. */
const lockKey = [1919907688, 1] as const;
/** Row changes on a page, at most. */
const largestPage = 2_000;
/** Between looks while awake; and once nothing came for `quietLongMs`. */
const awakeMs = 4;
const quietAwakeMs = 8;
const quietLongMs = 100;
const defaultDrowsyMs = 400;
/** Between looks while someone who asked before we slept has not ended: doubled from `awakeMs` up to this. */
const longestDozeMs = 250;
const standbyMs = 1_000;
const housekeepingMs = 30_000;
const slowestRetryMs = 5_000;
const defaultPollMs = 1_000;
/** Without an answer for so long the connection is given up. */
const answerMs = 60_000;
const goodbyeMs = 1_000;

/**
 * Outbox to events and deliveries. One relay is active at a time; others stand by. While changes come it looks every few
 * milliseconds and nobody rings; when none came for a while it sleeps until the bell rings or the poll interval is over.
 */
export function createRelay(options: RelayOptions): Relay {
  const { log, bell, pace = fullSpeed, drowsyMs = defaultDrowsyMs } = options;
  const pause = createPause();
  let standing: Standing = 'stopped';
  const stopped = new AbortController();
  let stopping = false;
  let changes = largestPage;
  let failingSince: Date | undefined;
  let client: Client | undefined;
  let running: Promise<void> = Promise.resolve();
  bell.on('rowhook', () => pause.end());

  async function runForever(): Promise<void> {
    let retryMs = 100;
    while (!stopping) {
      try {
        await runOnce(() => {
          retryMs = 100;
          failingSince = undefined;
          changes = Math.min(changes * 2, largestPage);
        });
      } catch (error) {
        if (stopping) break;
        standing = 'failing';
        failingSince ??= new Date();
        log.error({ err: error, retryMs }, 'the relay failed, and tries again');
        await pause.forMs(retryMs);
        retryMs = Math.min(retryMs * 2, slowestRetryMs);
        // What failed may have been its size: records can be megabytes.
        changes = Math.max(leastPage(error), Math.floor(changes / 4));
      }
    }
    standing = 'stopped';
  }

  async function runOnce(onPage: () => void): Promise<void> {
    const db = new Client({ ...options.connection, query_timeout: answerMs });
    // The next statement says so too; a sleeping relay has none under way.
    db.on('error', (error) => {
      log.warn({ err: error }, 'the relay lost its connection');
      pause.end();
    });
    try {
      await db.connect();
      // Not before: a client that is ended while it connects never says what became of it.
      client = db;
      if (stopping) return;
      await prepareSession(db, options.pollMs ?? defaultPollMs, options.frozenMs);
      while (!stopping && !(await becomeActive(db))) {
        standing = 'standby';
        failingSince = undefined;
        await pause.forMs(standbyMs);
      }
      if (stopping) return;
      standing = 'reading';
      log.info('the relay is active');
      await read(db, onPage);
    } finally {
      client = undefined;
      // A dead connection may never say goodbye.
      await Promise.race([db.end().catch(() => {}), sleep(goodbyeMs, undefined, { ref: false })]);
    }
  }

  async function read(db: Client, onPage: () => void): Promise<void> {
    const context: Omit<PageContext, 'size'> = {
      catalog: options.catalog,
      events: eventTable(options.catalog),
      payloads: await preparePayloads(db, options.catalog),
      sources: options.sources ?? new Map(),
      stopped: stopped.signal,
      ...(options.mostFetched === undefined ? {} : { mostFetched: options.mostFetched }),
      log,
      roles: new Map(),
    };
    await followDatabase(db);
    let cursor = await openCursor(db, log);
    await warmUp(db, context, cursor);
    let parked = await anyParked(db);
    const retries = createRetries(await anySetAside(db), log);
    // Not by the clock, which can be set.
    let lastWork = performance.now();
    let prunedTo = 0;
    let housekeeping = performance.now();
    const isHousekeepingDue = () => performance.now() - housekeeping > housekeepingMs;
    /** While asleep: nobody with a lower id may still commit in silence. Zero once they all have ended. */
    let dozing: bigint | undefined;
    let dozeMs = awakeMs;
    await announceAwake(db);
    const looks = createLooks();
    while (!stopping) {
      const quietMs = performance.now() - lastWork;
      const isAwake = dozing === undefined && quietMs < drowsyMs && !parked && !retries.isTime;
      if (isAwake && !isHousekeepingDue() && (await looks.nothingNew(db))) {
        await pause.forMs(quietMs < quietLongMs ? awakeMs : quietAwakeMs);
        continue;
      }
      const most = pace.batch(changes);
      const size = { rows: most, changes: most };
      const startedAt = performance.now();
      const turned = await turnPage(db, { ...context, size, setAside: retries.any }, cursor, parked);
      if (turned.nothing) looks.foundNothing(turned.nothing);
      cursor = turned.cursor;
      parked = turned.parked && (turned.full || (await anyParked(db)));
      if (turned.setAside) retries.heard();
      const retried = await retries.turn(db, { ...context, size }, cursor, turned.changes > 0);
      // Not before: what fails in there would be tried again without a pause, and nobody would be told since when.
      onPage();
      cursor = retried?.cursor ?? cursor;
      parked ||= retried?.parked ?? false;
      if (turned.deliveries + (retried?.deliveries ?? 0) > 0) options.onDeliveries();
      if (turned.changes > 0) {
        options.onPage?.(turned);
        log.debug({ changes: turned.changes, events: turned.events, deliveries: turned.deliveries }, 'page');
        lastWork = performance.now();
        if (dozing !== undefined) await announceAwake(db);
        dozing = undefined;
        standing = 'reading';
      }
      await rest(
        pace,
        performance.now() - startedAt,
        (ms) => pause.forMs(ms),
        () => stopping,
      );
      // Also in the middle of a backlog, which may last for hours.
      if (isHousekeepingDue()) {
        housekeeping = performance.now();
        await followDatabase(db);
        prunedTo = await pruneCursors(db, cursor.id, prunedTo);
        const emptied = await reclaim(db, cursor);
        if (emptied.length > 0) log.info({ partitions: emptied }, 'outbox partitions emptied');
      }
      if (turned.full || retried?.more) continue;
      if (dozing === undefined && performance.now() - lastWork < drowsyMs) {
        await pause.forMs(awakeMs);
      } else if (dozing === undefined || (dozing === 0n && !(await writersRing(db)))) {
        dozing = await announceSleep(db);
        dozeMs = awakeMs;
        standing = 'asleep';
      } else if (dozing > 0n) {
        // Look once more after the last of them has ended, then rely on the bell.
        if (await nobodySilent(db, dozing)) dozing = 0n;
        else await pause.forMs(dozeMs);
        dozeMs = Math.min(dozeMs * 2, longestDozeMs);
      } else {
        await pause.forMs(options.pollMs ?? defaultPollMs);
      }
    }
    // With no relay nobody needs to ring.
    await announceAwake(db);
  }

  const lifetime = createLifetime({
    start() {
      running = runForever();
      return Promise.resolve();
    },
    async drain() {
      stopping = true;
      // An application that does not answer must not hold up the end; nothing of the page is written yet.
      stopped.abort();
      pause.end();
      await running;
    },
    abort() {
      // The page under way rolls back, and is read again by whoever comes next.
      void client?.end();
    },
  });
  return { ...lifetime, standing: () => standing, failingSince: () => failingSince };
}

/** Where the application fails, a few other records stay on the page: they tell whether it fails for one alone. */
function leastPage(error: unknown): number {
  const isOfSource = error instanceof RowhookError && error.code.startsWith('source_');
  return isOfSource && !(error instanceof PageTooLarge) ? 8 : 1;
}

async function becomeActive(db: Client): Promise<boolean> {
  const { rows } = await db.query<{ active: boolean }>('select pg_try_advisory_lock($1, $2) as active', [
    ...lockKey,
  ]);
  return rows[0]!.active;
}
