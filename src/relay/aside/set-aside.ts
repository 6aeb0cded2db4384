import type { Log } from '../../store/log.ts';
import type { Queryable } from '../../store/sql.ts';
import type { RecordEvent } from '../events/events.ts';
import { type RecordName, recordId } from '../events/record-id.ts';
import type { Emptied } from '../events/truncations.ts';
import type { GoneRows } from '../payloads/gone-rows.ts';
import type { Aside } from './unshown.ts';

/** The end of a record as it is kept with its events: see rowhook.set_aside_event.ended. */
export interface End {
  readonly op: 'delete' | 'vanish' | 'truncate';
  readonly seq: number;
  readonly xid: string;
  /** Undefined: the row was marked as deleted, and is there. */
  readonly image?: string | null | undefined;
}

type Ends = Pick<GoneRows, 'ends' | 'emptied'>;

/**
 * Sets events aside behind those of their records that are set aside already, without trying to show them: the records are tried again
 * soon, in a page of their own. Returns the others, in their order.
 *
 * The ends of such records are kept too, since only this page has their last rows.
 */
export async function keepBehind(
  db: Queryable,
  events: readonly RecordEvent[],
  goneRows: Ends,
): Promise<readonly RecordEvent[]> {
  const ofRecords = events.filter(({ body }) => body === undefined);
  const known = await setAsideOf(db, [
    ...ofRecords.map(({ resourceName, key }) => ({ resourceName, key })),
    ...goneRows.ends,
  ]);
  const isHeld = (record: RecordName) => known.has(recordId(record));
  const held = ofRecords.filter(isHeld);
  const ends = goneRows.ends.filter(isHeld);
  await insertTruncations(db, goneRows.emptied);
  if (held.length + ends.length === 0) return events;
  await insertEvents(db, held, ends);
  await soon(db, [...held, ...ends]);
  const behind = new Set(held);
  return events.filter((event) => !behind.has(event));
}

/** Sets records aside with their events, in the order of those, in the page's transaction (invariant 1). */
export async function setAside(db: Queryable, aside: readonly Aside[], goneRows: Ends): Promise<void> {
  const first = firstOf(aside);
  const records = [...first.values()];
  await db.query(
    `insert into rowhook.set_aside (resource, record_key, reason, detail, retry_at)
     select resource, record_key, reason, detail, clock_timestamp() + case when proven then interval '1 minute' else '0' end
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[]) t(resource, record_key, reason, detail, proven)
     on conflict do nothing`,
    [
      records.map(({ event }) => event.resourceName),
      records.map(({ event }) => event.key),
      records.map(({ why }) => why.reason),
      records.map(({ why }) => why.detail),
      records.map(({ why }) => why.proven),
    ],
  );
  // What ended before the first of them says nothing of any.
  const after = (end: RecordName & End) =>
    end.seq > (first.get(recordId(end))?.event.seq ?? Number.POSITIVE_INFINITY);
  const truncated = records.flatMap(({ event }) =>
    goneRows.emptied
      .filter(({ resourceName, seq }) => resourceName === event.resourceName && seq > event.seq)
      .map(({ resourceName, seq, xid }) => ({
        ...{ resourceName, key: event.key, seq, xid },
        ...{ op: 'truncate' as const, image: null },
      })),
  );
  await insertEvents(
    db,
    aside.map(({ event }) => event),
    [...goneRows.ends.filter(after), ...truncated],
  );
}

/** Which of these records are set aside, as their ids. */
export async function setAsideOf(
  db: Queryable,
  records: readonly RecordName[],
): Promise<ReadonlySet<string>> {
  if (records.length === 0) return new Set();
  const { rows } = await db.query<{ resource: string; record_key: string }>({
    name: 'rowhook_set_aside_of',
    // Looked up one by one, whatever the statistics say of a table that is empty on most days.
    text: `select s.resource, s.record_key
      from (select distinct * from unnest($1::text[], $2::text[]) t(resource, record_key)) t
      cross join lateral (
        select resource, record_key from rowhook.set_aside s
        where s.resource = t.resource and s.record_key = t.record_key offset 0
      ) s`,
    values: [records.map(({ resourceName }) => resourceName), records.map(({ key }) => key)],
  });
  return new Set(
    rows.map(({ resource, record_key }) => recordId({ resourceName: resource, key: record_key })),
  );
}

