import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { AdminEnv, AdminParts } from '../http/app.ts';
import { createLive } from '../live/live.ts';
import { liveStream } from '../live/stream.ts';
import { bulkJob } from '../shapes/bulk.ts';
import { type LiveTopic, liveDeliveries, liveEndpoints, liveFilter } from '../shapes/live.ts';
import { queueView } from '../shapes/overview.ts';

const live = createRoute({
  operationId: 'listen',
  method: 'get',
  path: '/live',
  summary: 'What happens, as it happens: server-sent events.',
  description:
    'Events are named `deliveries`, `endpoints`, `queue` and `bulk`, with JSON as their data; `reset` says that some were missed: load anew. Who reads too slowly is dropped, and can come back with Last-Event-ID.',
  tags: ['overview'],
  request: { query: liveFilter },
  responses: {
    200: {
      description: 'A stream that does not end by itself. The schema is that of the data of an event.',
      content: {
        'text/event-stream': { schema: z.union([liveDeliveries, liveEndpoints, queueView, bulkJob]) },
      },
    },
  },
});

export function liveRoutes(api: OpenAPIHono<AdminEnv>, { db, log, livePlaces, closing }: AdminParts): void {
  const told = createLive({ db, log });

  api.openapi(live, (c) => {
    const { endpoint, topics } = c.req.valid('query');
    const headers = {
      'content-type': 'text/event-stream; charset=utf-8',
      // nginx would keep it back.
      'x-accel-buffering': 'no',
    };
    // Nobody would read a stream, and nobody end it.
    if (c.req.raw.method === 'HEAD') return c.body(null, 200, headers);
    const giveBack = livePlaces.take(c.var.user.name);
    const stream = liveStream({
      live: told,
      topics: new Set(topics.split(',') as LiveTopic[]),
      endpointId: endpoint,
      lastEventId: c.req.header('last-event-id'),
      stillSignedIn: c.var.stillSignedIn,
      closing,
      ended: giveBack,
    });
    return c.body(stream, 200, headers);
  });
}
