import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { explain } from '../../explain/explain.ts';
import { deliveriesOfEvent } from '../../store/deliveries-of.ts';
import { listEvents } from '../../store/events.ts';
import { showEvent } from '../../store/shown-event.ts';
import { type AdminEnv, type AdminParts, answer, problems } from '../http/app.ts';
import { uuid } from '../shapes/common.ts';
import * as shapes from '../shapes/event.ts';
import { eventDetailView, eventView } from '../views/event-view.ts';
import { isoOrNull } from '../views/times.ts';
import { recordName } from './record-filter.ts';

const tags = ['events'];

const list = createRoute({
  operationId: 'listEvents',
  method: 'get',
  path: '/events',
  summary: 'Events, the newest first.',
  description:
    'A page looks at a bounded number of rows: it may hold fewer than its limit, even none, and yet have a next one.',
  tags,
  request: { query: shapes.eventFilter },
  responses: { 200: answer(shapes.eventPage, 'A page of them.') },
});

const show = createRoute({
  operationId: 'getEvent',
  method: 'get',
  path: '/events/{id}',
  summary: 'One event, to whom it went, and why to nobody else.',
  tags,
  request: { params: z.object({ id: uuid }) },
  responses: { 200: answer(shapes.eventDetail, 'All that is known of it.'), ...problems(404) },
});

export function eventRoutes(api: OpenAPIHono<AdminEnv>, parts: AdminParts): void {
  const { db, catalog } = parts;

  api.openapi(list, async (c) => {
    const { event, since, until, record, ...rest } = c.req.valid('query');
    const page = await listEvents(db, {
      ...rest,
      eventName: event,
      record: await recordName(db, catalog, record),
      since: since === undefined ? undefined : new Date(since),
      until: until === undefined ? undefined : new Date(until),
    });
    const { events, next = null, searchedUntil } = page;
    return c.json({ events: events.map(eventView), next, searchedUntil: isoOrNull(searchedUntil) }, 200);
  });

  api.openapi(show, async (c) => {
    const id = c.req.valid('param').id.toLowerCase();
    const event = await showEvent(db, id);
    const deliveries = await deliveriesOfEvent(db, id);
    return c.json(eventDetailView(event, { deliveries, story: await explain(db, id) }), 200);
  });
}
