import { lowestUuid } from '../uuid-time.ts';
import { type Percentiles, percentiles } from './latency-scale.ts';
import type { Queryable } from './sql.ts';

/** The endpoint whose rows in rowhook.delivery_stat are of all together. */
export const allEndpoints = '0';

/** What a daemon counted of an endpoint in a minute, or in some: a row of rowhook.delivery_stat. */
export interface DeliveryStat {
  readonly endpointId: string;
  /** A UUIDv7 of when the row was made. */
  readonly id: string;
  /** When the minute of the first of them began. */
  readonly at: Date;
  readonly succeeded: number;
  readonly retried: number;
  readonly exhausted: number;
  /** A count for each class of the scale (latency-scale.ts); the last ones are left out where they are 0. */
  readonly durations: readonly number[];
  readonly delays: readonly number[];
}

// From JSON, as arrays of arrays of different lengths are nothing that SQL knows.
const writeText = `
insert into rowhook.delivery_stat (endpoint_id, id, at, succeeded, retried, exhausted, durations, delays)
select "endpointId", id, at, succeeded, retried, exhausted, durations, delays
  from json_to_recordset($1::json) as stat (
    "endpointId" bigint, id uuid, at timestamptz, succeeded int, retried int, exhausted int, durations int[], delays int[])`;

/** The statement that adds these rows, and its values. Who sends them has a connection of its own kind. */
export function statsInsert(stats: readonly DeliveryStat[]): { text: string; values: [string] } {
  return { text: writeText, values: [JSON.stringify(stats)] };
}

/** How an endpoint did in the last 24 hours. */
export interface EndpointDay {
  readonly succeeded: number;
  /** Attempts that failed, whether or not another one followed. */
  readonly failed: number;
  /** By the hour in UTC, the oldest first; the last of the 24 is the present one. */
  readonly hours: ReadonlyArray<{
    readonly at: Date;
    readonly succeeded: number;
    readonly failed: number;
  }>;
}

const hourMs = 3_600_000;

const daysText = `
select endpoint_id::text as "endpointId", floor(extract(epoch from at) / 3600)::int as bucket,
       sum(succeeded)::int as succeeded, sum(retried + exhausted)::int as failed
  from rowhook.delivery_stat
 where endpoint_id = any ($1::bigint[]) and id >= $2::uuid and at >= $3::timestamptz
 group by 1, 2`;

/** The last day of these endpoints. Reads their rows of 24 hours: at most one for each five minutes and daemon, or for each start of one. */
export async function endpointDays(
  db: Queryable,
  endpointIds: readonly string[],
): Promise<Map<string, EndpointDay>> {
  const now = await databaseNow(db);
  const last = Math.floor(now.getTime() / hourMs);
  const from = new Date((last - 23) * hourMs);
  const { rows } = await db.query<{ endpointId: string; bucket: number; succeeded: number; failed: number }>(
    daysText,
    [endpointIds, lowestUuid(from), from],
  );
  return new Map(
    endpointIds.map((endpointId) => {
      const its = new Map(
        rows.filter((row) => row.endpointId === endpointId).map((row) => [row.bucket, row]),
      );
      const hours = Array.from({ length: 24 }, (_, n) => {
        const { succeeded = 0, failed = 0 } = its.get(last - 23 + n) ?? {};
        return { at: new Date((last - 23 + n) * hourMs), succeeded, failed };
      });
      const sum = (of: 'succeeded' | 'failed') => hours.reduce((total, hour) => total + hour[of], 0);
      return [endpointId, { succeeded: sum('succeeded'), failed: sum('failed'), hours }];
    }),
  );
}

export type OverviewRange = 'hour' | 'day' | 'week';

/** How long a bucket is, and how many there are. */
export const buckets: Readonly<Record<OverviewRange, { readonly seconds: number; readonly count: number }>> =
  {
    hour: { seconds: 60, count: 60 },
    day: { seconds: 900, count: 96 },
    week: { seconds: 3_600, count: 168 },
  };

/** A bucket of time over all endpoints. Latencies in ms; null: nothing was delivered in it. */
export interface RatePoint {
  /** When it began. */
  readonly at: Date;
  readonly succeeded: number;
  readonly retried: number;
  readonly exhausted: number;
  /** From the change to the answer, of first attempts that succeeded. */
  readonly delayMs: Percentiles | null;
  /** Of the requests alone. */
  readonly durationMs: Percentiles | null;
}

const pointsText = `
with stat as materialized (
  select floor(extract(epoch from at) / $3::int)::int as bucket, succeeded, retried, exhausted, durations, delays
    from rowhook.delivery_stat
   where endpoint_id = $1::bigint and id >= $2::uuid and at >= $4::timestamptz
), total as (
  select bucket, sum(succeeded)::int as succeeded, sum(retried)::int as retried, sum(exhausted)::int as exhausted
    from stat group by bucket
), duration as (
  select bucket, json_agg(json_build_array(class, n)) as counts
    from (select bucket, class, sum(n) as n from stat, unnest(durations) with ordinality as each (n, class) where n > 0 group by 1, 2) c
   group by bucket
), delay as (
  select bucket, json_agg(json_build_array(class, n)) as counts
    from (select bucket, class, sum(n) as n from stat, unnest(delays) with ordinality as each (n, class) where n > 0 group by 1, 2) c
   group by bucket
)
select total.*, duration.counts as durations, delay.counts as delays
  from total left join duration using (bucket) left join delay using (bucket)`;

interface PointRow {
  readonly bucket: number;
  readonly succeeded: number;
  readonly retried: number;
  readonly exhausted: number;
  /** [class from 1, how many]. */
  readonly durations: [number, number][] | null;
  readonly delays: [number, number][] | null;
}

/** Rates and latencies over a range of time until now, of one endpoint or of all: each of its buckets, the oldest first. */
export async function ratePoints(
  db: Queryable,
  range: OverviewRange,
  endpointId = allEndpoints,
): Promise<RatePoint[]> {
  const { seconds, count } = buckets[range];
  const now = await databaseNow(db);
  const first = Math.floor(now.getTime() / 1_000 / seconds) - count + 1;
  const from = new Date(first * seconds * 1_000);
  const { rows } = await db.query<PointRow>(pointsText, [endpointId, lowestUuid(from), seconds, from]);
  const found = new Map(rows.map((row) => [row.bucket, row]));
  return Array.from({ length: count }, (_, n) => {
    const row = found.get(first + n);
    return {
      at: new Date((first + n) * seconds * 1_000),
      succeeded: row?.succeeded ?? 0,
      retried: row?.retried ?? 0,
      exhausted: row?.exhausted ?? 0,
      delayMs: percentiles(countsOf(row?.delays)),
      durationMs: percentiles(countsOf(row?.durations)),
    };
  });
}

function countsOf(pairs: readonly [number, number][] | null | undefined): number[] {
  const counts: number[] = [];
  for (const [place, n] of pairs ?? []) counts[place - 1] = n;
  return Array.from(counts, (n) => n ?? 0);
}

/** Rows are dated by the database's clock, which need not be this machine's. */
async function databaseNow(db: Queryable): Promise<Date> {
  const { rows } = await db.query<{ now: Date }>('select clock_timestamp() as now');
  return rows[0]!.now;
}
