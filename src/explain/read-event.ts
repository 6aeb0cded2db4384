import type { Queryable } from '../store/sql.ts';
import { lowestUuid } from '../uuid-time.ts';
import type { EventFacts, Surroundings } from './facts.ts';

const columns = `id, name, resource, record_key as "recordKey", tenant, request_id as "requestId", delivery_count as "deliveryCount",
  changed_at as "changedAt", created_at as "createdAt", created_at::text as "madeAt"`;

/** @param id a UUID */
export async function readEvent(db: Queryable, id: string): Promise<EventFacts | undefined> {
  const { rows } = await db.query<EventFacts>(`select ${columns} from rowhook.event where id = $1`, [id]);
  return rows[0];
}

/**
 * The latest events of a record since a moment, the first of them first; and how many there are in all, counted no further than
 * `countedMost`. Walks the index by record.
 */
export async function readEvents(
  db: Queryable,
  { resource, key, since, most, countedMost }: RecordQuery,
): Promise<{ events: EventFacts[]; count: number }> {
  const { rows } = await db.query<EventFacts>(
    `select ${columns} from rowhook.event
      where resource = $1 and record_key = $2 and id >= $3::uuid
      order by id desc limit $4`,
    [resource, key, lowestUuid(since), most],
  );
  const { rows: counted } = await db.query<{ count: number }>(
    `select count(*)::int as count from (
       select from rowhook.event where resource = $1 and record_key = $2 and id >= $3::uuid limit $4) e`,
    [resource, key, lowestUuid(since), countedMost],
  );
  return { events: rows.reverse(), count: counted[0]!.count };
}

interface RecordQuery {
  readonly resource: string;
  readonly key: string;
  readonly since: Date;
  readonly most: number;
  readonly countedMost: number;
}

/** The lock is the one that the active relay holds, see rowhook.ring(). */
export async function readSurroundings(db: Queryable): Promise<Surroundings> {
  const { rows } = await db.query<Surroundings>(
    `select clock_timestamp() as now,
       exists (select from pg_locks where locktype = 'advisory' and classid = 1919907688 and objid = 1 and objsubid = 2
         and granted and database = (select oid from pg_database where datname = current_database())) as "relayActive",
       (select installed_at from rowhook.schema_version where version = 4) as "endpointsKnownFrom"`,
  );
  return rows[0]!;
}
