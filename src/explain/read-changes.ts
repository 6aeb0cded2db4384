import { quoteTable } from '../catalog/table-name.ts';
import type { Catalog } from '../catalog/types.ts';
import { eventsOf, eventTable } from '../relay/events/events.ts';
import type { RecordChange } from '../relay/events/net-effect.ts';
import { type Role, rolesOf } from '../relay/events/roles.ts';
import { route, touches } from '../relay/events/route.ts';
import { type OutboxRow, unpack } from '../relay/window/changes.ts';
import { planSql, type StoredCapture } from '../store/captures.ts';
import type { Queryable } from '../store/sql.ts';
import { type Count, isRead, lanesSql } from '../store/status.ts';
import type { KnownRecord } from './record-name.ts';
import { readRow } from './record-row.ts';

/** What one transaction did to a record, as far as it waits in the outbox. */
export interface WaitingChange {
  /** When the transaction began. */
  readonly changedAt: Date;
  readonly requestId: string | null;
  readonly ops: ReadonlyArray<RecordChange['op'] | 'truncate' | 'bypass'>;
  /** The events that will come of it. */
  readonly events: readonly string[];
  /** How many row changes of all records are read before it. */
  readonly before: Count;
}

export interface WaitingChanges {
  /** The latest ones, the first of them first. */
  readonly changes: readonly WaitingChange[];
  /** More rows of the outbox wait than were looked through, from the newest one on. */
  readonly cut: boolean;
}

/** Rows of the outbox that are looked through; each packs up to 500 changes. */
const rowsMost = 50_000;
const foundMost = 100;
const beforeMost = 100_000;

/** Changes of a record, of its own row and of its parts, that are committed and not read. */
export async function waitingChanges(
  db: Queryable,
  catalog: Catalog,
  record: KnownRecord,
): Promise<WaitingChanges> {
  const captures = await capturesOf(db, catalog, record);
  if (captures.length === 0) return { changes: [], cut: false };
  const values = await partValues(db, record, captures);
  const { rows } = await db.query<OutboxRow>(rowsSql, [
    rowsMost,
    captures.map(({ id }) => id),
    record.key,
    values,
    foundMost,
    captures.flatMap(({ id, roles }) => (roles.some(({ part }) => part === undefined) ? [id] : [])),
  ]);
  const { rows: walked } = await db.query<{ cut: boolean }>(
    `${lanesSql} select count(*) = $1 as cut
       from (select from rowhook.outbox o where o.seq > coalesce((select seq from cursor), 0) limit $1) o`,
    [rowsMost],
  );
  return { changes: await told(db, catalog, record, captures, rows.reverse(), values), cut: walked[0]!.cut };
}

interface OwnCapture {
  readonly id: number;
  /** Of the record's resource only. */
  readonly roles: readonly Role[];
}

/** Captures whose changes may be of the record, released ones too: what they wrote may still wait. */
async function capturesOf(
  db: Queryable,
  catalog: Catalog,
  { resource, definition }: KnownRecord,
): Promise<OwnCapture[]> {
  const tables = [definition.table, ...(definition.parts ?? []).map(({ table }) => table)].map(quoteTable);
  const { rows } = await db.query<StoredCapture>(
    `select id, ${planSql} as plan from rowhook.capture where table_name = any ($1::text[])`,
    [tables],
  );
  return rows.map(({ id, plan }) => ({
    id,
    roles: rolesOf(plan, catalog).filter(({ resourceName }) => resourceName === resource),
  }));
}

/** What leads from parts to the record: its key, and what its row has in the columns that parts name. */
async function partValues(
  db: Queryable,
  record: KnownRecord,
  captures: readonly OwnCapture[],
): Promise<string[]> {
  const columns = [
    ...new Set(captures.flatMap(({ roles }) => roles.flatMap(({ part }) => part?.lookupColumn ?? []))),
  ];
  const found = columns.length === 0 ? undefined : await readRow(db, record, columns);
  return [...new Set([record.key, ...(found ?? []).filter((value) => value !== null)])];
}

