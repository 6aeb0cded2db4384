import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import { pino } from 'pino';
import { type CatalogInput, defineCatalog, text } from '../../src/catalog/define.ts';
import { anyParked } from '../../src/relay/aside/parked.ts';
import { type Cursor, firstCursor, readCursor } from '../../src/relay/cursor/cursor.ts';
import { eventTable } from '../../src/relay/events/events.ts';
import { createLateNames } from '../../src/relay/events/late-names.ts';
import { type PageContext, type Turned, turnPage } from '../../src/relay/page.ts';
import { preparePayloads } from '../../src/relay/payloads/payloads.ts';
import { prepareSession } from '../../src/relay/session.ts';
import type { PageSize } from '../../src/relay/window/window.ts';
import { captureAll } from '../fixtures/captured.ts';
import { createTestDatabase, type TestDatabase, withTemplate } from '../support/database.ts';

/** Four tables of their own records, and one whose rows are parts of a's. */
export const tables = ['a', 'b', 'c', 'd'] as const;
export type Table = (typeof tables)[number];

const fields = { id: text(), name: text() };
const notes = { table: 'a_notes', from: 'a_id', to: 'id' };

/**
 * @param tied b's rows are parts of a's records, too
 * @param touched changes of parts are updates of the record
 */
export function laneCatalog({ tied = false, touched = true } = {}): CatalogInput {
  const parts = tied ? [notes, { table: 'b', from: 'id', to: 'id', columns: ['unused'] }] : [notes];
  const all = tables.map((table) => [table, { table, fields, ...(table === 'a' ? { parts } : {}) }] as const);
  return {
    name: 'lanes',
    resources: Object.fromEntries(all),
    events: tables.flatMap((resource) => [
      { name: `${resource}_create`, resource, on: 'insert' as const },
      {
        ...{ name: `${resource}_update`, resource, on: 'update' as const },
        ...(touched ? {} : { columns: ['name'] }),
      },
      { name: `${resource}_delete`, resource, on: 'delete' as const },
    ]),
  };
}

export interface LaneEvent {
  readonly name: string;
  readonly key: string;
  readonly seq: number;
}

/** A relay that turns a page when the test says so. */
export interface LanesRun {
  readonly db: TestDatabase;
  cursor(): Cursor;
  turn(size?: PageSize): Promise<Turned>;
  /** Turns pages until nothing is left; returns how many lanes there were after each. */
  turnAll(size?: PageSize): Promise<number[]>;
  /** A page whose connection dies before the statement of this number; another relay takes over. */
  dieAt(statement: number, size?: PageSize): Promise<void>;
  /** The relay starts anew, with what may be another catalog. */
  restart(catalog?: CatalogInput): Promise<void>;
  /** In their order. */
  events(): Promise<LaneEvent[]>;
  end(): Promise<void>;
}

export const smallPage: PageSize = { rows: 8, changes: 8 };

async function build(url: string): Promise<void> {
  const setUp = new pg.Client({ connectionString: url });
  await setUp.connect();
  for (const table of tables) {
    await setUp.query(`create table ${table} (id bigint primary key, name text, unused int)`);
  }
  await setUp.query('create table a_notes (id bigint primary key, a_id bigint, name text)');
  // As many transactions as there are changes: each has an outbox row of its own.
  await setUp.query(`create procedure each_alone(statement text, first int, last int) language plpgsql as
    $$ begin for i in first..last loop execute statement using i; commit; end loop; end $$`);
  await captureAll(setUp, defineCatalog(laneCatalog({ tied: true })));
  await setUp.query(`insert into rowhook.endpoint (url, events) values ('http://127.0.0.1:9/', '{*}')`);
  await setUp.end();
}

export async function lanesRun(): Promise<LanesRun> {
  const db = await createTestDatabase({ template: await withTemplate('lanes', build) });
  let client: pg.Client;
  let context: PageContext;
  let cursor: Cursor;
  async function restart(input: CatalogInput = laneCatalog()): Promise<void> {
    await client?.end();
    const catalog = defineCatalog(input);
    client = new pg.Client({ connectionString: db.url, pipeline: true });
    client.on('error', () => {});
    await client.connect();
    await prepareSession(client, 1_000);
    const payloads = await preparePayloads(client, catalog);
    const log = pino({ level: 'silent' });
    const events = eventTable(catalog);
    context = {
      catalog,
      events,
      payloads,
      sources: new Map(),
      log,
      size: smallPage,
      roles: new Map(),
      lately: createLateNames(),
    };
    cursor = (await readCursor(client)) ?? (await firstCursor(client));
  }
  await restart();

  const turnOn = async (on: pg.Client, size: PageSize) =>
    turnPage(on, { ...context, size }, cursor, await anyParked(client));
  async function turn(size = smallPage): Promise<Turned> {
    const turned = await turnOn(client, size);
    cursor = turned.cursor;
    return turned;
  }
  return {
    db,
    restart,
    cursor: () => cursor,
    turn,
    async turnAll(size) {
      const lanes: number[] = [];
      for (;;) {
        const { id } = cursor;
        await turn(size);
        if (cursor.id === id) return lanes;
        lanes.push(cursor.others.length + 1);
      }
    },
    async dieAt(statement, size = smallPage) {
      let count = 0;
      const dying = new Proxy(client, {
        get(target, name) {
          if (name !== 'query') return Reflect.get(target, name);
          return (...asked: Parameters<pg.Client['query']>) => {
            if (++count > statement) return Promise.reject(new Error('the connection died'));
            return target.query(...asked);
          };
        },
      });
      const died = await turnOn(dying, size).catch(() => undefined);
      // What the server does when a session ends in a transaction.
      await client.query('rollback');
      cursor = died?.cursor ?? cursor;
      const kept = (await readCursor(client)) ?? (await firstCursor(client));
      if (!isDeepStrictEqual(kept, cursor)) throw new Error('the cursor is not what was kept');
    },
    async events() {
      const { rows } = await db.query<{ name: string; key: string; seq: string }>(
        'select name, record_key as key, seq from rowhook.event order by id',
      );
      return rows.map((row) => ({ ...row, seq: Number(row.seq) }));
    },
    end: () => client.end(),
  };
}

/** `a_create 5`, in their order. */
export const named = (events: readonly LaneEvent[]): string[] =>
  events.map(({ name, key }) => `${name} ${key}`);

/** What scenes are made of. */
export function lanesScene(run: () => LanesRun) {
  /** Transactions of one change each. */
  const each = (statement: string, first: number, last: number) =>
    run().db.query('call each_alone($1, $2, $3)', [statement, first, last]);
  const backlog = (count = 120) => each(`insert into a values ($1, 'n')`, 1, count);
  const count = async (start: string) =>
    named(await run().events()).filter((name) => name.startsWith(start)).length;
  /** Pages until such an event is there. */
  const pagesUntil = async (name: string) => {
    for (let pages = 1; pages < 100; pages++) {
      await run().turn();
      if (named(await run().events()).includes(name)) return pages;
    }
    return Number.POSITIVE_INFINITY;
  };
  const open = async () => {
    await backlog();
    while (run().cursor().reading === null) await run().turn();
    if (run().cursor().others.length !== 1) throw new Error('the lane did not split');
  };
  return { each, backlog, count, pagesUntil, open };
}
