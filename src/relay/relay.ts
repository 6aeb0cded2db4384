import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { RowhookError } from '../errors.ts';
import { createLifetime, type Lifetime } from '../lifetime.ts';
import { fullSpeed, rest } from '../pace.ts';
import { anyParked } from './aside/parked.ts';
import { createRetries } from './aside/retries.ts';
import { anySetAside } from './aside/set-aside.ts';
import { pruneCursors } from './cursor/cursor.ts';
import { openCursor } from './cursor/open-cursor.ts';
import { reclaim } from './cursor/reclaim.ts';
import { createDoze } from './doze.ts';
import { followDatabase } from './events/event-ids.ts';
import { eventTable } from './events/events.ts';
import { createLateNames } from './events/late-names.ts';
import { createLooks } from './looks.ts';
import type { RelayOptions } from './options.ts';
import { type PageContext, turnPage } from './page.ts';
import { createPause } from './pause.ts';
import { PageTooLarge } from './payloads/external.ts';
import { preparePayloads } from './payloads/payloads.ts';
import { prepareSession } from './session.ts';
import { announceAwake } from './sleep.ts';
import { warmUp } from './warm-up.ts';

/** `standby`: another daemon's relay is the active one. */
export type Standing = 'standby' | 'reading' | 'asleep' | 'failing' | 'stopped';

export interface Relay extends Lifetime {
  standing(): Standing;
  /** Resolves when the first change would be read at once, or it is known that this relay does not read for now: it stands by, or fails. */
  ready(): Promise<void>;
  /** Whether this ring for dispatchers is its own, which has called `onDeliveries`. */
  isOwnRing(by: string): boolean;
  /** Since when nothing could be read; undefined: the last look went well. */
  failingSince(): Date | undefined;
}

