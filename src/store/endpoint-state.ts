import {
  type Endpoint,
  type IfVersion,
  keyOf,
  only,
  readEndpoint,
  ring,
  type Sealing,
  versionConflict,
} from './endpoint-row.ts';
import type { Queryable } from './sql.ts';

/** Deliveries that one statement drops from each queue; those that are due are three, by lane. */
const dropBatch = 5_000;

type Options = Sealing & IfVersion;

// Whether it has the version that somebody has seen is asked of the row that is locked and changed, in the same statement: nobody gets
// in between.
const seen = `seen as materialized (
  select id, xmin::text as version from rowhook.endpoint where id = $1 for no key update
)`;
const asSeen = `endpoint.id = seen.id and ($2::text is null or seen.version = $2)`;

/** Runs a statement that selects from `seen`. */
async function change(db: Queryable, text: string, id: string, { ifVersion }: IfVersion): Promise<void> {
  const { rows } = await db.query<{ version: string }>(text, [keyOf(id), ifVersion ?? null]);
  const { version } = only(rows, id);
  if (ifVersion !== undefined && ifVersion !== version) throw versionConflict(id);
}

/**
 * Holds an endpoint's deliveries. It goes on getting new ones, and loses none. What a daemon has in hand already may still begin for
 * half a second; five, where it cannot reach the database.
 * @param options.ifVersion the version that it must still have
 * @throws RowhookError `endpoint_unknown`, `version_conflict`
 */
export async function pauseEndpoint(db: Queryable, id: string, options: Options = {}): Promise<Endpoint> {
  await change(db, pauseText, id, options);
  return readEndpoint(db, id, options);
}

const pauseText = `
with ${seen}, paused as (
  update rowhook.endpoint set paused_at = now(), updated_at = now() from seen where ${asSeen} and paused_at is null
)
select version from seen`;

/**
 * Disables an endpoint: it gets no new deliveries, and those that wait are held. One that is disabled already keeps its reason.
 * @param options.ifVersion the version that it must still have
 * @throws RowhookError `endpoint_unknown`, `version_conflict`
 */
export async function disableEndpoint(db: Queryable, id: string, options: Options = {}): Promise<Endpoint> {
  await change(db, disableText, id, options);
  return readEndpoint(db, id, options);
}

const disableText = `
with ${seen}, disabled as (
  update rowhook.endpoint set active = false, disabled_reason = null, updated_at = now() from seen where ${asSeen} and active
)
select version from seen`;

/**
 * Lets an endpoint go on that is paused or disabled, or that waits because its receiver failed: at full speed, as if nothing had been.
 *
 * Held deliveries are dropped in batches, while they are still held. Where that breaks off, the endpoint stays held with the rest;
 * say it again. What is on its way at that moment is not held, and is not dropped.
 * @param options.held `deliver` sends what was held, before what is new; `drop` drops it
 * @param options.onDropped hears after each batch how many this call has dropped: of a call that breaks off nothing else tells
 * @param options.ifVersion the version that it must still have; nothing is dropped of another one
 * @returns the endpoint, and how many deliveries this call dropped
 * @throws RowhookError `endpoint_unknown`, `version_conflict`
 */
export async function resumeEndpoint(
  db: Queryable,
  id: string,
  options: { readonly held: 'deliver' | 'drop'; readonly onDropped?: (dropped: number) => void } & Options,
): Promise<{ readonly endpoint: Endpoint; readonly dropped: number }> {
  const dropped = options.held === 'drop' ? await dropHeld(db, id, options) : 0;
  await change(db, resumeText, id, options);
  await ring(db);
  return { endpoint: await readEndpoint(db, id, options), dropped };
}

// The endpoint first, then its health: whoever else writes both does it in that order. The keeper stays: limits hold on.
const resumeText = `
with ${seen}, resumed as (
  update rowhook.endpoint
     set active = true, paused_at = null, disabled_reason = null, updated_at = now()
    from seen
   where ${asSeen} and (not active or paused_at is not null)
  returning 1
), well as (
  update rowhook.endpoint_health
     set failures = 0, failing_since = null, open_until = null, probes = 0, paused_until = null, throttle = null, throttled_at = null
    from seen
   where endpoint_id = seen.id and ($2::text is null or seen.version = $2) and (select count(*) from resumed) >= 0
)
select version from seen`;

/**
 * From its oldest on, then once more from there until nothing is found: rows move between the queues meanwhile, and what was locked
 * may be free the next time.
 */
