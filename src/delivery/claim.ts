import { attemptsFrom } from '../uuid-time.ts';
import type { OldSecret } from '../wire/secrets.ts';
import type { Session } from './session.ts';

/** 0 first tries, 1 retries, 2 redelivered by hand. */
export type Lane = 0 | 1 | 2;

/** A delivery that this process may send until its lease ends. */
export interface Claimed {
  readonly lane: Lane;
  readonly endpointId: string;
  readonly id: string;
  readonly eventId: string;
  readonly lease: string;
  /** As in the request that claimed it. */
  readonly sendBy: number;
  /** Requests made for it so far. */
  readonly attempts: number;
  /** How many of these belong to earlier schedules: it was redelivered by hand after them. */
  readonly settledAttempts: number;
  /** The dialect of its first attempt, which a retry keeps to; null before that. */
  readonly firstDialect: string | null;
  /** Leases taken for it, with this one: more than attempts + 1 where a process died while sending. */
  readonly starts: number;
  readonly url: string;
  readonly secret: string | null;
  /** The newest first, also those whose time is over. */
  readonly oldSecrets: readonly OldSecret[];
  /** Of the endpoint as it was read: another one after any change of it. */
  readonly endpointVersion: string;
  /** Null: as the catalog says. */
  readonly dialect: string | null;
  /** Null when retention has taken the event away. */
  readonly event: ClaimedEvent | null;
}

export interface ClaimedEvent {
  readonly name: string;
  readonly payload: string;
  readonly requestId: string | null;
  readonly changedAt: Date;
}

export interface ClaimRequest {
  /** Names this claim; every finish must repeat it. */
  readonly lease: string;
  readonly leaseMs: number;
  /** Milliseconds of performance.now() after which too little of the lease is left to send anything. */
  readonly sendBy: number;
  /** Deliveries wanted in all. */
  readonly limit: number;
  /** Endpoints that have deliveries here already: how many more each may get, and the id of the last one it got. */
  readonly lanes: ReadonlyArray<{
    readonly endpointId: string;
    readonly room: number;
    readonly after: string | null;
  }>;
  /** How many each other endpoint may get. */
  readonly roomOfOthers: number;
  /** Endpoints take turns: those with a higher id than this come first. */
  readonly afterEndpoint: string;
}

// By endpoint, never along one global list, so that the backlog of one is no work for the others (invariants 7 and 8): each
// active endpoint is one descent of the primary key, and the outer limit ends the walk.
//
// after_id skips what was claimed before. Where a long transaction holds vacuum back, the dead rows of an hour lie there, and
// each claim would walk over them (invariant 8). What lies lower and is due again (a retry, a lost lease) is found by the
// claims without it.
//
// picked is materialized, and locks inside the lateral limit: a planner that joins and limits in another order would lock
// rows that nobody then claims. now() is that of the database on every machine.
const text = `
with asked as (
  select * from unnest($1::bigint[], $2::int[], $3::uuid[]) as asked (endpoint_id, room, after_id)
), picked as materialized (
  select due.lane, due.endpoint_id, due.id
    from (select id from rowhook.endpoint where active and paused_at is null order by id <= $4::bigint, id) as endpoint
    left join asked on asked.endpoint_id = endpoint.id
   cross join (values (0::smallint), (1), (2)) as queue (lane)
   cross join lateral (
      select delivery.lane, delivery.endpoint_id, delivery.id
        from rowhook.delivery
       where delivery.lane = queue.lane
         and delivery.endpoint_id = endpoint.id
         and delivery.id > coalesce(asked.after_id, '00000000-0000-0000-0000-000000000000')
         and (delivery.lease is null or delivery.leased_until < now())
       order by delivery.id
       limit coalesce(asked.room, $5::int)
         for update skip locked
    ) as due
   limit $6::int
), leased as (
  update rowhook.delivery
     set lease = $7::uuid, leased_until = now() + $8::int * interval '1 millisecond', starts = delivery.starts + 1
    from picked
   where delivery.lane = picked.lane and delivery.endpoint_id = picked.endpoint_id and delivery.id = picked.id
  returning delivery.lane, delivery.endpoint_id, delivery.id, delivery.event_id, delivery.attempts, delivery.starts
)
select leased.lane, leased.endpoint_id::text as "endpointId", leased.id, leased.event_id as "eventId", leased.attempts, leased.starts,
       endpoint.url, endpoint.secret, endpoint.dialect, endpoint.old_secrets as "oldSecrets",
       endpoint.xmin::text as "endpointVersion"
  from leased
  join rowhook.endpoint on endpoint.id = leased.endpoint_id
 order by leased.endpoint_id <= $4::bigint, leased.endpoint_id, leased.lane, leased.id`;

