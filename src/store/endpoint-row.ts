import { RowhookError } from '../errors.ts';
import type { EndpointValues } from '../wire/endpoint-input.ts';
import type { OldSecret } from '../wire/secrets.ts';
import type { Queryable } from './sql.ts';

/** A registered receiver, as anybody may see it: never with its secret. */
export interface Endpoint extends Omit<EndpointValues, 'secret'> {
  readonly id: string;
  readonly hasSecret: boolean;
  /** Why rowhook made it inactive by itself, e.g. `http_410`; null where a person did, and while it is active. */
  readonly disabledReason: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The columns of an Endpoint. */
export const columns = `id::text, url, description, events, secret is not null as "hasSecret", active, dialect, tenant,
  disabled_reason as "disabledReason", created_at as "createdAt", updated_at as "updatedAt"`;

/** All that can change of an endpoint. */
export interface EndpointState extends EndpointValues {
  /** The newest first. */
  readonly oldSecrets: readonly OldSecret[];
}

/**
 * Changes an endpoint to what `change` makes of it. That may be called again: where somebody else changed it in between, with
 * what it is then, so that neither change is undone.
 * @param change gets the database's time besides
 * @throws RowhookError `endpoint_unknown`, and what `change` throws
 */
export async function amend(
  db: Queryable,
  id: string,
  change: (before: EndpointState, now: Date) => EndpointState,
): Promise<Endpoint> {
  for (;;) {
    const { version, now, ...before } = await read(db, id);
    const after = change(before, now);
    const { rows } = await db.query<Endpoint>(
      `update rowhook.endpoint
          set url = $2, description = $3, events = $4, secret = $5, active = $6, dialect = $7, old_secrets = $8::jsonb,
              disabled_reason = case when active = $6 then disabled_reason end, updated_at = now()
        where id = $1 and xmin = $9::xid
       returning ${columns}`,
      [
        id,
        after.url,
        after.description,
        after.events,
        after.secret,
        after.active,
        after.dialect,
        JSON.stringify(after.oldSecrets),
        version,
      ],
    );
    if (rows.length === 0) continue;
    // It may have become active, with deliveries waiting.
    await ring(db);
    return only(rows, id);
  }
}

async function read(db: Queryable, id: string): Promise<EndpointState & { version: string; now: Date }> {
  const { rows } = await db.query<EndpointState & { version: string; now: Date }>(
    `select url, description, events, secret, active, dialect, tenant, old_secrets as "oldSecrets",
            xmin::text as version, date_trunc('milliseconds', clock_timestamp()) as now
       from rowhook.endpoint
      where id = $1`,
    [keyOf(id)],
  );
  return only(rows, id);
}

/** Only a hint that deliveries are due, heard when the transaction commits. */
export async function ring(db: Queryable): Promise<void> {
  await db.query(`select pg_notify('rowhook_delivery', '')`);
}

/** Ids are bigint; what cannot be one belongs to no endpoint. */
export function keyOf(id: string): string {
  return /^\d{1,18}$/.test(id) ? id : '0';
}

export function only<Row>(rows: readonly Row[], id: string): Row {
  const [row] = rows;
  if (row) return row;
  throw new RowhookError('endpoint_unknown', `there is no endpoint ${id}`, {
    fix: 'List the endpoints to see their ids.',
  });
}
