import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';
import { pino } from 'pino';
import { v4, v7 } from 'uuid';
import { createDispatcher, type Dispatcher, type DispatcherOptions } from '../../src/delivery/dispatcher.ts';
import { type Claimed, type ClaimRequest, claim, type Lane } from '../../src/delivery/queue/claim.ts';
import type { Finished } from '../../src/delivery/queue/record.ts';
import { moveDueRetries } from '../../src/delivery/queue/retries.ts';
import type { Session } from '../../src/delivery/queue/session.ts';
import type { Dialect } from '../../src/wire/dialect.ts';
import { dialectNamed } from '../../src/wire/dialects.ts';
import { siteStacker } from '../../src/wire/site-stacker.ts';
import { createTestDatabase, type TestDatabase, withTemplate } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';

/** A database that holds rowhook's schema and nothing else. */
export async function queueDatabase(): Promise<TestDatabase> {
  const template = await withTemplate('rowhook-schema', async (url) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const folder = new URL('../../sql/schema/', import.meta.url);
    for (const file of (await readdir(folder)).sort()) {
      await client.query(await readFile(new URL(file, folder), 'utf8'));
    }
    await client.end();
  });
  return createTestDatabase({ template });
}

/** Runs each statement on any connection of the pool: for tests of statements, which want nothing kept. */
export function poolSession(db: TestDatabase): Session {
  return {
    query: (statement, values) => db.pool.query({ ...statement, values: [...values] }),
    close() {},
  };
}

/** Statements of one transaction, which the test ends: what it locks stays locked, what it wrote is seen by nobody else before. */
export async function openSession(db: TestDatabase): Promise<Session & { commit(): Promise<void> }> {
  const client = await db.pool.connect();
  await client.query('begin');
  return {
    query: (statement, values) => client.query({ ...statement, values: [...values] }),
    async commit() {
      await client.query('commit');
      client.release();
    },
    close() {},
  };
}

/** A claim of up to a hundred deliveries of each lane, up to ten of each endpoint. */
export function claimRequest(more: Partial<ClaimRequest> = {}): ClaimRequest {
  const turn = { limit: 100, afterEndpoint: '0' };
  return {
    lease: v4(),
    keeper: '00000000-0000-4000-8000-000000000001',
    defaultTimeoutMs: 60_000,
    marginMs: 0,
    sendBy: 0,
    freshFrom: '00000000-0000-0000-0000-000000000000',
    turns: [turn, turn, turn],
    lanes: [],
    roomOfOthers: 10,
    full: true,
    suspicious: true,
    bytes: 1_000_000,
    ...more,
  };
}

/** What such a claim brings. */
export async function claimDue(session: Session, more: Partial<ClaimRequest> = {}): Promise<Claimed[]> {
  return [...(await claim(session, claimRequest(more))).deliveries];
}

/** The end of a request that succeeded. */
export function finish(delivery: Claimed, more: Partial<Finished> = {}): Finished {
  return {
    delivery,
    attemptId: v7(),
    startedAt: new Date(),
    durationMs: 3,
    verdict: { verdict: 'succeeded', reason: 'success' },
    detail: null,
    url: delivery.url,
    dialect: 'site-stacker',
    requestHeaders: [],
    status: 200,
    responseHeaders: [['x', 'y']],
    responseBody: Buffer.from('ok'),
    responseCut: false,
    ...more,
  };
}

export async function addEndpoint(
  db: TestDatabase,
  url: string,
  more: { secret?: string | null; active?: boolean; dialect?: string | null } = {},
): Promise<string> {
  const { secret = null, active = true, dialect = null } = more;
  const { rows } = await db.query<{ id: string }>(
    `insert into rowhook.endpoint (url, events, secret, active, dialect) values ($1, '{*}', $2, $3, $4) returning id::text`,
    [url, secret, active, dialect],
  );
  return rows[0]!.id;
}

/**
 * Makes an event for each payload and its delivery to the endpoint; returns the deliveries' ids, the oldest first.
 * @param more.key of the record that they are in order with, as the relay has it for an endpoint with ordering by record
 */
