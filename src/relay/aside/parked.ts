import type { Queryable } from '../../store/sql.ts';
import type { RecordEvent } from '../events/events.ts';
import { type RecordName, recordId } from '../events/record-id.ts';
import type { GoneRows } from '../payloads/gone-rows.ts';

/** An event with the record whose end it waits for: its own, or one on the path to its tenant. */
export interface Parked {
  readonly event: RecordEvent;
  readonly waitsFor: RecordName;
}

/**
 * Later pages of a large window are read in a later snapshot than the window ends with. A record may be gone there although the
 * delete, with the last row, has not been read yet. Its events wait here for that delete, so that their payload still has the
 * record's first level, and go out before it. So do events whose way to a tenant ended that way.
 */
export async function park(db: Queryable, parked: readonly Parked[], windowNumber: number): Promise<void> {
  await db.query(
    `insert into rowhook.relay_parked (resource, record_key, event, window_number)
     select resource, record_key, event, $4 from unnest($1::text[], $2::text[], $3::json[]) t(resource, record_key, event)`,
    [
      parked.map(({ waitsFor }) => waitsFor.resourceName),
      parked.map(({ waitsFor }) => waitsFor.key),
      parked.map(({ event }) => JSON.stringify(event)),
      windowNumber,
    ],
  );
}

/**
 * Takes the events out that waited for one of these records, or for any of a resource that was truncated, and those that have waited for
 * longer than a window: no delete of theirs was captured, so nothing but the key is left to say. In their order.
 */
export async function unpark(
  db: Queryable,
  { records, truncated }: Pick<GoneRows, 'records' | 'truncated'>,
  windowsBefore: number,
): Promise<RecordEvent[]> {
  const { rows } = await db.query<{ event: RecordEvent; overdue: boolean }>(
    `with taken as (
       delete from rowhook.relay_parked p
       using unnest($1::text[], $2::text[]) t(resource, record_key)
       where p.resource = t.resource and p.record_key = t.record_key and p.resource <> all ($4::text[])
       returning p.id, p.event
     ), ended as (
       delete from rowhook.relay_parked p where p.resource = any ($4::text[])
       returning p.id, p.event
     ), overdue as (
       delete from rowhook.relay_parked p
       where p.window_number < $3 and p.resource <> all ($4::text[])
         and not exists (
           select from unnest($1::text[], $2::text[]) t(resource, record_key)
           where p.resource = t.resource and p.record_key = t.record_key
         )
       returning p.id, p.event
     )
     select event, overdue
     from (
       select *, false as overdue from taken union all select *, false from ended union all select *, true from overdue
     ) p order by id`,
    [
      records.map((record) => record.resourceName),
      records.map((record) => record.key),
      windowsBefore,
      truncated,
    ],
  );
  return rows.map(({ event, overdue }) => ({ ...event, overdue }));
}

/**
 * Those of a page's events that are of records of which earlier ones still wait. A record that is gone may have been made anew by
 * now: its later events could be shown, but must not go out before the earlier ones (invariant 3). They wait for the same.
 */
export async function behindParked(db: Queryable, events: readonly RecordEvent[]): Promise<Parked[]> {
  const records = [...new Map(events.map((event) => [recordId(event), event])).values()];
  const { rows } = await db.query<{ ord: number; resource: string; record_key: string }>(
    `select t.ord::int as ord, p.resource, p.record_key
     from unnest($1::text[], $2::text[]) with ordinality t(resource, record_key, ord)
     cross join lateral (
       select w.resource, w.record_key from rowhook.relay_parked w
       where w.event ->> 'resourceName' = t.resource and w.event ->> 'key' = t.record_key
       order by w.id desc limit 1
     ) p`,
    [records.map(({ resourceName }) => resourceName), records.map(({ key }) => key)],
  );
  const waits = new Map(
    rows.map(({ ord, resource, record_key }) => [
      recordId(records[ord - 1]!),
      { resourceName: resource, key: record_key },
    ]),
  );
  return events.flatMap((event) => {
    const waitsFor = waits.get(recordId(event));
    return waitsFor ? [{ event, waitsFor }] : [];
  });
}

/** Whether any event waits. */
export async function anyParked(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ any: boolean }>(
    'select exists (select from rowhook.relay_parked) as any',
  );
  return rows[0]!.any;
}
