import { quoteTable } from '../catalog/table-name.ts';
import type { Catalog } from '../catalog/types.ts';
import type { Drift } from '../drift/kinds.ts';
import { createLook } from '../drift/look.ts';
import type { Queryable } from '../store/sql.ts';
import type { Count } from '../store/status.ts';
import type { KnownRecord } from './record-name.ts';

/** A record that is set aside, with the events that wait, the first ones. */
export interface SetAsideFacts {
  readonly reason: string;
  readonly detail: string;
  readonly setAsideAt: Date;
  readonly tries: number;
  readonly retryAt: Date;
  readonly events: readonly string[];
  readonly count: Count;
}

/** Events that wait for a record's last row. */
export interface ParkedFacts {
  readonly event: string;
  readonly resource: string;
  readonly key: string;
}

export interface GapFacts {
  /** Quoted and schema-qualified. */
  readonly table: string;
  readonly kind: 'truncate' | 'bypassed';
  readonly firstAt: Date;
  readonly lastAt: Date;
  /** Counted up to 1,000. */
  readonly transactions: number;
}

const eventsMost = 1_000;
const namesMost = 20;

export async function readSetAside(
  db: Queryable,
  { resource, key }: Pick<KnownRecord, 'resource' | 'key'>,
): Promise<SetAsideFacts | undefined> {
  const { rows } = await db.query<Omit<SetAsideFacts, 'count'> & { count: number }>(
    `select s.reason, s.detail, s.set_aside_at as "setAsideAt", s.tries, s.retry_at as "retryAt",
       array(select e.event ->> 'name' from rowhook.set_aside_event e
         where e.resource = s.resource and e.record_key = s.record_key and e.event is not null order by e.id limit $3) as events,
       (select count(*)::int from (select from rowhook.set_aside_event e
         where e.resource = s.resource and e.record_key = s.record_key and e.event is not null limit $4) e) as count
     from rowhook.set_aside s where s.resource = $1 and s.record_key = $2`,
    [resource, key, namesMost, eventsMost],
  );
  const [found] = rows;
  return found && { ...found, count: { count: found.count, atLeast: found.count === eventsMost } };
}

/** By the index on the parked event's own record, not on the one that it waits for. */
export async function readParked(
  db: Queryable,
  { resource, key }: Pick<KnownRecord, 'resource' | 'key'>,
): Promise<ParkedFacts[]> {
  const { rows } = await db.query<ParkedFacts>(
    `select event ->> 'name' as event, resource, record_key as key from rowhook.relay_parked
      where (event ->> 'resourceName') = $1 and (event ->> 'key') = $2 order by id limit $3`,
    [resource, key, namesMost],
  );
  return rows;
}

/** The tables of a record: its own, and those of its parts; quoted and schema-qualified. */
export function tablesOf({ definition }: Pick<KnownRecord, 'definition'>): string[] {
  return [
    ...new Set([definition.table, ...(definition.parts ?? []).map(({ table }) => table)].map(quoteTable)),
  ];
}

/** Gaps of these tables since a moment, known ones too: what was missed then is missing still. */
export async function readGaps(db: Queryable, tables: readonly string[], since: Date): Promise<GapFacts[]> {
  const { rows } = await db.query<GapFacts>(
    `select c.table_name as "table", g.kind, g.first_at as "firstAt", g.last_at as "lastAt", g.transactions
       from rowhook.gap g join rowhook.capture c on c.id = g.capture_id
      where c.table_name = any ($1::text[]) and g.last_at + interval '10 seconds' >= $2::timestamptz
      order by g.last_at`,
    // Postgres has no year 0, and other limits than JavaScript; no gap is as old as that.
    [tables, new Date(Math.max(0, since.getTime())).toISOString()],
  );
  return rows;
}

/** What is wrong with these tables, or with capture as a whole. */
export async function readDrift(
  db: Queryable,
  catalog: Catalog,
  tables: readonly string[],
): Promise<Drift[]> {
  const all = await createLook(catalog)(db);
  return all.filter(
    ({ table, severity }) => severity !== 'note' && (table === null || tables.includes(table)),
  );
}
