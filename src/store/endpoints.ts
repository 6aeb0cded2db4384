import { v7 } from 'uuid';
import type { Catalog } from '../catalog/types.ts';
import { RowhookError } from '../errors.ts';
import { dialectNamed } from '../wire/dialects.ts';
import { type EndpointInput, type EndpointPatch, endpointValues } from '../wire/endpoint-input.ts';
import { timestampValue } from '../wire/timestamp.ts';
import { amend, type EndpointContent, newTexts, settingColumns } from './endpoint-amend.ts';
import {
  type Endpoint,
  type IfVersion,
  keyOf,
  only,
  readEndpoint,
  readEndpoints,
  ring,
  type Sealing,
  unknownEndpoint,
  versionConflict,
} from './endpoint-row.ts';
import { plainSealer, type SealedColumn, sealedColumns } from './sealer.ts';
import type { Queryable } from './sql.ts';

export type { Endpoint, EndpointHealth, IfVersion, Sealing } from './endpoint-row.ts';

/**
 * Registers an endpoint, with the ping that is its first delivery in most dialects, and rings so that a running daemon sends it
 * at once.
 * @param sealing.sealer seals its secrets; it must be the daemon's. Default: they are stored as they are
 * @throws RowhookError `endpoint_invalid`, `event_unknown`, `config_invalid` (the dialect)
 */
export async function createEndpoint(
  db: Queryable,
  catalog: Catalog,
  input: EndpointInput,
  sealing: Sealing = {},
): Promise<Endpoint> {
  const { endpoint } = await registerEndpoint(db, catalog, input, sealing);
  return endpoint;
}

