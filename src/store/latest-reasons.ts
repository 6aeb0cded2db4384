import { dayMs, lowestUuid } from '../uuid-time.ts';
import type { Queryable } from './sql.ts';

/** Who fails is tried again within hours: what is older says nothing of now. */
const lookBackMs = 2 * dayMs;

/** Why the latest attempt of each of these endpoints ended as it did, by endpoint id. One step back along the key for each. */
export async function latestReasons(
  db: Queryable,
  endpointIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (endpointIds.length === 0) return new Map();
  const { rows } = await db.query<{ id: string; reason: string }>(
    `select endpoint.id::text, latest.reason
       from unnest($1::bigint[]) as endpoint (id)
      cross join lateral (
         select reason from rowhook.attempt
          where endpoint_id = endpoint.id and id >= $2::uuid
          order by id desc
          limit 1
      ) as latest`,
    [endpointIds, lowestUuid(new Date(Date.now() - lookBackMs))],
  );
  return new Map(rows.map(({ id, reason }) => [id, reason]));
}
