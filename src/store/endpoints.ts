import { v7 } from 'uuid';
import type { Catalog } from '../catalog/types.ts';
import { RowhookError } from '../errors.ts';
import { dialectNamed } from '../wire/dialects.ts';
import {
  type EndpointInput,
  type EndpointPatch,
  type EndpointValues,
  endpointValues,
} from '../wire/endpoint-input.ts';
import { timestampText } from '../wire/timestamp.ts';
import type { Queryable } from './sql.ts';

/** A registered receiver, as anybody may see it: never with its secret. */
export interface Endpoint extends Omit<EndpointValues, 'secret'> {
  readonly id: string;
  readonly hasSecret: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The columns of an Endpoint. */
const columns = `id::text, url, description, events, secret is not null as "hasSecret", active, dialect,
  created_at as "createdAt", updated_at as "updatedAt"`;

/**
 * Registers an endpoint, with the ping that is its first delivery, and rings so that a running daemon sends it at once.
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
  const ping = dialect.ping(view, (moment) => timestampText(moment, catalog.timestamps));
  // One statement: there is no endpoint without its ping, whether or not the caller has a transaction open.
  const { rows } = await db.query<Endpoint>(
    `with endpoint as (
       insert into rowhook.endpoint (id, url, description, events, secret, active, dialect, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
       returning *
     ), event as (
       insert into rowhook.event (id, name, resource, record_key, payload, delivery_count, changed_at)
       select $9, 'ping', 'endpoint', id::text, $10, 1, created_at from endpoint
       returning id
     ), delivery as (
       insert into rowhook.delivery (endpoint_id, id, event_id)
       select endpoint.id, $11, event.id from endpoint, event
     )
     select ${columns} from endpoint`,
    [id, ...stored(values), at, v7(), ping, v7()],
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
 * Changes what the patch names. A secret of null ends signing.
 * @throws RowhookError as createEndpoint, and `endpoint_unknown`
 */
export async function updateEndpoint(
  db: Queryable,
  catalog: Catalog,
  id: string,
  patch: EndpointPatch,
): Promise<Endpoint> {
  for (;;) {
    const { version, ...before } = await readForUpdate(db, id);
    const named = Object.entries(patch).filter(([, value]) => value !== undefined);
    const values = endpointValues(catalog, { ...before, ...Object.fromEntries(named) }, before.events);
    const { rows } = await db.query<Endpoint>(
      `update rowhook.endpoint
          set url = $2, description = $3, events = $4, secret = $5, active = $6, dialect = $7, updated_at = now()
        where id = $1 and xmin = $8::xid
       returning ${columns}`,
      [id, ...stored(values), version],
    );
    // None: somebody else changed it in between; their change must not be undone.
    if (rows.length === 0) continue;
    // It may have become active, with deliveries waiting.
    await ring(db);
    return only(rows, id);
  }
}

async function readForUpdate(db: Queryable, id: string): Promise<EndpointValues & { version: string }> {
  const { rows } = await db.query<EndpointValues & { version: string }>(
    `select url, description, events, secret, active, dialect, xmin::text as version
       from rowhook.endpoint
      where id = $1`,
    [keyOf(id)],
  );
  return only(rows, id);
}

/**
 * Holds an endpoint's deliveries (false) or lets them go (true). While held it gets no new ones.
 * @throws RowhookError `endpoint_unknown`
 */
export async function setEndpointActive(db: Queryable, id: string, active: boolean): Promise<Endpoint> {
  const { rows } = await db.query<Endpoint>(
    `update rowhook.endpoint
        set active = $2, updated_at = case when active = $2 then updated_at else now() end
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
       delete from rowhook.delivery using endpoint where delivery.endpoint_id = endpoint.id returning 1
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

/** The values as the statements name them, from $2 on. */
function stored(values: EndpointValues): unknown[] {
  const { url, description, events, secret, active, dialect } = values;
  return [url, description, events, secret, active, dialect];
}

/** Only a hint that deliveries are due, heard when the transaction commits. */
async function ring(db: Queryable): Promise<void> {
  await db.query(`select pg_notify('rowhook_delivery', '')`);
}

/** Ids are bigint; what cannot be one belongs to no endpoint. */
function keyOf(id: string): string {
  return /^\d{1,18}$/.test(id) ? id : '0';
}

function only<Row>(rows: readonly Row[], id: string): Row {
  const [row] = rows;
  if (row) return row;
  throw new RowhookError('endpoint_unknown', `there is no endpoint ${id}`, {
    fix: 'List the endpoints to see their ids.',
  });
}
