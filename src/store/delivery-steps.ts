import type { Queryable } from './sql.ts';

/** A delivery as it was met on a walk, and where it is queued. */
export interface Step {
  /** Where it lies in the order of the walk: a UUIDv7. */
  readonly place: string;
  readonly id: string;
  readonly endpointId: string;
  readonly eventId: string;
  readonly queued: 'due' | 'behind' | 'sending' | null;
  readonly dueAt: Date | null;
}

/**
 * What is walked over. `all`: a delivery's place is its latest attempt, or itself before the first one; earlier attempts are met on the way.
 * `attempted`: attempts alone; `failed`: those that failed, by an index of their own. The others are parts of the queue.
 */
export type Walked = 'all' | 'attempted' | 'failed' | 'due' | 'behind' | 'waiting';

export interface Walk {
  readonly along: Walked;
  /** Undefined: of all that exist. */
  readonly endpointId: string | undefined;
  /** Places below this one, from that one on. */
  readonly before: string;
  readonly from: string;
  /** So many are looked at. */
  readonly most: number;
  /** Of the attempts: those that do not match are passed over. */
  readonly verdict: string | undefined;
  readonly status: StatusRange | undefined;
  /** In lower case: a part of the delivery's or the event's id. */
  readonly text: string | undefined;
}

/** Statuses from one to before another; `none`: there was no answer. */
export type StatusRange = readonly [from: number, to: number] | 'none';

interface Source {
  /** The id of the delivery. */
  readonly id: string;
  readonly from: string;
  readonly outcome?: string;
}

// A source for each lane of the queue: over all three at once, what one endpoint is owed would have to be sorted.
const lane = (number: number, condition = ''): Source => ({
  id: 'id',
  from: `rowhook.delivery where lane = ${number}${condition} and`,
});
const behind = (condition = ''): Source => ({
  id: 'id',
  from: `rowhook.delivery_behind where${condition ? ` ${condition} and` : ''}`,
});
const attempts = (condition = ''): Source => ({
  id: 'delivery_id',
  from: `rowhook.attempt where${condition ? ` ${condition} and` : ''}`,
  outcome: 'verdict, response_status',
});
const sources: Readonly<Record<Walked, readonly Source[]>> = {
  // What is in the other lanes has been tried: it lies at its latest attempt.
  all: [lane(0, ' and attempts = 0'), behind('attempts = 0'), attempts()],
  attempted: [attempts()],
  failed: [attempts(`verdict <> 'succeeded'`)],
  due: [lane(0), lane(1), lane(2)],
  behind: [behind()],
  waiting: [{ id: 'id', from: 'rowhook.delivery_waiting where' }],
};

const named = 'walked (place, id, endpoint_id, event_id, verdict, status)';
const walkOf = (along: Walked, from: string, limit: string): string => {
  const each = sources[along].map(
    ({ id, from: rows, outcome = 'null::text, null::smallint' }) => `
      (select id, ${id}, endpoint_id, event_id, ${outcome}
         from ${rows} endpoint_id = endpoint.id and id < $1::uuid and id >= ${from}
        order by id desc
        limit ${limit})`,
  );
  return `(
    select * from (${each.join(' union all ')}) as ${named} order by place desc limit ${limit}
  )`;
};

// There is no index by time across endpoints, and none is wanted on such a table: a walk over all of them merges one along (endpoint_id, id)
// for each. Of as many endpoints as there are to be places only those can matter that have the latest ones; and of these, a part of
// their places, which the index alone tells, says below which place nothing is needed.
const ofAll = (along: Walked): string => `
endpoint as materialized (
  select endpoint.id
    from rowhook.endpoint
   cross join lateral ${walkOf(along, '$2::uuid', '1')} as head
   order by head.place desc
   limit $3::int
), lowest as materialized (
  select part.place
    from endpoint
   cross join lateral ${walkOf(along, '$2::uuid', '($3::int / 10 + 1)')} as part
   order by part.place desc
  offset $3::int - 1 limit 1
), `;