/** Whether anything is set aside. */
export async function anySetAside(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ any: boolean }>('select exists (select from rowhook.set_aside) as any');
  return rows[0]!.any;
}

/** One line for each resource and reason: thousands may fail for one cause. Names records, and nothing of what they hold. */
export function logSetAside(log: Log, aside: readonly Aside[]): void {
  const groups = new Map<string, Aside[]>();
  for (const one of firstOf(aside).values()) {
    const id = `${one.event.resourceName} ${one.why.reason}`;
    groups.set(id, [...(groups.get(id) ?? []), one]);
  }
  for (const group of groups.values()) {
    const { event, why } = group[0]!;
    log.error(
      {
        resource: event.resourceName,
        key: event.key,
        records: group.length,
        reason: why.reason,
        detail: why.detail,
      },
      group.length === 1
        ? 'a record cannot be shown: its events are set aside'
        : 'records cannot be shown: their events are set aside',
    );
  }
}

function firstOf(aside: readonly Aside[]): Map<string, Aside> {
  const first = new Map<string, Aside>();
  for (const one of aside) if (!first.has(recordId(one.event))) first.set(recordId(one.event), one);
  return first;
}

async function insertEvents(
  db: Queryable,
  events: readonly RecordEvent[],
  ends: ReadonlyArray<End & RecordName>,
): Promise<void> {
  const names: readonly RecordName[] = [...events, ...ends];
  const endOf = ({ op, seq, xid, image }: End): string => JSON.stringify({ op, seq, xid, image });
  await db.query(
    `insert into rowhook.set_aside_event (resource, record_key, event, ended)
     select resource, record_key, event, ended
     from unnest($1::text[], $2::text[], $3::json[], $4::json[]) with ordinality t(resource, record_key, event, ended, ord)
     order by ord`,
    [
      names.map(({ resourceName }) => resourceName),
      names.map(({ key }) => key),
      [...events.map((event) => JSON.stringify(event)), ...ends.map(() => null)],
      [...events.map(() => null), ...ends.map(endOf)],
    ],
  );
}

/** Instead of a key: it is of all records of the resource. One of theirs may have it too: it has ended as well then. */
export const everyRecord = '';

/**
 * All records of a resource that was truncated have ended, whether the page has events of them or not: one row says so of millions, and they
 * are tried again in slices, as if somebody had asked.
 */
async function insertTruncations(db: Queryable, emptied: readonly Emptied[]): Promise<void> {
  if (emptied.length === 0) return;
  await db.query(
    `with emptied as (
       select t.* from unnest($1::text[], $2::json[]) t(resource, ended)
       where exists (select from rowhook.set_aside s where s.resource = t.resource)
     ), ended as (
       insert into rowhook.set_aside_event (resource, record_key, ended) select resource, $3, ended from emptied
     )
     insert into rowhook.set_aside_request (action, resource, last_event_id) select distinct 'retry', resource, 0 from emptied`,
    [
      emptied.map(({ resourceName }) => resourceName),
      emptied.map(({ seq, xid }) => JSON.stringify({ op: 'truncate', seq, xid, image: null })),
      everyRecord,
    ],
  );
}

/** What was truncated says nothing any more once nothing of the resource is set aside. */
export async function forgetTruncations(db: Queryable, resources: readonly string[]): Promise<void> {
  await db.query(
    `delete from rowhook.set_aside_event e
     where e.resource = any ($1::text[]) and e.record_key = $2 and e.ended is not null
       and not exists (select from rowhook.set_aside s where s.resource = e.resource)`,
    [[...new Set(resources)], everyRecord],
  );
}

/**
 * A change of a record may have mended it. One that changes all the time is tried every few seconds, and its row updated no more often
 * (invariant 8).
 */
async function soon(db: Queryable, records: readonly RecordName[]): Promise<void> {
  await db.query(
    `update rowhook.set_aside s
     set retry_at = greatest(clock_timestamp(), s.tried_at + interval '5 seconds')
     from (select distinct * from unnest($1::text[], $2::text[]) t(resource, record_key)) t
     where s.resource = t.resource and s.record_key = t.record_key
       and s.retry_at > greatest(clock_timestamp(), s.tried_at + interval '5 seconds')`,
    [records.map(({ resourceName }) => resourceName), records.map(({ key }) => key)],
  );
}
