import { notQueued } from '../store/event-deliveries.ts';
import type { Queryable } from '../store/sql.ts';
import type { Count } from '../store/status.ts';
import { attemptsFrom } from '../uuid-time.ts';
import type { AttemptFacts, DeliveryFacts, DeliveryTale } from './facts.ts';

/** Attempts that are told one by one: the latest ones. */
export const attemptsMost = 50;
const beforeMost = 10_000;

const queued = `d.id, d.endpoint_id::text as "endpointId", d.event_id as "eventId"`;
const fromQueue = `${queued}, case when d.leased_until > now() then 'sending' else 'due' end as place, null::timestamptz as "dueAt",
  d.starts, d.attempts, d.record, d.lane`;
const fromWaiting = `${queued}, 'waiting' as place, d.due_at as "dueAt", d.attempts as starts, d.attempts, d.record, null::smallint as lane`;
const fromBehind = `${queued}, 'behind' as place, null::timestamptz as "dueAt", d.attempts as starts, d.attempts, d.record, d.lane`;

// The limit within keeps the planner from joining the queue as a whole: of each endpoint it is one descent of the index, whatever waits.
const byIdSql = `
select d.* from unnest($2::bigint[]) e(id) cross join lateral (
  select ${fromQueue} from rowhook.delivery d where d.lane in (0, 1, 2) and d.endpoint_id = e.id and d.id = $1 limit 1
) d
union all
select d.* from unnest($2::bigint[]) e(id) cross join lateral (
  select ${fromWaiting} from rowhook.delivery_waiting d where d.endpoint_id = e.id and d.id = $1 limit 1
) d
union all
select d.* from unnest($2::bigint[]) e(id) cross join lateral (
  select ${fromBehind} from rowhook.delivery_behind d where d.endpoint_id = e.id and d.id = $1 limit 1
) d
limit 1`;

/** A delivery by its id: from its attempts, and from where it is queued. Without attempts each endpoint's queue is looked into. */
export async function readDelivery(db: Queryable, id: string): Promise<DeliveryFacts | undefined> {
  const { rows: attempts } = await db.query<
    Pick<DeliveryFacts, 'endpointId' | 'eventId' | 'attempts' | 'verdict'>
  >(
    `select endpoint_id::text as "endpointId", event_id as "eventId", number as attempts, verdict
       from rowhook.attempt where delivery_id = $1 and id >= $2::uuid order by number desc limit 1`,
    [id, attemptsFrom([id])],
  );
  const [latest] = attempts;
  const where = latest ? [latest.endpointId] : await allEndpoints(db);
  const { rows } = await db.query<Omit<DeliveryFacts, 'verdict'>>(byIdSql, [id, where]);
  if (rows[0]) return { ...rows[0], verdict: latest?.verdict ?? null };
  return latest && { id, ...latest, ...notQueued };
}

async function allEndpoints(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>('select id::text from rowhook.endpoint');
  return rows.map(({ id }) => id);
}

/** What there is to tell of a delivery beside where it is queued. */
export async function readTale(db: Queryable, delivery: DeliveryFacts): Promise<DeliveryTale> {
  const { rows: attempts } = await db.query<AttemptFacts>(
    `select number, verdict, reason, detail, response_status as status, started_at as "startedAt", duration_ms as "durationMs", url,
       due_at as "dueAt"
     from rowhook.attempt where delivery_id = $1 and id >= $2::uuid order by number desc limit $3`,
    [delivery.id, attemptsFrom([delivery.id]), attemptsMost],
  );
  const { place, record } = delivery;
  return {
    delivery,
    attempts: attempts.reverse(),
    before: place === 'due' ? await countBefore(db, delivery) : { count: 0, atLeast: false },
    blocker:
      (place === 'behind' || place === 'due') && record !== null ? await blockerOf(db, delivery) : null,
  };
}

async function countBefore(db: Queryable, { endpointId, id, lane }: DeliveryFacts): Promise<Count> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::int as count from (
       select from rowhook.delivery where lane = $1 and endpoint_id = $2 and id < $3 order by id limit $4) d`,
    [lane, endpointId, id, beforeMost],
  );
  const { count } = rows[0]!;
  return { count, atLeast: count === beforeMost };
}

// Whatever of a record is queued goes first of those that wait behind; a redelivered one may be earlier than that, and waits all the same.
const blockerSql = `
select * from (
  (select ${fromQueue}, 0 as rank from rowhook.delivery d
    where d.endpoint_id = $1 and d.record = $2 and d.id <> $3 and ($4 or d.id < $3) order by d.id limit 1)
  union all
  (select ${fromWaiting}, 0 from rowhook.delivery_waiting d
    where d.endpoint_id = $1 and d.record = $2 and d.id <> $3 and ($4 or d.id < $3) order by d.id limit 1)
  union all
  (select ${fromBehind}, 1 from rowhook.delivery_behind d
    where $4 and d.endpoint_id = $1 and d.record = $2 and d.id < $3 order by d.id limit 1)
) d order by rank, id limit 1`;

/** The delivery of the same record that goes before this one. */
async function blockerOf(
  db: Queryable,
  { endpointId, record, id, place }: DeliveryFacts,
): Promise<DeliveryFacts | null> {
  const { rows } = await db.query<Omit<DeliveryFacts, 'verdict'> & { rank: number }>(blockerSql, [
    endpointId,
    record,
    id,
    place === 'behind',
  ]);
  const [found] = rows;
  if (!found) return null;
  const { rank: _, ...blocker } = found;
  return { ...blocker, verdict: null };
}
