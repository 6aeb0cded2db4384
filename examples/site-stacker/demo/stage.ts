import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { startCrmApi } from '../api/app.ts';
import type { Wishes } from './arguments.ts';
import { Crm } from './crm.ts';
import { DaemonProcess } from './daemon.ts';
import { startDatabase, useDatabase } from './database.ts';
import { type Change, type Entry, Ledger } from './ledger.ts';
import { migrate } from './migrate.ts';
import { type Arrival, type ReceiverOptions, startReceiver } from './receiver.ts';

/** Everything that the demo runs. */
export interface Stage {
  readonly crm: Crm;
  readonly ledger: Ledger;
  /** The endpoint's first delivery. */
  readonly ping: Arrival;
  readonly databaseUrl: string;
  /** A database that was given has the user's own password in its URL: not to be shown. */
  readonly databaseIsOurs: boolean;
  readonly databaseDescription: string;
  readonly apiUrl: string;
  readonly receiverUrl: string;
  readonly secret: string;
  readonly daemonPid: number;
  readonly migrations: readonly string[];
  /** Rejects when the daemon ends by itself. Never resolves. */
  readonly failed: Promise<never>;
  /** Aborted when the user wants the demo to end, and when the daemon has ended: no more changes are to be made. */
  readonly ended: AbortSignal;
}

export interface StageOptions {
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
  const { wishes, signal, progress, onArrival, onChange, answer } = options;
  progress(wishes.databaseUrl === undefined ? 'starting Postgres' : 'loading the CRM into the database');
  const database = await (wishes.databaseUrl === undefined
    ? startDatabase()
    : useDatabase(wishes.databaseUrl));
  closers.push(async () => {
    if (!wishes.keep) return database.close();
    progress(`kept: ${database.url}\nto be rid of it: ${await database.keep()}`);
  });
  progress(database.description);
  signal.throwIfAborted();

  const ledger = new Ledger(onArrival);
  const secret = randomBytes(24).toString('hex');
  const receiver = await startReceiver({ secret, answer, onArrival: (arrival) => ledger.arrive(arrival) });
  closers.push(() => receiver.close());

  const { migrations } = await migrate(database.url, { url: receiver.url, secret });
  progress(`rowhook installed by ${migrations.length} migrations`);
  signal.throwIfAborted();

  const apiPool = openPool(database.url);
  closers.push(() => apiPool.end());
  const sqlPool = openPool(database.url);
  closers.push(() => sqlPool.end());
  const api = await startCrmApi({ pool: apiPool });
  closers.push(() => api.close());
  progress(`CRM API on ${api.url}`);

  const { rows } = await sqlPool.query('select id::text from rowhook.endpoint');
  const created: Change = { by: 'SQL', what: 'the endpoint is created', requestId: undefined };
  const [entry] = ledger.enter(created, performance.now(), [['ping', String(rows[0]?.id)]]);
  const daemon = new DaemonProcess(database.url);
  closers.push(() => daemon.stop());
  const started = await Promise.race([ledger.settled(startMs), daemon.failed, aborted(signal)]);
  if (!started || !entry?.arrival) {
    throw new Error(
      `no ping has arrived within ${startMs / 1000} s of the daemon's start; ${daemon.lastWords()}`,
    );
  }
  progress(`daemon started (pid ${daemon.pid}), its ping has arrived`);

  const crm = new Crm({
    apiUrl: api.url,
    apiPool,
    sqlPool,
    ledger,
    onChange: (change, entries) => onChange?.(stage, change, entries),
  });
  const stage: Stage = {
    crm,
    ledger,
    ping: entry.arrival,
    databaseUrl: database.url,
    databaseIsOurs: wishes.databaseUrl === undefined,
    databaseDescription: database.description,
    apiUrl: api.url,
    receiverUrl: receiver.url,
    secret,
    daemonPid: daemon.pid,
    migrations,
    failed: daemon.failed,
    ended: endOf(signal, daemon),
  };
  return stage;
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
