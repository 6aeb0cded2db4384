import type { EndpointRow } from './endpoint-list.ts';
import { endpointRows, joinedHealth, statusSql } from './endpoint-list.ts';
import type { Sealing } from './endpoint-row.ts';
import type { Queryable } from './sql.ts';

/** Endpoints that want somebody to look at them. */
export interface EndpointTroubles {
  /** rowhook disabled them by itself; the latest first, so many of them. */
  readonly disabled: readonly EndpointRow[];
  readonly disabledCount: number;
  /** Active, and their receiver fails; those that fail for the longest time first, so many of them. */
  readonly failing: readonly EndpointRow[];
  readonly failingCount: number;
}

const troublesText = `
with disabled as materialized (
  select id, updated_at from rowhook.endpoint where not active and disabled_reason is not null
), failing as materialized (
  select endpoint.id, health.failing_since from ${joinedHealth} where ${statusSql} = 'failing'
)
select array(select id::text from disabled order by updated_at desc, id limit $1) as disabled,
       (select count(*)::int from disabled) as "disabledCount",
       array(select id::text from failing order by failing_since nulls last, id limit $1) as failing,
       (select count(*)::int from failing) as "failingCount"`;

/** @param most how many of each are shown, at most 100 */
export async function endpointTroubles(
  db: Queryable,
  most: number,
  sealing: Sealing = {},
): Promise<EndpointTroubles> {
  const { rows } = await db.query<{
    disabled: string[];
    disabledCount: number;
    failing: string[];
    failingCount: number;
  }>(troublesText, [most]);
  const found = rows[0]!;
  const shown = await endpointRows(db, [...found.disabled, ...found.failing], sealing);
  const byId = new Map(shown.map((row) => [row.id, row]));
  const of = (ids: readonly string[]) => ids.flatMap((id) => byId.get(id) ?? []);
  return { ...found, disabled: of(found.disabled), failing: of(found.failing) };
}
