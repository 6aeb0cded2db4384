import { v7 } from 'uuid';
import type { Catalog } from '../catalog/types.ts';
import { dialectNamed } from '../wire/dialects.ts';
import { type EndpointInput, type EndpointPatch, endpointValues } from '../wire/endpoint-input.ts';
import { timestampValue } from '../wire/timestamp.ts';
import { amend, columns, type Endpoint, keyOf, only, ring } from './endpoint-row.ts';
import type { Queryable } from './sql.ts';

export type { Endpoint } from './endpoint-row.ts';

/**
 * Registers an endpoint, with the ping that is its first delivery in most dialects, and rings so that a running daemon sends it
 * at once.
 * @throws RowhookError `endpoint_invalid`, `event_unknown`, `config_invalid` (the dialect)
 */
export async function createEndpoint(
  db: Queryable,
  catalog: Catalog,
  input: EndpointInput,
): Promise<Endpoint> {
  const values = endpointValues(catalog, input);
  const { id, at } = await nextEndpoint(db);
  const view = { ...values, id, createdAt: at, updatedAt: at, deliveryCount: 0 };
  const dialect = dialectNamed(values.dialect ?? catalog.dialect);
  const ping = dialect.ping(view, (moment) => timestampValue(moment, catalog.timestamps));
  // One statement: there is no endpoint without its ping, whether or not the caller has a transaction open.
  const { rows } = await db.query<Endpoint>(
    `with endpoint as (
       insert into rowhook.endpoint (
         id, url, description, events, secret, active, dialect, tenant, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
       returning *
     ), event as (
       insert into rowhook.event (id, name, resource, record_key, payload, delivery_count, changed_at, tenant)
       select $10, 'ping', 'endpoint', id::text, $11::text, 1, created_at, tenant from endpoint where $11::text is not null
       returning id
     ), delivery as (
       insert into rowhook.delivery (lane, slot, endpoint_id, id, event_id)
       select 0, (select slot from rowhook.delivery_slot), endpoint.id, $12, event.id from endpoint, event
     )
     select ${columns} from endpoint`,
    [
      id,
      values.url,
      values.description,
      values.events,
      values.secret,
      values.active,
      values.dialect,
      values.tenant,
      at,
      v7(),
      ping ?? null,
      v7(),
    ],
  );
  await ring(db);
  return only(rows, id);
}

/** Ids are known beforehand, because the ping contains them. */
async function nextEndpoint(db: Queryable): Promise<{ id: string; at: Date }> {
  const { rows } = await db.query<{ id: string; at: Date }>(
    `select nextval(pg_get_serial_sequence('rowhook.endpoint', 'id'))::text as id, date_trunc('milliseconds', now()) as at`,
  );
  return rows[0] as { id: string; at: Date };
}

/**
 * Changes what the patch names. A secret of null ends signing; another secret replaces the present one at once, see rotateSecret
 * for one that overlaps. The tenant cannot change.
 * @throws RowhookError as createEndpoint, and `endpoint_unknown`
 */
export function updateEndpoint(
  db: Queryable,
  catalog: Catalog,
  id: string,
  patch: EndpointPatch,
): Promise<Endpoint> {
  const named = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
  return amend(db, id, ({ oldSecrets, ...before }) => {
    const after = endpointValues(catalog, { ...before, ...named }, before);
    const dialect = dialectNamed(after.dialect ?? catalog.dialect);
    // A new dialect may have another form of secrets.
    const kept = oldSecrets.filter(({ secret }) => !dialect.secretProblem(secret));
    return { ...after, oldSecrets: after.secret === before.secret ? kept : [] };
  });
}

/**
 * Holds an endpoint's deliveries (false) or lets them go (true). While held it gets no new ones.
 * @throws RowhookError `endpoint_unknown`
 */
export async function setEndpointActive(db: Queryable, id: string, active: boolean): Promise<Endpoint> {
  const { rows } = await db.query<Endpoint>(
    `update rowhook.endpoint
        set active = $2,
            disabled_reason = case when active = $2 then disabled_reason end,
            updated_at = case when active = $2 then updated_at else now() end
      where id = $1
     returning ${columns}`,
    [keyOf(id), active],
  );
  await ring(db);
  return only(rows, id);
}

/**
 * Deletes an endpoint and the deliveries it still was to get. What it got stays in the history.
 * @returns how many deliveries were dropped
 * @throws RowhookError `endpoint_unknown`
 */
export async function deleteEndpoint(db: Queryable, id: string): Promise<{ dropped: number }> {
  const { rows } = await db.query<{ endpoints: number; dropped: number }>(
    `with endpoint as (
       delete from rowhook.endpoint where id = $1 returning id
     ), due as (
       delete from rowhook.delivery using endpoint
        where delivery.lane in (0, 1, 2) and delivery.endpoint_id = endpoint.id
       returning 1
     ), waiting as (
       delete from rowhook.delivery_waiting using endpoint where delivery_waiting.endpoint_id = endpoint.id returning 1
     )
     select (select count(*) from endpoint)::int as endpoints,
            ((select count(*) from due) + (select count(*) from waiting))::int as dropped`,
    [keyOf(id)],
  );
  const { dropped } = only(
    rows.filter((row) => row.endpoints > 0),
    id,
  );
  return { dropped };
}

/** All endpoints, the oldest first. */
export async function listEndpoints(db: Queryable): Promise<Endpoint[]> {
  const { rows } = await db.query<Endpoint>(`select ${columns} from rowhook.endpoint order by id`);
  return rows;
}

/** @throws RowhookError `endpoint_unknown` */
export async function getEndpoint(db: Queryable, id: string): Promise<Endpoint> {
  const { rows } = await db.query<Endpoint>(`select ${columns} from rowhook.endpoint where id = $1`, [
    keyOf(id),
  ]);
  return only(rows, id);
}
