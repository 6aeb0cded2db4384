import { z } from '@hono/zod-openapi';
import { count, id, sought, time } from './common.ts';

const certificate = z.object({ subject: z.string(), validUntil: z.string() }).loose();

/** How an endpoint did in the last 24 hours, by the hour, the oldest first. */
export const lastDay = z
  .object({
    succeeded: z.int(),
    failed: z.int(),
    hours: z.array(z.object({ at: time, succeeded: z.int(), failed: z.int() })).length(24),
  })
  .openapi('LastDay');

/**
 * An endpoint as anybody may see it: never with a secret or a value of its headers. `status` is what to show: `failing` is an active one
 * whose receiver fails, is throttled or asked for a pause.
 */
export const endpoint = z
  .object({
    id,
    version: z.string().openapi({ description: 'Also its ETag: what a change says in If-Match.' }),
    url: z.string(),
    description: z.string(),
    events: z.array(z.string()),
    dialect: z.string().nullable(),
    tenant: z.string().nullable(),
    hasSecret: z.boolean(),
    status: z.enum(['active', 'failing', 'paused', 'disabled']),
    statusSince: time.nullable(),
    statusWords: z.string().nullable().openapi({ description: 'Why, in words; null while it is active.' }),
    statusReason: z
      .string()
      .nullable()
      .openapi({ description: 'While it is failing: the reason of its latest attempt, where that is why.' }),
    statusUntil: time
      .nullable()
      .openapi({ description: 'Until when nothing goes out; the next try comes then.' }),
    disabledReason: z.string().nullable(),
    health: z.object({
      failures: z.int(),
      failingSince: time.nullable(),
      openUntil: time.nullable(),
      pausedUntil: time.nullable(),
      throttle: z.number().nullable(),
    }),
    concurrency: z.int().nullable(),
    rate: z.number().nullable(),
    timeoutMs: z.int().nullable(),
    schedule: z.array(z.int()).nullable(),
    ordering: z.enum(['none', 'record']),
    headers: z.union([z.array(z.string()), z.literal('sealed')]),
    clientCertificate: certificate.nullable(),
    ca: z.array(certificate).nullable(),
    proxy: z.string().nullable(),
    createdAt: time,
    updatedAt: time,
  })
  .openapi('Endpoint');

/** An endpoint in the list. */
export const endpointRow = endpoint
  .extend({
    lastDay,
    /** Due, behind and waiting for a retry. */
    backlog: count,
    lastAttemptAt: time.nullable(),
  })
  .openapi('EndpointRow');
export const endpointList = z
  .object({ endpoints: z.array(endpointRow), next: z.string().nullable(), total: z.int() })
  .openapi('EndpointList');
/** `search` looks into URL, description and tenant. */
export const endpointFilter = z.object({
  search: sought(200).optional(),
  status: z.enum(['active', 'failing', 'paused', 'disabled']).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  after: id.optional(),
});

/** What may be said of an endpoint; src/wire/endpoint-input.ts checks it in full. What is left out has its default, or stays. */
const input = {
  url: z.string(),
  events: z.array(z.string()),
  description: z.string().optional(),
  dialect: z.string().nullable().optional(),
  concurrency: z.int().nullable().optional(),
  rate: z.number().nullable().optional(),
  timeoutMs: z.int().nullable().optional(),
  schedule: z.array(z.int()).nullable().optional(),
  ordering: z.enum(['none', 'record']).optional(),
  /** [name, value]; those whose value is null keep the one that they have. */
  headers: z.array(z.tuple([z.string(), z.string().nullable()])).optional(),
  clientCertificate: z.string().nullable().optional(),
  clientKey: z.string().nullable().optional(),
  ca: z.string().nullable().optional(),
  proxy: z.string().nullable().optional(),
};
/** Without `secret` it is given a fresh one, shown in the answer and never again; null: its requests are not signed. */
export const endpointCreate = z
  .strictObject({
    ...input,
    tenant: z.string().nullable().optional(),
    secret: z.string().nullable().optional(),
  })
  .openapi('EndpointCreate');
export const endpointPatch = z.strictObject(input).partial().openapi('EndpointPatch');

export const endpointCreated = z
  .object({ endpoint, secret: z.string().nullable(), pingId: z.uuid().nullable() })
  .openapi('EndpointCreated');
export const secretRotate = z
  .strictObject({ secret: z.string().optional(), overlapMs: z.int().min(0).optional() })
  .openapi('SecretRotate');
export const secretRotated = z.object({ endpoint, secret: z.string() }).openapi('SecretRotated');
export const resume = z.strictObject({ held: z.enum(['deliver', 'drop']) }).openapi('Resume');
export const resumed = z.object({ endpoint, dropped: z.int() }).openapi('Resumed');
export const deleted = z.object({ dropped: z.int() }).openapi('Deleted');
/** What a delete or a drop takes along. */
export const held = z.object({ due: count, behind: count, waiting: count }).openapi('Held');
export const pinged = z.object({ deliveryId: z.uuid() }).openapi('Pinged');

export const urlCheck = z.strictObject({
  url: z.string().max(2_000),
  dialect: z.string().nullable().optional(),
});
/** `problem` null: requests may go there, as far as can be told now. `warning`: what may keep them from it all the same. */
export const urlChecked = z
  .object({
    problem: z.object({ code: z.string(), message: z.string(), fix: z.string().nullable() }).nullable(),
    warning: z.string().nullable(),
    addresses: z.array(z.string()).openapi({ description: 'What its name resolves to now.' }),
  })
  .openapi('UrlChecked');

export type EndpointView = z.infer<typeof endpoint>;
export type EndpointRowView = z.infer<typeof endpointRow>;
export type EndpointListView = z.infer<typeof endpointList>;
export type EndpointCreate = z.input<typeof endpointCreate>;
export type EndpointPatchView = z.input<typeof endpointPatch>;
export type EndpointCreatedView = z.infer<typeof endpointCreated>;
export type UrlCheckedView = z.infer<typeof urlChecked>;
export type ResumedView = z.infer<typeof resumed>;
export type HeldView = z.infer<typeof held>;
