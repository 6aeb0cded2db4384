import { z } from '@hono/zod-openapi';
import { id } from './common.ts';
import { delivery } from './delivery.ts';

/** What can be listened to: see GET /api/v1/live. */
export const liveTopics = ['deliveries', 'endpoints', 'queue', 'bulk'] as const;
export type LiveTopic = (typeof liveTopics)[number];

export const liveFilter = z.object({
  endpoint: id.optional().openapi({ description: 'Deliveries, changes and jobs of this endpoint alone.' }),
  topics: z
    .string()
    .max(100)
    .regex(/^(deliveries|endpoints|queue|bulk)(,(deliveries|endpoints|queue|bulk))*$/)
    .default(liveTopics.join(','))
    .openapi({
      description: 'Some of deliveries, endpoints, queue and bulk, with commas between. Default: all.',
    }),
});

/** Those with new attempts, newly made, or that stand otherwise than before. `more`: there were too many to tell; load anew. */
export const liveDeliveries = z
  .object({ endpointId: id, deliveries: z.array(delivery), more: z.boolean().optional() })
  .openapi('LiveDeliveries');
export const liveEndpoints = z.object({ ids: z.array(id) }).openapi('LiveEndpoints');

export type LiveDeliveriesView = z.infer<typeof liveDeliveries>;
export type LiveEndpointsView = z.infer<typeof liveEndpoints>;
