import { highestUuid, lowestUuid, uuidTime } from '../uuid-time.ts';
import type { Queryable } from './sql.ts';

/** An event without its payload. */
export interface EventSummary {
  readonly id: string;
  readonly name: string;
  readonly resource: string | null;
  readonly recordKey: string | null;
  readonly tenant: string | null;
  readonly requestId: string | null;
  /** To how many endpoints it went. */
  readonly deliveries: number;
  /** When the transaction began that made the change. */
  readonly changedAt: Date;
  readonly createdAt: Date;
}

export interface EventFilter {
  readonly eventName?: string | undefined;
  /** `person:412`, the key as the outbox has it; or a resource alone. */
  readonly record?: string | undefined;
  /** Only those that nobody was subscribed to; false: only those that somebody was. */
  readonly undelivered?: boolean | undefined;
  /** From then on, by the time in their ids. */
  readonly since?: Date | undefined;
  /** Before then. */
  readonly until?: Date | undefined;
  /** A part of the id. */
  readonly text?: string | undefined;
  /** Default 50, at most 500. */
  readonly limit?: number | undefined;
  /** The `next` of the page before. */
  readonly before?: string | undefined;
}

export interface EventPage {
  readonly events: readonly EventSummary[];
  /** Undefined when there are no more. A page may hold fewer than its limit, even none, and yet have a next one. */
  readonly next: string | undefined;
  /** How far back has been looked; null: to the end. */
  readonly searchedUntil: Date | null;
}

/** Events that a page of a search looks at. */
const walkMost = 5_000;

const columns = `id, name, resource, record_key as "recordKey", tenant, request_id as "requestId", delivery_count as deliveries,
       changed_at as "changedAt", created_at as "createdAt"`;

// A bounded walk along a key, backwards: with a record along that of its events, else along all. What does not match is passed over here,
// so that it is not sent; the last one that was looked at comes too, to go on from.
const textFor = (along: string): string => `
with walk as materialized (
  select ${columns},
         ($3::text is null or name = $3) and ($4::boolean is null or (delivery_count = 0) = $4)
           and ($5::text is null or position($5 in id::text) > 0) and ($6::text is null or resource = $6) as matches
    from rowhook.event
   where ${along} and id < $1::uuid and id >= $2::uuid
   order by id desc
   limit $7
)
select walk.*, (select count(*)::int from walk) as walked
  from walk
 where matches or id = (select id from walk order by id limit 1)
 order by id desc`;
const alongAll = textFor('true');
const alongRecord = textFor('resource = $8 and record_key = $9');

/** Events, the newest first. Reads a bounded number of rows, however many there are and however rare what is looked for. */
export async function listEvents(db: Queryable, filter: EventFilter = {}): Promise<EventPage> {
  const limit = Math.min(Math.max(1, filter.limit ?? 50), 500);
  const { resource, key } = recordOf(filter.record);
  const searching =
    filter.eventName !== undefined ||
    filter.undelivered !== undefined ||
    filter.text !== undefined ||
    (filter.record !== undefined && key === undefined);
  // One more, so that a page which holds the last of them knows.
  const walk = searching ? walkMost : limit + 1;
  const { rows } = await db.query<EventSummary & { matches: boolean; walked: number }>(
    key === undefined ? alongAll : alongRecord,
    [
      startOf(filter),
      filter.since ? lowestUuid(filter.since) : lowestUuid(new Date(0)),
      filter.eventName ?? null,
      filter.undelivered ?? null,
      filter.text?.toLowerCase() ?? null,
      resource ?? null,
      walk,
      ...(key === undefined ? [] : [resource, key]),
    ],
  );
  const found = rows.filter((row) => row.matches);
  const events = found.slice(0, limit).map(({ matches: _, walked: __, ...event }) => event);
  const ended = found.length <= limit && (rows[0]?.walked ?? 0) < walk;
  const next = ended ? undefined : found.length > limit ? events.at(-1)?.id : rows.at(-1)?.id;
  return { events, next, searchedUntil: next === undefined ? null : uuidTime(next) };
}

function startOf({ before = highestUuid, until }: EventFilter): string {
  const end = until ? lowestUuid(until) : highestUuid;
  return before < end ? before : end;
}

/** `person:412` taken apart; a resource alone has no key. */
export function recordOf(record: string | undefined): { resource?: string; key?: string } {
  if (record === undefined) return {};
  const at = record.indexOf(':');
  return at < 0 ? { resource: record } : { resource: record.slice(0, at), key: record.slice(at + 1) };
}
