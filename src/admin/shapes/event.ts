import { z } from '@hono/zod-openapi';
import { sought, story, time, uuid } from './common.ts';
import { bodyView, delivery } from './delivery.ts';

export const event = z
  .object({
    id: uuid,
    name: z.string(),
    resource: z.string().nullable(),
    recordKey: z.string().nullable(),
    tenant: z.string().nullable(),
    requestId: z.string().nullable(),
    /** To how many endpoints it went. */
    deliveries: z.int(),
    changedAt: time,
    createdAt: time,
  })
  .openapi('Event');
export const eventFilter = z.object({
  event: sought(200).optional(),
  /** `person:412`, or a resource alone. */
  record: sought(1_200).optional(),
  /** Only those that nobody was subscribed to. */
  undelivered: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
  since: time.optional(),
  until: time.optional(),
  text: sought(100).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  before: uuid.optional(),
});
export const eventPage = z
  .object({ events: z.array(event), next: uuid.nullable(), searchedUntil: time.nullable() })
  .openapi('EventPage');
export const eventDetail = event
  .extend({
    payload: bodyView.nullable(),
    /** The first 500 of them. */
    deliveriesOfIt: z.array(delivery),
    /** For each endpoint, why it got it or not. */
    story,
  })
  .openapi('EventDetail');

export type EventView = z.infer<typeof event>;
export type EventPageView = z.infer<typeof eventPage>;
export type EventDetailView = z.infer<typeof eventDetail>;
