import pg from 'pg';
import { pino } from 'pino';
import { captureTable } from '../../src/capture/install.ts';
import { capturePlans } from '../../src/capture/plan.ts';
import { defineCatalog } from '../../src/catalog/define.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import { anyParked } from '../../src/relay/aside/parked.ts';
import { readCursor } from '../../src/relay/cursor/cursor.ts';
import { eventTable } from '../../src/relay/events/events.ts';
import { createLateNames } from '../../src/relay/events/late-names.ts';
import { turnPage } from '../../src/relay/page.ts';
import { preparePayloads } from '../../src/relay/payloads/payloads.ts';
import { prepareSession } from '../../src/relay/session.ts';
import { captureAll } from '../fixtures/captured.ts';
import { waitUntil } from '../support/wait.ts';
import { run } from './copy.ts';
import type { Statement } from './statements.ts';
import { type SteeredRelay, steerRelay } from './steered-relay.ts';
import { catalogInput, someEvents, tablesSql } from './tables.ts';

/** An event of the relay, with its deliveries. */
export interface ArenaEvent {
  readonly name: string;
  /** `resource key` */
  readonly record: string;
  readonly payload: string | null;
  /** Endpoints that get it. */
  readonly to: readonly string[];
}

/** A database in which one history after the other is played, each with keys of its own. */
export interface Arena {
  readonly catalog: Catalog;
  readonly hasMerge: boolean;
  readonly relay: SteeredRelay;
  /** Runs a statement in one of the connections; -1 is the owner's. */
  run(by: number, statement: Statement): Promise<void>;
  /** Puts triggers on the partitions of `seat` that have none. */
  mend(): Promise<void>;
  /** Turns a page as a relay does that believes to be the only one. */
  rival(): Promise<void>;
  /** Waits until everything that is committed has become events, and returns those that have come since the last time. */
  events(): Promise<ArenaEvent[]>;
  /** Stops the server at once, and starts it again. */
  crash(): Promise<void>;
  /** Makes what a broken history left ready for the next one. */
  reset(): Promise<void>;
  end(): Promise<void>;
}

const connections = 5;
/** Keys that one history may use. */
export const keysOfOne = 20;

export interface ArenaOptions {
  /** Default: a relay in this process, which can be held between any two statements. */
  readonly steer?: typeof steerRelay;
  /** Restarts the server as after a crash. */
  readonly restart?: () => Promise<void>;
  /** How long the relay may take to read what is there, in ms. */
  readonly patienceMs?: number;
}

