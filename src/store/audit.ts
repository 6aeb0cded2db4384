import type { Queryable } from './sql.ts';

/** What somebody did through the admin page or its API. */
export interface AuditInput {
  /** The name of the token, or as the application that mounts the page calls its user. */
  readonly actor: string;
  /** A stable word: `endpoint_create`, `secret_rotate`, `delivery_redeliver`. */
  readonly action: string;
  readonly endpointId?: string | null | undefined;
  /** The delivery or the bulk job that it was about. */
  readonly target?: string | null | undefined;
  /** What it was before and is now. Never a secret, nor the value of a header. */
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
}

export interface AuditEntry {
  readonly id: string;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly endpointId: string | null;
  readonly target: string | null;
  readonly detail: Record<string, unknown>;
}

export interface AuditFilter {
  readonly endpointId?: string | undefined;
  /** Only entries before this one. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** For how long entries are kept. */
export const auditDays = 365;
const pruneBatch = 10_000;

/** Writes an entry, in the transaction that `db` is in: no change is without its entry, and no entry without its change. */
export async function appendAudit(
  db: Queryable,
  { actor, action, endpointId = null, target = null, detail = {} }: AuditInput,
): Promise<void> {
  await db.query(
    `insert into rowhook.audit (actor, action, endpoint_id, target, detail) values ($1, $2, $3, $4, $5::jsonb)`,
    [actor, action, endpointId, target, JSON.stringify(detail)],
  );
}

/** The newest first; a walk along the primary key, or along the index of the endpoint. */
export async function listAudit(
  db: Queryable,
  { endpointId = undefined, before = undefined, limit }: AuditFilter,
): Promise<AuditEntry[]> {
  // One text for each filter: with both in one the planner may walk all entries for those of a rare endpoint. Ordered by the column, not by
  // its text.
  const { rows } = await db.query<AuditEntry>(
    `select id::text as id, at, actor, action, endpoint_id::text as "endpointId", target, detail
       from rowhook.audit
      where id < coalesce($1::bigint, 9223372036854775807) ${endpointId === undefined ? '' : 'and endpoint_id = $3::bigint'}
      order by audit.id desc limit $2`,
    [before ?? null, limit, ...(endpointId === undefined ? [] : [endpointId])],
  );
  return rows;
}

/**
 * Deletes what is older than a year: the oldest 10,000 at most, as the next hour goes on. Ids grow with time, so that it looks at no
 * more than it deletes.
 * @returns how many
 */
export async function pruneAudit(db: Queryable): Promise<number> {
  const { rowCount } = await db.query(
    `delete from rowhook.audit
      where id in (
        select id from (select id, at from rowhook.audit order by id limit $1) oldest
         where at < now() - $2 * interval '1 day')`,
    [pruneBatch, auditDays],
  );
  return rowCount ?? 0;
}