// From the newest on, as that is what somebody asks about; and of transactions that were open when the cursor's snapshot was taken all.
// Of what is packed into a row only what may be of the record: a value of a part stands in the text of a JSON array.
const rowsSql = `${lanesSql}, late as (
  select o.* from cursor c
  cross join lateral pg_snapshot_xip(c.consumed) t(xid)
  cross join lateral (
    select * from rowhook.outbox o where (o.xid, o.seq) > (t.xid, 0::bigint) and o.xid <= t.xid and o.seq <= c.seq
    order by o.xid, o.seq limit $1
  ) o
), fresh as (
  select * from rowhook.outbox o where o.seq > coalesce((select seq from cursor), 0) order by o.seq desc limit $1
)
select o.seq, o.xid::text, o.changed_at, o.capture_id, o.op, o.n, o.request_id, m.keys, m.masks, m.vals
from (select * from fresh union all select * from late) o
cross join lateral (
  select array_agg(u.key) as keys, array_agg(u.mask) as masks, array_agg(u.val) as vals
  from unnest(o.keys, o.masks, o.vals) u(key, mask, val)
  where o.op not in ('t', 'b', 'x') and (u.key = $3 or o.capture_id <> all ($6::int[]) and exists (
    select from unnest($4::text[]) v(value) where u.key = v.value or strpos(u.val, to_json(v.value)::text) > 0))
) m
where o.capture_id = any ($2::int[]) and not ${isRead}
  and (m.keys is not null or o.op in ('t', 'b') and o.capture_id = any ($6::int[]))
order by o.seq desc limit $5`;

async function told(
  db: Queryable,
  catalog: Catalog,
  record: KnownRecord,
  captures: readonly OwnCapture[],
  rows: readonly OutboxRow[],
  values: readonly string[],
): Promise<WaitingChange[]> {
  const roles = new Map(captures.map((capture) => [capture.id, capture.roles]));
  const transactions = new Map<string, { rows: OutboxRow[]; changes: RecordChange[] }>();
  for (const row of rows) {
    const own = unpack([row]).flatMap((change) =>
      ofRecord(route(change, roles.get(row.capture_id) ?? []), record, values),
    );
    if (own.length === 0 && row.op !== 't' && row.op !== 'b') continue;
    const known = transactions.get(row.xid) ?? { rows: [], changes: [] };
    known.rows.push(row);
    known.changes.push(...own);
    transactions.set(row.xid, known);
  }
  const table = eventTable(catalog);
  const waiting: WaitingChange[] = [];
  for (const { rows: of, changes } of transactions.values()) {
    const whole = of.flatMap(({ op }) =>
      op === 't' ? ['truncate' as const] : op === 'b' ? ['bypass' as const] : [],
    );
    waiting.push({
      changedAt: of[0]!.changed_at,
      requestId: changes.findLast(({ requestId }) => requestId !== null)?.requestId ?? null,
      ops: [...new Set([...changes.map(({ op }) => op), ...whole])],
      events: [...new Set(eventsOf(changes, table).map(({ name }) => name))],
      before: await countBefore(db, of[0]!.seq),
    });
  }
  return waiting;
}

function ofRecord(
  { recordChanges, lookups }: ReturnType<typeof route>,
  { key }: KnownRecord,
  values: readonly string[],
): RecordChange[] {
  const looked = lookups.flatMap((lookup) => {
    const led = lookup.values.filter((value) => values.includes(value));
    return touches(
      lookup,
      led.map((value) => ({ key, value })),
    );
  });
  return [...recordChanges.filter((change) => change.key === key), ...looked];
}

async function countBefore(db: Queryable, seq: string): Promise<Count> {
  const { rows } = await db.query<{ changes: string; cut: boolean }>(
    `${lanesSql} select coalesce(sum(greatest(o.n, 1)) filter (where not ${isRead}), 0) as changes, count(*) = $2 as cut
     from (
       select o.n, o.seq, o.xid, o.capture_id from rowhook.outbox o
       where o.seq > coalesce((select seq from cursor), 0) and o.seq < $1::bigint order by o.seq limit $2
     ) o`,
    [seq, beforeMost],
  );
  const { changes, cut } = rows[0]!;
  return { count: Number(changes), atLeast: cut };
}