/** The lock that one relay holds for as long as it is active; rowhook.ring() looks for it too. */
const lockKey = [1919907688, 1] as const;
/** Row changes on a page, at most. */
const largestPage = 2_000;
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
  const { log, bell, pace = fullSpeed, drowsyMs, pollMs = defaultPollMs } = options;
  const pause = createPause();
  let standing: Standing = 'stopped';
  const stopped = new AbortController();
  let stopping = false;
  let changes = largestPage;
  let failingSince: Date | undefined;
  let client: Client | undefined;
  /** The server's process that the active relay's session is. */
  let session: string | undefined;
  let running: Promise<void> = Promise.resolve();
  let tellReady = (): void => {};
  const ready = new Promise<void>((resolve) => {
    tellReady = resolve;
  });
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
        tellReady();
        failingSince ??= new Date();
        log.error({ err: error, retryMs }, 'the relay failed, and tries again');
        await pause.forMs(retryMs);
        retryMs = Math.min(retryMs * 2, slowestRetryMs);
        // What failed may have been its size: records can be megabytes.
        changes = Math.max(leastPage(error), Math.floor(changes / 4));
      }
    }
    standing = 'stopped';
    tellReady();
  }

  async function runOnce(onPage: () => void): Promise<void> {
    const db = new Client({ ...options.connection, query_timeout: answerMs, pipeline: true });
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
      await prepareSession(db, pollMs, options.frozenMs);
      while (!stopping && !(await becomeActive(db))) {
        standing = 'standby';
        tellReady();
        failingSince = undefined;
        await pause.forMs(standbyMs);
      }
      if (stopping) return;
      session = await sessionOf(db);
      standing = 'reading';
      log.info('the relay is active');
      await read(db, onPage);
    } finally {
      client = undefined;
      // The answer to its last commit may be lost, and the ring was taken for its own.
      if (session !== undefined) options.onDeliveries();
      session = undefined;
      // A dead connection may never say goodbye.
      await Promise.race([db.end().catch(() => {}), sleep(goodbyeMs, undefined, { ref: false })]);
      db.connection.stream.destroy();
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
      lately: createLateNames(),
    };
    await followDatabase(db);
    let cursor = await openCursor(db, log);
    await warmUp(db, context, cursor);
    let parked = await anyParked(db);
    const retries = createRetries(await anySetAside(db), log);
    let prunedTo = 0;
    // Not by the clock, which can be set.
    let housekeeping = performance.now();
    const isHousekeepingDue = () => performance.now() - housekeeping > housekeepingMs;
    await announceAwake(db);
    tellReady();
    const doze = createDoze({ pause, drowsyMs, pollMs });
    const looks = createLooks();
    while (!stopping) {
      const isIdle = doze.isWatching && !parked && !retries.isTime && !isHousekeepingDue();
      if (isIdle && (await looks.nothingNew(db))) {
        standing = (await doze.nothingSeen(db)) ? 'asleep' : 'reading';
        continue;
      }
      const most = pace.batch(changes);
      const size = { rows: most, changes: most };
      const startedAt = performance.now();
      const turned = await turnPage(db, { ...context, size, setAside: retries.any }, cursor, parked);
      // At once: the ring is taken for its own, and what follows may wait for the application, or fail.
      if (turned.deliveries > 0) options.onDeliveries();
      if (turned.readUpTo) looks.readUpTo(turned.readUpTo, turned.writtenAs);
      cursor = turned.cursor;
      parked = turned.parked && (turned.full || (await anyParked(db)));
      if (turned.setAside) retries.heard();
      const retried = await retries.turn(db, { ...context, size }, cursor, turned.changes > 0);
      // Not before: what fails in there would be tried again without a pause, and nobody would be told since when.
      onPage();
      cursor = retried?.cursor ?? cursor;
      parked ||= retried?.parked ?? false;
      if (retried && retried.deliveries > 0) options.onDeliveries();
      if (turned.changes > 0) {
        options.onPage?.(turned);
        log.debug({ changes: turned.changes, events: turned.events, deliveries: turned.deliveries }, 'page');
        await doze.worked(db, turned.changes);
      }
      await rest(
        pace,
        performance.now() - startedAt,
        // Not the pause, which would take a ring for its own that is for the doze behind it.
        (ms) => sleep(ms),
        () => stopping,
      );
      // Also in the middle of a backlog, which may last for hours.
      if (isHousekeepingDue()) {
        housekeeping = performance.now();
        await followDatabase(db);
        prunedTo = await pruneCursors(db, cursor.id, prunedTo);
        const emptied = await reclaim(db, cursor, (partition, err) =>
          log.warn({ err, partition }, 'an outbox partition cannot be emptied'),
        );
        if (emptied.length > 0) log.info({ partitions: emptied }, 'outbox partitions emptied');
      }
      const isAsleep = !turned.full && !retried?.more && (await doze.nothingCame(db));
      standing = isAsleep ? 'asleep' : 'reading';
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
      // The page under way commits or not, as far as it was sent: whoever comes next reads the cursor.
      client?.connection.stream.destroy();
    },
  });
  return {
    ...lifetime,
    standing: () => standing,
    ready: () => ready,
    isOwnRing: (by) => by === session,
    failingSince: () => failingSince,
  };
}

/** Where the application fails, a few other records stay on the page: they tell whether it fails for one alone. */
function leastPage(error: unknown): number {
  const isOfSource = error instanceof RowhookError && error.code.startsWith('source_');
  return isOfSource && !(error instanceof PageTooLarge) ? 8 : 1;
}

async function sessionOf(db: Client): Promise<string> {
  const { rows } = await db.query<{ pid: string }>('select pg_backend_pid()::text as pid');
  return rows[0]!.pid;
}

async function becomeActive(db: Client): Promise<boolean> {
  const { rows } = await db.query<{ active: boolean }>('select pg_try_advisory_lock($1, $2) as active', [
    ...lockKey,
  ]);
  return rows[0]!.active;
}