async function dropHeld(
  db: Queryable,
  id: string,
  { ifVersion, onDropped }: IfVersion & { readonly onDropped?: (dropped: number) => void },
): Promise<number> {
  let all = 0;
  let noted: string | null = null;
  let after = fromTheStart;
  for (;;) {
    const values: unknown[] = [keyOf(id), dropBatch, noted, after, ifVersion ?? null];
    const found: { rows: Dropped[] } = await db.query<Dropped>(dropText, values);
    const { dropped, last, ...batch } = found.rows[0] as Dropped;
    if (dropped === 0 && after === fromTheStart) return all;
    all += dropped;
    onDropped?.(all);
    noted = batch.noted;
    after = dropped === 0 ? fromTheStart : last.map((each, index) => each ?? after[index] ?? lowest);
  }
}

const lowest = '00000000-0000-0000-0000-000000000000';
/** The ids behind which to look: of the three lanes, then of what waits, then of what is behind. */
const fromTheStart: readonly string[] = [lowest, lowest, lowest, lowest, lowest];

interface Dropped {
  readonly dropped: number;
  /** The row of rowhook.endpoint_change that says how many. */
  readonly noted: string | null;
  /** The last ids that it came to, as those of `fromTheStart`; null: nothing was there. */
  readonly last: ReadonlyArray<string | null>;
}

// Only while it is held: somebody else may have let it go on, and its deliveries are wanted. What is leased is on its way. A row that
// somebody has locked is not waited for. Each batch says at once how many it dropped, so that a call that breaks off leaves no gap:
// $3 is the row of the batches before.
//
// In the order of an index, and by the place of each row, which being locked stays there: joined by its key, a planner would read a
// whole queue of a million rows for each batch. $4 skips the rows that batches before have left dead: vacuum may be held back (invariant 8).
const dropText = `
with held as materialized (
  select id, url, events, tenant, active, disabled_reason, paused_at
    from rowhook.endpoint
   where id = $1 and (not active or paused_at is not null) and ($5::text is null or xmin::text = $5)
), found_due as materialized (
  select due.*
    from held
   cross join (values (0::smallint), (1), (2)) as queue (number)
   cross join lateral (
      select lane, delivery.id, delivery.tableoid as part, delivery.ctid as place
        from rowhook.delivery
       where lane = queue.number and endpoint_id = held.id and delivery.id > ($4::uuid[])[queue.number + 1] and (lease is null or leased_until < now())
       order by delivery.id
       limit $2
         for update skip locked
    ) as due
), found_waiting as materialized (
  select waiting.* from held cross join lateral (
    select delivery_waiting.id, delivery_waiting.ctid as place
      from rowhook.delivery_waiting
     where endpoint_id = held.id and delivery_waiting.id > ($4::uuid[])[4]
     order by delivery_waiting.id
     limit $2
       for update skip locked
  ) as waiting
), found_behind as materialized (
  select behind.* from held cross join lateral (
    select delivery_behind.id, delivery_behind.ctid as place
      from rowhook.delivery_behind
     where endpoint_id = held.id and delivery_behind.id > ($4::uuid[])[5]
     order by delivery_behind.id
     limit $2
       for update skip locked
  ) as behind
), due as (
  delete from rowhook.delivery
   where ctid = any (array(select place from found_due))
     and (tableoid, ctid) in (select part, place from found_due)
  returning 1
), waiting as (
  delete from rowhook.delivery_waiting where ctid = any (array(select place from found_waiting)) returning 1
), behind as (
  delete from rowhook.delivery_behind where ctid = any (array(select place from found_behind)) returning 1
), counted as materialized (
  select ((select count(*) from due) + (select count(*) from waiting) + (select count(*) from behind))::int as dropped
), noted as (
  insert into rowhook.endpoint_change (endpoint_id, url, events, tenant, active, disabled_reason, paused, dropped)
  select held.id, url, events, tenant, active, disabled_reason, paused_at is not null, counted.dropped
    from held, counted
   where counted.dropped > 0 and $3::bigint is null
  returning id
), added as (
  update rowhook.endpoint_change
     set dropped = endpoint_change.dropped + counted.dropped, changed_at = clock_timestamp()
    from counted
   where endpoint_change.id = $3::bigint and counted.dropped > 0
)
select dropped, coalesce((select id from noted), $3::bigint)::text as noted,
       array[(select id from found_due where lane = 0 order by id desc limit 1)::text,
             (select id from found_due where lane = 1 order by id desc limit 1)::text,
             (select id from found_due where lane = 2 order by id desc limit 1)::text,
             (select id from found_waiting order by id desc limit 1)::text,
             (select id from found_behind order by id desc limit 1)::text] as last
  from counted`;
