import type { Queryable } from '../../store/sql.ts';
import type { RecordEvent } from '../events/events.ts';
import type { Emptied } from '../events/truncations.ts';
import { type GoneRows, goneRows, type RecordEnd } from '../payloads/gone-rows.ts';
import { type End, everyRecord } from './set-aside.ts';

/** How much is tried again at a time, at most. */
export interface RetrySize {
  readonly records: number;
  readonly events: number;
}

/** Records of one resource that are to be tried again, with what is set aside of them. */
export interface Due {
  readonly resourceName: string;
  readonly keys: readonly string[];
  /** How often the first of them was tried again, and failed by itself. */
  readonly tries: number;
  readonly events: ReadonlyArray<{ readonly id: string; readonly event: RecordEvent }>;
  readonly goneRows: GoneRows;
}

/** Which records are due, the longest overdue first, of one resource: what fails for all of it concerns no other. */
export async function dueRecords(db: Queryable, size: RetrySize): Promise<Due | undefined> {
  const { rows: records } = await db.query<{ resource: string; record_key: string; tries: number }>(
    `with longest as (
       select resource from rowhook.set_aside where retry_at <= clock_timestamp() order by retry_at limit 1
     )
     select resource, record_key, tries from rowhook.set_aside join longest using (resource)
     where retry_at <= clock_timestamp() order by retry_at limit $1`,
    [size.records],
  );
  const [first] = records;
  if (!first) return undefined;
  const resourceName = first.resource;
  const asked = [resourceName, records.map(({ record_key }) => record_key)];
  const { rows } = await db.query<{ id: string; record_key: string; event: RecordEvent }>(
    `select e.id, e.record_key, e.event from unnest($2::text[]) with ordinality k(key, ord)
     cross join lateral (
       select id, record_key, event from rowhook.set_aside_event
       where resource = $1 and record_key = k.key and event is not null order by id limit $3
     ) e order by k.ord, e.id limit $3`,
    [...asked, size.events],
  );
  const { rows: ends } = await db.query<{ record_key: string; ended: End }>(
    `select record_key, ended from rowhook.set_aside_event
     where resource = $1 and record_key = any ($2::text[] || $3::text) and ended is not null order by id`,
    [...asked, everyRecord],
  );
  // Where there are more events than are taken, the last records wait for their turn.
  const keys = new Set(
    rows.length < size.events
      ? records.map(({ record_key }) => record_key)
      : rows.map(({ record_key }) => record_key),
  );
  return {
    resourceName,
    keys: [...keys],
    tries: first.tries,
    events: rows.map(({ id, event }) => ({ id, event })),
    goneRows: goneRowsOf(
      resourceName,
      ends.filter(({ record_key, ended }) => keys.has(record_key) || ended.op === 'truncate'),
    ),
  };
}

function goneRowsOf(
  resourceName: string,
  rows: ReadonlyArray<{ readonly record_key: string; readonly ended: End }>,
): GoneRows {
  const ends = rows.flatMap(({ record_key, ended: { op, ...end } }): RecordEnd[] =>
    op === 'truncate'
      ? []
      : [
          {
            ...{ resourceName, key: record_key, op, seq: end.seq, xid: end.xid, image: end.image },
            ...{ changedAt: new Date(0), requestId: null, updates: [], seen: [] },
          },
        ],
  );
  const truncations = new Map<number, Emptied>();
  for (const { ended } of rows) {
    const { op, seq, xid } = ended;
    if (op === 'truncate') truncations.set(seq, { resourceName, seq, xid, own: true, decisions: new Set() });
  }
  const bySeq = (a: { seq: number }, b: { seq: number }) => a.seq - b.seq;
  return goneRows(ends.sort(bySeq), [...truncations.values()].sort(bySeq));
}