/** The same, with the id of the ping's delivery; null: its dialect has no ping. */
export async function registerEndpoint(
  db: Queryable,
  catalog: Catalog,
  input: EndpointInput,
  sealing: Sealing = {},
): Promise<{ readonly endpoint: Endpoint; readonly pingId: string | null }> {
  const values = endpointValues(catalog, input);
  const { id, at } = await nextEndpoint(db);
  const texts = newTexts(values, sealing.sealer ?? plainSealer, id);
  const view = { ...values, id, createdAt: at, updatedAt: at, deliveryCount: 0 };
  const dialect = dialectNamed(values.dialect ?? catalog.dialect);
  // A delivery has a higher id than its event.
  const [eventId, pingId] = [v7(), v7()];
  const ping = dialect.ping(view, (moment) => timestampValue(moment, catalog.timestamps));
  // One statement: there is no endpoint without its ping, whether or not the caller has a transaction open.
  await db.query(
    `with endpoint as (
       insert into rowhook.endpoint (
         id, url, description, events, secret, active, dialect, tenant, created_at, updated_at,
         concurrency, rate, timeout_ms, schedule, ordering, headers, client_certificate, client_key, ca, proxy)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
       returning *
     ), event as (
       insert into rowhook.event (id, name, resource, record_key, payload, delivery_count, changed_at, tenant)
       select $10, 'ping', 'endpoint', id::text, $11::text, 1, created_at, tenant from endpoint where $11::text is not null
       returning id
     )
     insert into rowhook.delivery (lane, slot, endpoint_id, id, event_id)
     select 0, (select slot from rowhook.delivery_slot), endpoint.id, $12, event.id from endpoint, event`,
    [
      id,
      values.url,
      values.description,
      values.events,
      texts.secret,
      values.active,
      values.dialect,
      values.tenant,
      at,
      eventId,
      ping ?? null,
      pingId,
      ...settingColumns(values, texts),
    ],
  );
  await ring(db);
  const endpoint = await readEndpoint(db, id, sealing);
  return { endpoint, pingId: ping === undefined ? null : pingId };
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
 * for one that overlaps. A setting of null has its default again; a header whose value is null keeps the one that it has. The tenant
 * cannot change.
 * @param sealing.ifVersion the version that it must still have
 * @param sealing.sealer must have the keys that what is there was sealed with, but for what the patch replaces
 * @throws RowhookError as createEndpoint, and `endpoint_unknown`, `version_conflict`, `secret_sealed`
 */
export function updateEndpoint(
  db: Queryable,
  catalog: Catalog,
  id: string,
  patch: EndpointPatch,
  sealing: Sealing & IfVersion = {},
): Promise<Endpoint> {
  const named = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
  const { headers } = patch;
  const keepsHeaders = headers?.some(([, value]) => value === null) ?? false;
  const replaced = sealedColumns.filter(
    (column) => replacedBy[column] in named && !(column === 'headers' && keepsHeaders),
  );
  return amend(db, id, { ...sealing, replaced }, ({ oldSecrets, ...before }) => {
    const given = { ...before, ...named, ...(headers ? { headers: withKept(headers, before.headers) } : {}) };
    const after = endpointValues(catalog, given, before);
    const dialect = dialectNamed(after.dialect ?? catalog.dialect);
    // A new dialect may have another form of secrets.
    const kept = oldSecrets.filter(({ secret }) => !dialect.secretProblem(secret));
    return { ...after, oldSecrets: after.secret === before.secret ? kept : [] };
  });
}

/** Headers with the values that those keep which name none: people are not shown what they leave as it is. */
function withKept(
  headers: NonNullable<EndpointPatch['headers']>,
  present: EndpointContent['headers'],
): [string, string][] {
  return headers.map(([name, value]) => {
    const [, kept] = present?.find(([known]) => known.toLowerCase() === name.toLowerCase()) ?? [];
    const known = value ?? kept;
    if (known !== undefined) return [name, known];
    throw new RowhookError(
      'endpoint_invalid',
      `the endpoint has no header "${name}" whose value could stay`,
      {
        where: 'headers',
        fix: 'Give its value.',
      },
    );
  });
}

/** Whoever has lost a key names these anew, and gets on. */
const replacedBy: Readonly<Record<SealedColumn, keyof EndpointPatch>> = {
  secret: 'secret',
  old_secrets: 'secret',
  headers: 'headers',
  client_key: 'clientKey',
  proxy: 'proxy',
};

/**
 * Deletes an endpoint and the deliveries it still was to get. What it got stays in the history.
 * @param options.ifVersion the version that it must still have
 * @returns how many deliveries were dropped
 * @throws RowhookError `endpoint_unknown`, `version_conflict`
 */
export async function deleteEndpoint(
  db: Queryable,
  id: string,
  { ifVersion }: IfVersion = {},
): Promise<{ dropped: number }> {
  const { rows } = await db.query<{ there: boolean; endpoints: number; dropped: number }>(
    `with endpoint as (
       delete from rowhook.endpoint where id = $1 and ($2::text is null or xmin::text = $2) returning id
     ), due as (
       delete from rowhook.delivery using endpoint
        where delivery.lane in (0, 1, 2) and delivery.endpoint_id = endpoint.id
       returning 1
     ), waiting as (
       delete from rowhook.delivery_waiting using endpoint where delivery_waiting.endpoint_id = endpoint.id returning 1
     ), behind as (
       delete from rowhook.delivery_behind using endpoint where delivery_behind.endpoint_id = endpoint.id returning 1
     ), health as (
       delete from rowhook.endpoint_health using endpoint where endpoint_health.endpoint_id = endpoint.id
     )
     select exists (select from rowhook.endpoint where id = $1) as there, (select count(*) from endpoint)::int as endpoints,
            ((select count(*) from due) + (select count(*) from waiting) + (select count(*) from behind))::int as dropped`,
    [keyOf(id), ifVersion ?? null],
  );
  const { endpoints, dropped } = only(
    rows.filter(({ there }) => there),
    id,
  );
  // Without a version to keep to, somebody else was quicker to delete it.
  if (endpoints === 0) throw ifVersion === undefined ? unknownEndpoint(id) : versionConflict(id);
  return { dropped };
}

/**
 * All endpoints, the oldest first.
 * @param sealing.sealer tells the names of headers, and the proxy, where these are sealed
 */
export function listEndpoints(db: Queryable, sealing: Sealing = {}): Promise<Endpoint[]> {
  return readEndpoints(db, sealing);
}

/**
 * @param sealing.sealer as of listEndpoints
 * @throws RowhookError `endpoint_unknown`
 */
export function getEndpoint(db: Queryable, id: string, sealing: Sealing = {}): Promise<Endpoint> {
  return readEndpoint(db, id, sealing);
}
