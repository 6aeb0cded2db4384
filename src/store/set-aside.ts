import { RowhookError } from '../errors.ts';
import { ringText } from './ring.ts';
import type { Queryable } from './sql.ts';
import type { Count } from './status.ts';

/** A record that cannot be shown, whose events wait until it can. */
export interface SetAsideRecord {
  readonly resource: string;
  readonly key: string;
  /** The event that cannot be shown, or the first of several; null where it was gone when it was looked for. */
  readonly event: string | null;
  /** How many wait. */
  readonly events: Count;
  /** Why, as a stable word: payload_failed, source_failed, … */
  readonly reason: string;
  /** SQLSTATE, status of HTTP and the like. */
  readonly detail: string;
  /** How often it was tried again. */
  readonly tries: number;
  readonly setAsideAt: Date;
  readonly triedAt: Date;
  readonly retryAt: Date;
}

/** Of these; what is left out may be any. */
export interface SetAsideFilter {
  readonly resource?: string | undefined;
  /** As the outbox has it: the column's text, or a JSON array of texts for a composite key. */
  readonly key?: string | undefined;
}

export interface SetAsideStatus {
  readonly records: Count;
  readonly oldestAt: Date | null;
  /** The most frequent ones among those that were counted. */
  readonly reasons: ReadonlyArray<{
    readonly resource: string;
    readonly reason: string;
    readonly detail: string;
    readonly records: number;
  }>;
}

const mostCounted = 10_000;
const mostEvents = 1_000;
const mostReasons = 5;

const counted = (count: number, most: number): Count => ({ count, atLeast: count >= most });

/** How much is set aside, and why. Reads a bounded number of rows, whatever there is. */
export async function setAsideStatus(db: Queryable): Promise<SetAsideStatus> {
  const { rows } = await db.query<{
    records: number;
    oldest_at: Date | null;
    reasons: SetAsideStatus['reasons'] | null;
  }>(
    `with counted as materialized (select * from rowhook.set_aside limit $1),
     reasons as (
       select resource, reason, detail, count(*)::int as records from counted
       group by 1, 2, 3 order by 4 desc, 1, 2, 3 limit $2
     )
     select (select count(*)::int from counted) as records, (select min(set_aside_at) from counted) as oldest_at,
       (select json_agg(r) from reasons r) as reasons`,
    [mostCounted, mostReasons],
  );
  const { records, oldest_at: oldestAt, reasons } = rows[0]!;
  return { records: counted(records, mostCounted), oldestAt, reasons: reasons ?? [] };
}

/** Records that are set aside, those for the longest time first. @param limit default: 50 */
export async function listSetAside(
  db: Queryable,
  { resource, key, limit = 50 }: SetAsideFilter & { readonly limit?: number | undefined } = {},
): Promise<SetAsideRecord[]> {
  const { rows } = await db.query<Omit<SetAsideRecord, 'events'> & { events: number }>(
    `select s.resource, s.record_key as key, s.reason, s.detail, s.tries, s.set_aside_at as "setAsideAt",
       s.tried_at as "triedAt", s.retry_at as "retryAt",
       (select e.event ->> 'name' from rowhook.set_aside_event e
        where e.resource = s.resource and e.record_key = s.record_key and e.event is not null order by e.id limit 1) as event,
       (select count(*)::int from (
          select from rowhook.set_aside_event e
          where e.resource = s.resource and e.record_key = s.record_key and e.event is not null limit $4) e) as events
     from rowhook.set_aside s
     where ($1::text is null or s.resource = $1) and ($2::text is null or s.record_key = $2)
     order by s.set_aside_at, s.resource, s.record_key limit $3`,
    [resource ?? null, key ?? null, limit, mostEvents],
  );
  return rows.map((row) => ({ ...row, events: counted(row.events, mostEvents) }));
}

/** What was asked of the relay. */
export interface SetAsideRequest {
  readonly id: string;
  readonly action: 'retry' | 'drop';
  readonly filter: SetAsideFilter;
  readonly askedAt: Date;
  /** How much it concerns. */
  readonly records: number;
  readonly events: number;
}

/**
 * Asks the relay to try records again now, whenever they would be due.
 * @throws RowhookError `set_aside_unknown` where nothing like it is set aside
 */
export const retrySetAside = (db: Queryable, filter: SetAsideFilter = {}): Promise<SetAsideRequest> =>
  ask(db, 'retry', filter);

/**
 * Asks the relay to drop the events of records that are set aside now; they are never delivered. Later events of these records are
 * theirs as of any record.
 * @throws RowhookError `set_aside_unknown` where nothing like it is set aside
 */
export const dropSetAside = (db: Queryable, filter: SetAsideFilter = {}): Promise<SetAsideRequest> =>
  ask(db, 'drop', filter);

async function ask(
  db: Queryable,
  action: 'retry' | 'drop',
  filter: SetAsideFilter,
): Promise<SetAsideRequest> {
  const { resource = null, key = null } = filter;
  // One statement, so that what is counted is what is asked for.
  const { rows } = await db.query<Omit<SetAsideRequest, 'action' | 'filter'>>(
    `with events as (
       select id, resource, record_key, event is not null as counts from rowhook.set_aside_event
       where ($2::text is null or resource = $2) and ($3::text is null or record_key = $3)
     ), found as (
       select count(distinct (resource, record_key)) filter (where counts)::int as records, count(*) filter (where counts)::int as events,
         max(id) as last_event_id
       from events
     ), asked as (
       insert into rowhook.set_aside_request (action, resource, record_key, last_event_id)
       select $1, $2, $3, last_event_id from found where records > 0
       returning id, asked_at
     )
     select a.id::text as id, a.asked_at as "askedAt", f.records, f.events from asked a, found f`,
    [action, resource, key],
  );
  const [request] = rows;
  if (!request) {
    throw new RowhookError('set_aside_unknown', `nothing is set aside${describe(filter)}`, {
      fix: 'List what is: `rowhook set-aside list`.',
    });
  }
  // A relay that sleeps wakes up by it.
  await db.query(ringText('rowhook'));
  return { ...request, action, filter };
}

function describe({ resource, key }: SetAsideFilter): string {
  const parts = [
    ...(resource === undefined ? [] : [` of "${resource}"`]),
    ...(key === undefined ? [] : [` with the key ${key}`]),
  ];
  return parts.join('');
}

/** What has come of a request so far. */
export interface SetAsideAnswer {
  /** The relay has taken it, and has tried each of the records that it concerns. */
  readonly done: boolean;
  /** Records that still are set aside, though they were tried since. */
  readonly failed: number;
  /** Those that have not been tried since. */
  readonly untried: number;
}

/** @param request of retrySetAside or dropSetAside */
export async function setAsideAnswer(db: Queryable, request: SetAsideRequest): Promise<SetAsideAnswer> {
  const { id, action, askedAt, filter } = request;
  const { rows } = await db.query<{ waits: boolean; failed: number; untried: number }>(
    `select exists (select from rowhook.set_aside_request where id = $1) as waits,
       count(*) filter (where tried_at > $2)::int as failed, count(*) filter (where tried_at <= $2)::int as untried
     from rowhook.set_aside
     where ($3::text is null or resource = $3) and ($4::text is null or record_key = $4)`,
    [id, askedAt.toISOString(), filter.resource ?? null, filter.key ?? null],
  );
  const { waits, failed, untried } = rows[0]!;
  return { done: !waits && (action === 'drop' || untried === 0), failed, untried };
}