// The limits within keep a planner from joining the queue as a whole: where each is, is one descent of an index, whatever waits.
const standing = `
       case when due.leased_until > now() then 'sending' when due.found then 'due' when behind.found then 'behind' end as queued,
       waiting.due_at as "dueAt"`;
const standingOf = (step: string): string => `
  left join lateral (
    select true as found, leased_until from rowhook.delivery
     where lane in (0, 1, 2) and endpoint_id = ${step}.endpoint_id and id = ${step}.id limit 1
  ) as due on true
  left join lateral (
    select due_at from rowhook.delivery_waiting where endpoint_id = ${step}.endpoint_id and id = ${step}.id limit 1
  ) as waiting on true
  left join lateral (
    select true as found from rowhook.delivery_behind where endpoint_id = ${step}.endpoint_id and id = ${step}.id limit 1
  ) as behind on true`;

// What does not match is passed over here, so that it is not sent; the last one that was looked at comes too, to go on from.
const textOf = (along: Walked, all: boolean): string => `
with ${all ? ofAll(along) : 'endpoint as (select $9::bigint as id), '}walk as materialized (
  select walked.*,
         ($4::text is null or verdict = $4) and ($5::int is null or status >= $5 and status < $6::int)
           and (not $7::boolean or status is null and verdict is not null)
           and ($8::text is null or position($8 in walked.id::text) > 0 or position($8 in event_id::text) > 0) as matches
    from endpoint
   cross join lateral ${walkOf(along, all ? 'coalesce((select place from lowest), $2::uuid)' : '$2::uuid', '$3::int')} as walked
   order by place desc
   limit $3::int
)
select step.place, step.id, step.endpoint_id::text as "endpointId", step.event_id as "eventId",${standing},
       coalesce(step.matches, false) as matches, (select count(*)::int from walk) as walked
  from walk as step${standingOf('step')}
 where step.matches or step.place = (select place from walk order by place limit 1)
 order by step.place desc`;

const texts = new Map<string, string>();

/**
 * One walk, backwards from a place, over a bounded number of rows: it costs the same with 10 million attempts, and however rare
 * that is which is looked for (invariant 8).
 * @returns what matches; how many were looked at; and the last place of these, to go on from
 */
export async function walkSteps(
  db: Queryable,
  { along, endpointId, before, from, most, verdict, status, text }: Walk,
): Promise<{ steps: Step[]; walked: number; last: string | undefined }> {
  const all = endpointId === undefined;
  const key = `${along} ${all}`;
  const statement = texts.get(key) ?? textOf(along, all);
  texts.set(key, statement);
  const [low, high] = status === undefined || status === 'none' ? [null, null] : status;
  const { rows } = await db.query<Step & { matches: boolean; walked: number }>(statement, [
    before,
    from,
    most,
    verdict ?? null,
    low,
    high,
    status === 'none',
    text ?? null,
    ...(all ? [] : [endpointId]),
  ]);
  return {
    steps: rows.filter(({ matches }) => matches),
    walked: rows[0]?.walked ?? 0,
    last: rows.at(-1)?.place,
  };
}

const knownText = `
select step.id as place, step.id, step.endpoint_id::text as "endpointId", step.event_id as "eventId",${standing}
  from unnest($1::uuid[], $2::bigint[], $3::uuid[]) as step (id, endpoint_id, event_id)${standingOf('step')}
 order by step.id desc`;

/** Deliveries that are known, each at its own place: where they are queued, the latest made first. */
export async function stepsOf(
  db: Queryable,
  known: ReadonlyArray<Pick<Step, 'id' | 'endpointId' | 'eventId'>>,
): Promise<Step[]> {
  if (known.length === 0) return [];
  const { rows } = await db.query<Step>(knownText, [
    known.map(({ id }) => id),
    known.map(({ endpointId }) => endpointId),
    known.map(({ eventId }) => eventId),
  ]);
  return rows;
}
