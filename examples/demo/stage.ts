import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { Application } from './application.ts';
import type { Wishes } from './arguments.ts';
import { DaemonProcess } from './daemon.ts';
import { startDatabase, useDatabase } from './database.ts';
import { type Change, type Entry, Ledger } from './ledger.ts';
import { type Arrival, type ReceiverOptions, startReceiver } from './receiver.ts';
import type { System } from './system.ts';

/** Everything that the demo runs. */
export interface Stage {
  readonly system: System;
  readonly application: Application;
  readonly ledger: Ledger;
  /** What the daemon has delivered first. */
  readonly opening: readonly Entry[];
  readonly databaseUrl: string;
  /** A database that was given has the user's own password in its URL: not to be shown. */
  readonly databaseIsOurs: boolean;
  readonly databaseDescription: string;
  readonly apiUrl: string;
  readonly receiverUrl: string;
  readonly daemonPid: number;
  /** Of the daemon's admin page; whoever opens it is signed in. */
  readonly adminUrl: string;
  readonly migrations: readonly string[];
  /** Rejects when the daemon ends by itself. Never resolves. */
  readonly failed: Promise<never>;
  /** Aborted when the user wants the demo to end, and when the daemon has ended: no more changes are to be made. */
  readonly ended: AbortSignal;
}

export interface StageOptions {
  readonly system: System;
  readonly wishes: Wishes;
  /** Aborted when the user wants the demo to end, also while it is being set up. */
  readonly signal: AbortSignal;
  /** Says what is being done. */
  readonly progress: (text: string) => void;
  readonly onArrival: (arrival: Arrival, entry: Entry | undefined) => void;
  readonly onChange?: (stage: Stage, change: Change, entries: readonly Entry[]) => Promise<void> | void;
  readonly answer?: ReceiverOptions['answer'];
}

const startMs = 30_000;

/** Sets everything up, lets `play` run, and takes everything down again in the end, whatever happened. */
export async function onStage<T>(options: StageOptions, play: (stage: Stage) => Promise<T>): Promise<T> {
  const { wishes, signal, progress } = options;
  const closers: Array<() => Promise<unknown>> = [];
  try {
    const stage = await setUp(options, closers);
    return await Promise.race([play(stage), stage.failed]);
  } finally {
    if (!signal.aborted && closers.length > 0)
      progress(wishes.keep ? 'stopping everything but Postgres' : 'stopping');
    for (const close of closers.reverse()) {
      // What cannot be closed must not keep the rest from being closed.
      await close().catch((error: Error) => progress(`while stopping: ${error.message}`));
    }
  }
}

async function setUp(options: StageOptions, closers: Array<() => Promise<unknown>>): Promise<Stage> {
  const { system, wishes, signal, progress, onArrival, onChange, answer } = options;
  const { applicationName } = system;
  progress(
    wishes.databaseUrl === undefined
      ? 'starting Postgres'
      : `loading the ${applicationName} into the database`,
  );
  const database = await (wishes.databaseUrl === undefined
    ? startDatabase(system)
    : useDatabase(wishes.databaseUrl, system));
  closers.push(async () => {
    if (!wishes.keep) return database.close();
    progress(`kept: ${database.url}\nto be rid of it: ${await database.keep()}`);
  });
  progress(database.description);
  signal.throwIfAborted();

  const ledger = new Ledger(system.sameAs, onArrival);
  const receiver = await startReceiver({ system, answer, onArrival: (arrival) => ledger.arrive(arrival) });
  closers.push(() => receiver.close());

  const { migrations } = await system.install(database.url, receiver.url);
  progress(`rowhook installed by ${migrations.length} migrations`);
  signal.throwIfAborted();

  const apiPool = openPool(database.url);
  closers.push(() => apiPool.end());
  const sqlPool = openPool(database.url);
  closers.push(() => sqlPool.end());
  const api = await system.startApi(apiPool);
  closers.push(() => api.close());
  progress(`${applicationName} API on ${api.url}`);

  const { what, raises } = await system.opening(sqlPool);
  const first: Change = { by: 'SQL', what, requestId: undefined };
  const opening = ledger.enter(first, performance.now(), raises);
  const daemon = new DaemonProcess(system.config, {
    ROWHOOK_DATABASE_URL: database.url,
    ...(await trusted(system, closers)),
  });
  closers.push(() => daemon.stop());
  const started = await Promise.race([ledger.settled(startMs), daemon.failed, aborted(signal)]);
  if (!started) {
    throw new Error(
      `${missing(ledger)} has not arrived within ${startMs / 1000} s of the daemon's start; ${daemon.lastWords()}`,
    );
  }
  progress(`daemon started (pid ${daemon.pid}), its first deliveries have arrived`);
  const adminUrl = await Promise.race([daemon.adminUrl, daemon.failed, aborted(signal)]);
  progress(`admin page: ${adminUrl}`);

  const application = new Application({
    apiUrl: api.url,
    apiPool,
    sqlPool,
    ledger,
    hasRequestIds: system.hasRequestIds,
    onChange: (change, entries) => onChange?.(stage, change, entries),
  });
  const stage: Stage = {
    system,
    application,
    ledger,
    opening,
    databaseUrl: database.url,
    databaseIsOurs: wishes.databaseUrl === undefined,
    databaseDescription: database.description,
    apiUrl: api.url,
    receiverUrl: receiver.url,
    daemonPid: daemon.pid,
    adminUrl,
    migrations,
    failed: daemon.failed,
    ended: endOf(signal, daemon),
  };
  return stage;
}

const missing = (ledger: Ledger): string =>
  ledger.missing.map(({ event, key }) => `${event} ${key}`).join(', ');

/** What makes the daemon's process trust the receiver's certificate, which nobody vouches for. It can be told by a file alone. */
async function trusted(
  { tls }: System,
  closers: Array<() => Promise<unknown>>,
): Promise<Record<string, string>> {
  if (!tls) return {};
  const folder = await mkdtemp(join(tmpdir(), 'rowhook-demo-'));
  closers.push(() => rm(folder, { recursive: true }));
  const file = join(folder, 'receiver.crt');
  await writeFile(file, tls.cert);
  return { NODE_EXTRA_CA_CERTS: file };
}

function endOf(signal: AbortSignal, daemon: DaemonProcess): AbortSignal {
  const end = new AbortController();
  if (signal.aborted) end.abort();
  signal.addEventListener('abort', () => end.abort(), { once: true });
  daemon.failed.catch(() => end.abort());
  return end.signal;
}

function openPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 4 });
  // A connection that is lost is replaced; unheard, its error would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Rejects with the signal's reason when it is aborted. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
