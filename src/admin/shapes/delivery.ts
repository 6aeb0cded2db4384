import { z } from '@hono/zod-openapi';
import { headerList, id, sought, story, time, uuid } from './common.ts';

export const deliveryState = z.enum([
  'due',
  'behind',
  'sending',
  'waiting',
  'succeeded',
  'exhausted',
  'dropped',
]);

export const delivery = z
  .object({
    id: uuid,
    endpointId: id,
    eventId: uuid,
    state: deliveryState,
    eventName: z.string().nullable(),
    resource: z.string().nullable(),
    recordKey: z.string().nullable(),
    attempts: z.int(),
    lastStatus: z.int().nullable(),
    lastReason: z.string().nullable(),
    lastAttemptAt: time.nullable(),
    dueAt: time.nullable(),
    /** Of the delivery itself: the time in its id. */
    createdAt: time,
  })
  .openapi('Delivery');

export const deliveryFilter = z.object({
  endpoint: id.optional(),
  event: sought(200).optional(),
  /** `person:412`, or a resource alone. */
  record: sought(1_200).optional(),
  state: deliveryState.optional(),
  /** Of the latest attempt: `500`, or a class like `5xx`; `none`: there was no answer. */
  status: z
    .string()
    .regex(/^(\d{3}|[1-5]xx|none)$/)
    .optional(),
  since: time.optional(),
  until: time.optional(),
  /** A part of the delivery's or the event's id. */
  text: sought(100).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  before: uuid.optional(),
});
/** A page may hold fewer than its limit, even none, and yet have a next one: `searchedUntil` says how far back it has looked. */
export const deliveryPage = z
  .object({ deliveries: z.array(delivery), next: uuid.nullable(), searchedUntil: time.nullable() })
  .openapi('DeliveryPage');

/** Bytes as text where they are UTF-8, else in base64. */
export const bodyView = z
  .object({ text: z.string().nullable(), base64: z.string().nullable(), bytes: z.int() })
  .openapi('Body');
/** Milliseconds of each step of a request; null: not taken (a connection that was there), or not reached. */
export const phases = z
  .object({
    dns: z.number().nullable(),
    connect: z.number().nullable(),
    tls: z.number().nullable(),
    wait: z.number().nullable(),
    body: z.number().nullable(),
  })
  .openapi('Phases');
export const attempt = z
  .object({
    id: uuid,
    number: z.int(),
    verdict: z.enum(['succeeded', 'retry', 'exhausted']),
    reason: z.string(),
    /** "because …", and what helps. */
    because: z.string(),
    advice: z.string().nullable(),
    detail: z.string().nullable(),
    startedAt: time,
    durationMs: z.int(),
    phases: phases.nullable(),
    url: z.string(),
    dialect: z.string(),
    requestHeaders: headerList,
    /** Its place in `requestBodies` of the delivery; null when the event or the dialect is gone. */
    requestBody: z.int().nullable(),
    status: z.int().nullable(),
    responseHeaders: headerList.nullable(),
    responseBody: bodyView.nullable(),
    responseCut: z.boolean(),
    dueAt: time.nullable(),
  })
  .openapi('Attempt');
export const deliveryDetail = z
  .object({
    id: uuid,
    endpointId: id,
    endpointUrl: z.string().nullable(),
    state: deliveryState,
    dueAt: time.nullable(),
    eventId: uuid,
    createdAt: time,
    event: z
      .object({
        name: z.string(),
        resource: z.string().nullable(),
        recordKey: z.string().nullable(),
        requestId: z.string().nullable(),
        changedAt: time,
      })
      .nullable(),
    /** What its attempts sent, each body once: most often all sent the same. */
    requestBodies: z.array(bodyView),
    /** The latest 60, the first one of them first. */
    attempts: z.array(attempt),
    /** There were attempts before those. */
    attemptsCut: z.boolean(),
    /** Null: it can be redelivered; else why not, in words. */
    redeliverProblem: z.string().nullable(),
    story,
  })
  .openapi('DeliveryDetail');

export type DeliveryStateName = z.infer<typeof deliveryState>;
export type DeliveryView = z.infer<typeof delivery>;
export type DeliveryPageView = z.infer<typeof deliveryPage>;
export type AttemptView = z.infer<typeof attempt>;
export type PhasesView = z.infer<typeof phases>;
export type BodyView = z.infer<typeof bodyView>;
export type DeliveryDetailView = z.infer<typeof deliveryDetail>;
