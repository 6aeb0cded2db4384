import type { Queryable } from './sql.ts';

/** Changes of a captured table that gave no events, and of which nobody has said yet that they know. */
export interface OpenGap {
  /** Quoted and schema-qualified. */
  readonly table: string;
  /** A TRUNCATE; or writes with session_replication_role = replica. */
  readonly kind: 'truncate' | 'bypassed';
  /** When the first of their transactions began: ISO 8601 in UTC. */
  readonly firstAt: string;
  readonly lastAt: string;
  /** Counted up to 1,000. */
  readonly transactions: number;
}

const iso = (column: string): string =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** The gaps that nobody has acknowledged, by table. There is one row at most for each capture and kind. */
export async function openGaps(db: Queryable): Promise<OpenGap[]> {
  const { rows } = await db.query<OpenGap>(
    `select c.table_name as "table", g.kind, ${iso('min(g.first_at)')} as "firstAt", ${iso('max(g.last_at)')} as "lastAt",
       least(1000, sum(g.transactions))::int as transactions
     from rowhook.gap g join rowhook.capture c on c.id = g.capture_id
     where g.acknowledged_at is null group by 1, 2 order by 1, 2`,
  );
  return rows;
}

/**
 * Somebody knows of these gaps: they are told no more, and what comes later is a new one.
 * @param table only those of this table, quoted and schema-qualified
 * @returns what was open until then
 */
export async function acknowledgeGaps(db: Queryable, table?: string): Promise<OpenGap[]> {
  const { rows } = await db.query<OpenGap>(
    `with known as (
       update rowhook.gap g set acknowledged_at = clock_timestamp()
       from rowhook.capture c
       where c.id = g.capture_id and g.acknowledged_at is null and ($1::text is null or c.table_name = $1)
       returning c.table_name, g.kind, g.first_at, g.last_at, g.transactions
     )
     select table_name as "table", kind, ${iso('min(first_at)')} as "firstAt", ${iso('max(last_at)')} as "lastAt",
       least(1000, sum(transactions))::int as transactions
     from known group by 1, 2 order by 1, 2`,
    [table ?? null],
  );
  return rows;
}