// Apart from the claim: partitions are left out while planning only if the ids are known by then; in a join, all of a month's
// would be planned for. It also brings an event that goes to many endpoints once.
const eventText = `
select id, name, payload, request_id as "requestId", changed_at as "changedAt"
  from rowhook.event
 where id = any ($1::uuid[])`;

// A schedule of retries begins after the last verdict that ended one. $2 leaves out partitions that are too old. Attempts without a
// request have no dialect.
const earlierText = `
select delivery_id as id, coalesce(max(number) filter (where verdict <> 'retry'), 0) as settled,
       (array_agg(dialect order by number) filter (where dialect <> ''))[1] as dialect
  from rowhook.attempt
 where delivery_id = any ($1::uuid[]) and id > $2::uuid
 group by delivery_id`;

interface Earlier {
  readonly id: string;
  readonly settled: number;
  readonly dialect: string | null;
}

type Leased = Omit<Claimed, 'event' | 'lease' | 'sendBy' | 'settledAttempts' | 'firstDialect'>;

/** Leases due deliveries of active endpoints, the endpoints in turn, of each the oldest first, in the order of their ids. */
export async function claim(session: Session, request: ClaimRequest): Promise<Claimed[]> {
  const { rows } = await session.query<Leased>({ name: 'rowhook claim', text }, [
    request.lanes.map((lane) => lane.endpointId),
    request.lanes.map((lane) => lane.room),
    request.lanes.map((lane) => lane.after),
    request.afterEndpoint,
    request.roomOfOthers,
    request.limit,
    request.lease,
    request.leaseMs,
  ]);
  if (rows.length === 0) return [];
  const events = await eventsOf(session, rows);
  const earlier = await earlierOf(session, rows);
  return rows.map((row) => ({
    ...row,
    lease: request.lease,
    sendBy: request.sendBy,
    settledAttempts: earlier.get(row.id)?.settled ?? 0,
    firstDialect: earlier.get(row.id)?.dialect ?? null,
    event: events.get(row.eventId) ?? null,
  }));
}

async function eventsOf(session: Session, rows: readonly Leased[]): Promise<Map<string, ClaimedEvent>> {
  const ids = [...new Set(rows.map((row) => row.eventId))];
  const found = await session.query<{ id: string; payload: string | null } & Omit<ClaimedEvent, 'payload'>>(
    { text: eventText },
    [ids],
  );
  return new Map(
    found.rows.flatMap(({ id, payload, ...rest }) => (payload === null ? [] : [[id, { ...rest, payload }]])),
  );
}

async function earlierOf(session: Session, rows: readonly Leased[]): Promise<Map<string, Earlier>> {
  const ids = rows.filter((row) => row.attempts > 0).map((row) => row.id);
  // A first attempt need not look.
  if (ids.length === 0) return new Map();
  const found = await session.query<Earlier>({ text: earlierText }, [ids, attemptsFrom(ids)]);
  return new Map(found.rows.map((row) => [row.id, row]));
}

const giveBackText = `
update rowhook.delivery
   set lease = null, leased_until = null, starts = delivery.starts - 1
  from unnest($1::smallint[], $2::bigint[], $3::uuid[], $4::uuid[]) as given (lane, endpoint_id, id, lease)
 where delivery.lane = given.lane and delivery.endpoint_id = given.endpoint_id and delivery.id = given.id and delivery.lease = given.lease`;

/** Ends leases of deliveries that were not sent, so that others need not wait for the leases to expire. */
export async function giveBack(
  session: Session,
  deliveries: ReadonlyArray<Pick<Claimed, 'lane' | 'endpointId' | 'id' | 'lease'>>,
): Promise<void> {
  if (deliveries.length === 0) return;
  await session.query({ name: 'rowhook give back', text: giveBackText }, [
    deliveries.map((delivery) => delivery.lane),
    deliveries.map((delivery) => delivery.endpointId),
    deliveries.map((delivery) => delivery.id),
    deliveries.map((delivery) => delivery.lease),
  ]);
}
