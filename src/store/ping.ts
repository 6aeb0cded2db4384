import { v7 } from 'uuid';
import type { Catalog } from '../catalog/types.ts';
import { RowhookError } from '../errors.ts';
import type { EndpointView } from '../wire/dialect.ts';
import { dialectNamed } from '../wire/dialects.ts';
import { timestampValue } from '../wire/timestamp.ts';
import { keyOf, only, ring } from './endpoint-row.ts';
import type { Queryable } from './sql.ts';

/** What it has had is counted so far, of what is kept: a ping is no reason to read a history of millions. */
const mostCounted = 10_000;

/**
 * Sends an endpoint a ping now, like the one that it got when it was registered: a delivery as any other, in its history and with retries.
 * It goes out beside a backlog, not behind it. One that is paused gets it when it is resumed.
 * @returns the id of the delivery
 * @throws RowhookError `endpoint_unknown`; `ping_unsupported` where its dialect has no ping, or it is disabled
 */
export async function pingEndpoint(db: Queryable, catalog: Catalog, id: string): Promise<string> {
  const { dialect: own, ...view } = await read(db, id);
  const dialect = dialectNamed(own ?? catalog.dialect);
  const payload = dialect.ping(view, (moment) => timestampValue(moment, catalog.timestamps));
  if (payload === undefined) {
    throw new RowhookError('ping_unsupported', `the dialect "${dialect.name}" has no ping`, {
      fix: 'Let something happen that the endpoint is subscribed to; that is its first delivery.',
    });
  }
  // A delivery has a higher id than its event.
  const [eventId, deliveryId] = [v7(), v7()];
  // By hand, so in the lane of what is redelivered by hand.
  const { rows } = await db.query(
    `with event as (
       insert into rowhook.event (id, name, resource, record_key, payload, delivery_count, changed_at, tenant)
       select $2, 'ping', 'endpoint', id::text, $3, 1, clock_timestamp(), tenant from rowhook.endpoint where id = $1 and active
       returning id
     )
     insert into rowhook.delivery (lane, slot, endpoint_id, id, event_id)
     select 2, (select slot from rowhook.delivery_slot), $1, $4, event.id from event
     returning id`,
    [view.id, eventId, payload, deliveryId],
  );
  if (rows.length === 0) {
    throw new RowhookError('ping_unsupported', `endpoint ${id} is disabled: it gets no new deliveries`, {
      fix: 'Resume it first.',
    });
  }
  await ring(db);
  return deliveryId;
}

async function read(db: Queryable, id: string): Promise<EndpointView & { readonly dialect: string | null }> {
  const { rows } = await db.query<EndpointView & { dialect: string | null }>(
    `select id::text, url, active, events, dialect, created_at as "createdAt", updated_at as "updatedAt",
            (select count(*) filter (where number = 1)
               from (select number from rowhook.attempt where endpoint_id = $1 limit $2) as kept)::int as "deliveryCount"
       from rowhook.endpoint
      where id = $1`,
    [keyOf(id), mostCounted],
  );
  return only(rows, id);
}
