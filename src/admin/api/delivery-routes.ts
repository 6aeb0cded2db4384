import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { RowhookError } from '../../errors.ts';
import { explain } from '../../explain/explain.ts';
import { redeliver as redeliverNow, showDelivery } from '../../store/deliveries.ts';
import { getEndpoint } from '../../store/endpoints.ts';
import { listDeliveries } from '../../store/history.ts';
import type { Queryable } from '../../store/sql.ts';
import { type AdminEnv, type AdminParts, answer, audited, problems } from '../http/app.ts';
import { uuid } from '../shapes/common.ts';
import * as shapes from '../shapes/delivery.ts';
import { deliveryDetailView, deliveryView } from '../views/delivery-view.ts';
import { isoOrNull } from '../views/times.ts';
import { recordName } from './record-filter.ts';

const params = z.object({ id: uuid });
const tags = ['deliveries'];

const list = createRoute({
  operationId: 'listDeliveries',
  method: 'get',
  path: '/deliveries',
  summary: 'Deliveries, those with the latest attempts first.',
  description:
    'A page looks at a bounded number of rows: it may hold fewer than its limit, even none, and yet have a next one.',
  tags,
  request: { query: shapes.deliveryFilter },
  responses: { 200: answer(shapes.deliveryPage, 'A page of them.') },
});

const show = createRoute({
  operationId: 'getDelivery',
  method: 'get',
  path: '/deliveries/{id}',
  summary: 'One delivery, with the request and the response of each attempt, and its story.',
  tags,
  request: { params },
  responses: { 200: answer(shapes.deliveryDetail, 'All that is known of it.'), ...problems(404) },
});

const redeliver = createRoute({
  operationId: 'redeliver',
  method: 'post',
  path: '/deliveries/{id}/redeliver',
  summary: 'Sends one once more that has come to its end, with the same id and bytes.',
  tags,
  request: { params },
  responses: { 202: { description: 'It is due again.' }, ...problems(404, 409) },
});

export function deliveryRoutes(api: OpenAPIHono<AdminEnv>, parts: AdminParts): void {
  const { db, catalog } = parts;

  api.openapi(list, async (c) => {
    const { endpoint, event, since, until, record, ...rest } = c.req.valid('query');
    const page = await listDeliveries(db, {
      ...rest,
      endpointId: endpoint,
      eventName: event,
      record: await recordName(db, catalog, record),
      since: since === undefined ? undefined : new Date(since),
      until: until === undefined ? undefined : new Date(until),
    });
    const { deliveries, next = null, searchedUntil } = page;
    return c.json(
      { deliveries: deliveries.map(deliveryView), next, searchedUntil: isoOrNull(searchedUntil) },
      200,
    );
  });

  api.openapi(show, async (c) => {
    const id = c.req.valid('param').id.toLowerCase();
    const delivery = await showDelivery(db, id);
    const endpointUrl = await urlOf(db, delivery.endpointId);
    return c.json(deliveryDetailView(delivery, { endpointUrl, story: await explain(db, id) }), 200);
  });

  api.openapi(redeliver, async (c) => {
    const id = c.req.valid('param').id.toLowerCase();
    await audited(parts, c, 'delivery_redeliver', { target: id }, async (tx) => {
      const { endpointId } = await redeliverNow(tx, id);
      return { value: undefined, endpointId };
    });
    return c.body(null, 202);
  });
}

/** Null: it is deleted. */
async function urlOf(db: Queryable, endpointId: string): Promise<string | null> {
  try {
    return (await getEndpoint(db, endpointId)).url;
  } catch (error) {
    if (error instanceof RowhookError && error.code === 'endpoint_unknown') return null;
    throw error;
  }
}