export async function enqueue(
  db: TestDatabase,
  endpointId: string,
  payloads: readonly string[] = ['{"id":"412"}'],
  more: { requestId?: string | null; name?: string; key?: string; lane?: Lane } = {},
): Promise<string[]> {
  const { requestId = null, name = 'person_update', key = null, lane = 0 } = more;
  const made = payloads.map((payload) => ({ payload, event: v7(), id: v7() }));
  await db.query(
    `with event as (
       insert into rowhook.event (id, name, resource, record_key, request_id, payload, delivery_count, seq, changed_at)
       select id, $4, 'person', coalesce($7, '412'), $3, payload, 1, 1, now() from unnest($1::uuid[], $2::text[]) as t (id, payload)
     )
     insert into rowhook.delivery (lane, slot, endpoint_id, id, event_id, record)
     select $8, slot, $6, id, event, 'person:' || $7
       from unnest($1::uuid[], $5::uuid[]) as t (event, id), rowhook.delivery_slot`,
    [
      made.map((each) => each.event),
      payloads,
      requestId,
      name,
      made.map((each) => each.id),
      endpointId,
      key,
      lane,
    ],
  );
  return made.map((each) => each.id);
}

/** Payloads that tell each other apart. */
export const payloads = (count: number): string[] => Array.from({ length: count }, (_, n) => `{"id":"${n}"}`);

/** Site Stacker's dialect with a schedule that a test can wait for. */
export function impatient(retries: number, delayMs: number): Dialect {
  return { ...siteStacker, retryDelayMs: (attempts) => (attempts <= retries ? delayMs : undefined) };
}

export type LogLine = Record<string, unknown> & { msg: string; level: number };

/**
 * A dispatcher at work on the database's pool, and what it logs. It may call this machine.
 * @param more.dialect of all endpoints; default: their own, else Site Stacker's
 */
export async function startDispatcher(
  db: { pool: pg.Pool },
  more: { dialect?: Dialect | undefined; options?: DispatcherOptions } = {},
): Promise<{ dispatcher: Dispatcher; lines: LogLine[] }> {
  const { dialect, options } = more;
  const lines: LogLine[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const dispatcher = createDispatcher({
    pool: db.pool,
    log,
    dialectOf: (name) => dialect ?? dialectNamed(name ?? 'site-stacker'),
    options: { timeoutMs: 5_000, pollMs: 50, allow: ['127.0.0.0/8', 'localhost'], ...options },
  });
  await dispatcher.start();
  return { dispatcher, lines };
}

export interface AttemptRow {
  delivery_id: string;
  number: number;
  verdict: string;
  reason: string;
  detail: string | null;
  request_headers: [string, string][];
  response_status: number | null;
  response_headers: [string, string][] | null;
  response_body: Buffer | null;
  response_cut: boolean;
  duration_ms: number;
  due_at: Date | null;
  started_at: Date;
}

/** All attempts, or those of one delivery, in order. */
export async function attempts(db: TestDatabase, deliveryId?: string): Promise<AttemptRow[]> {
  const { rows } = await db.query<AttemptRow>(
    'select * from rowhook.attempt where delivery_id = $1 or $1 is null order by id',
    [deliveryId ?? null],
  );
  return rows;
}

export async function count(db: TestDatabase, what: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(`select count(*)::int as count from rowhook.${what}`);
  return rows[0]!.count;
}

/** Brings all waiting retries back as if their time had come. */
export async function retryNow(db: TestDatabase): Promise<void> {
  await db.query('update rowhook.delivery_waiting set due_at = now()');
  await moveDueRetries(db.pool, new Date(0));
}

/** Lets a dispatcher send what is due until nothing is. Failed ones are put back so that all get `rounds` attempts in all. */
export async function sendAll(db: TestDatabase, { retries = 0, rounds = 1 } = {}): Promise<void> {
  const { dispatcher } = await startDispatcher(db, { dialect: impatient(retries, 3_600_000) });
  for (let round = 1; round <= rounds; round += 1) {
    await waitUntil(
      async () => {
        const { rows } = await db.query(
          `select from rowhook.delivery join rowhook.endpoint on endpoint.id = endpoint_id where active`,
        );
        return rows.length === 0;
      },
      { what: 'nothing to be due' },
    );
    if (round < rounds) await retryNow(db);
    dispatcher.wake();
  }
  await dispatcher.stop();
}