/** @param url of an empty database, of a role that owns it */
export async function openArena(
  url: string,
  { steer = steerRelay, restart, patienceMs = 10_000 }: ArenaOptions = {},
): Promise<Arena> {
  const catalog = defineCatalog(catalogInput);
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url, pipeline: true });
    client.on('error', () => {});
    await client.connect();
    // A net: no statement of a history has to wait for another one's transaction.
    await client.query(`set lock_timeout = '10s'`);
    return client;
  };
  const connectRival = async (): Promise<pg.Client> => {
    const client = await connect();
    await prepareSession(client, 1_000);
    return client;
  };
  let owner = await connect();
  const { rows } = await owner.query<{ version: number }>(
    `select current_setting('server_version_num')::int as version`,
  );
  await owner.query(tablesSql);
  await captureAll(owner, catalog);
  await owner.query(`insert into rowhook.endpoint (url, events) values ('http://127.0.0.1:9/', '{*}')`);
  await owner.query(`insert into rowhook.endpoint (url, events) values ('http://127.0.0.1:9/', $1)`, [
    someEvents,
  ]);
  let clients = await Promise.all(Array.from({ length: connections }, connect));
  const admin = new pg.Pool({ connectionString: url, max: 2 });
  admin.on('error', () => {});
  const relay = await steer(url, catalog, admin);
  let rival = await connectRival();
  const rivalContext = {
    catalog,
    events: eventTable(catalog),
    payloads: await preparePayloads(rival, catalog),
    sources: new Map(),
    log: pino({ level: 'silent' }),
    roles: new Map(),
    lately: createLateNames(),
  };
  const seat = capturePlans(catalog).find(({ table }) => table === '"public"."seat"')!;
  let lastId = '00000000-0000-0000-0000-000000000000';

  async function turnAsRival(): Promise<void> {
    const cursor = await readCursor(rival);
    if (!cursor) return;
    const size = { rows: relay.pageSize, changes: relay.pageSize };
    await turnPage(rival, { ...rivalContext, size }, cursor, await anyParked(rival)).catch(
      (error: unknown) => {
        const { code, message } = error as { code?: string; message: string };
        // The relay was faster.
        if (!['23505', '40001'].includes(code ?? '') && !message.includes('another relay')) throw error;
      },
    );
  }

  async function caughtUp(xid: string): Promise<boolean> {
    const { rows: found } = await admin.query<{ done: boolean }>(
      `select c.reading is null and c.lanes = '[]' and pg_visible_in_snapshot($1::text::xid8, c.consumed)
         and not exists (select from rowhook.relay_parked) as done
       from rowhook.relay_cursor c order by c.id desc limit 1`,
      [xid],
    );
    return found[0]?.done ?? false;
  }

  async function events(): Promise<ArenaEvent[]> {
    relay.free();
    const { rows: marked } = await owner.query<{ xid: string }>(
      'insert into marker default values returning pg_current_xact_id()::text as xid',
    );
    await waitUntil(() => caughtUp(marked[0]!.xid), {
      timeoutMs: patienceMs,
      what: 'the relay to read everything',
    });
    const { rows: found } = await admin.query<ArenaEvent & { id: string; at: string }>(
      `select e.id, e.name, concat_ws(' ', e.resource, coalesce(e.record_key, '')) as record, e.payload,
         array(
           select d.endpoint_id::text
           from (
             select endpoint_id, id, event_id from rowhook.delivery
             union select endpoint_id, id, event_id from rowhook.delivery_waiting
             union select endpoint_id, delivery_id, event_id from rowhook.attempt
           ) d
           where d.event_id = e.id order by 1
         ) as to
       from rowhook.event e where e.id > $1 order by e.id`,
      [lastId],
    );
    lastId = found.at(-1)?.id ?? lastId;
    await admin.query('delete from rowhook.delivery; delete from rowhook.delivery_waiting');
    return found;
  }

  return {
    catalog,
    hasMerge: rows[0]!.version >= 150_000,
    relay,
    run: (by, statement) => run(by < 0 ? owner : clients[by]!, statement),
    async mend() {
      await owner.query('begin');
      await captureTable(owner, seat);
      await owner.query('commit');
    },
    async rival() {
      let done = false;
      let failure: unknown;
      void turnAsRival()
        .catch((error: unknown) => {
          failure = error;
        })
        .finally(() => {
          done = true;
        });
      // Where the relay's page has its cursor already, the rival's waits to see what becomes of that.
      await waitUntil(
        async () => {
          if (done) return true;
          const { rows: blocking } = await admin.query('select from unnest(pg_blocking_pids($1))', [
            (rival as unknown as { processID: number }).processID,
          ]);
          if (blocking.length > 0) await relay.endPage();
          return false;
        },
        { what: 'the page of the rival' },
      );
      if (failure !== undefined) throw failure;
    },
    events,
    async crash() {
      await restart?.();
      await Promise.all([owner, rival, ...clients].map((client) => client.end().catch(() => {})));
      [owner, rival] = [await connect(), await connectRival()];
      clients = await Promise.all(clients.map(connect));
    },
    async reset() {
      for (const client of [...clients, owner, rival]) await client.query('rollback');
      await relay.restart();
      await events();
    },
    async end() {
      await relay.stop();
      await Promise.all([owner, rival, ...clients].map((client) => client.end()));
      await admin.end();
    },
  };
}
