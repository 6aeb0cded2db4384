import { z } from '@hono/zod-openapi';
import { count, id, time } from './common.ts';

/** Which deliveries: those of an endpoint whose last attempt failed between two times, and that are exhausted. */
export const bulkScope = z
  .strictObject({ endpointId: id, since: time, until: time.optional() })
  .openapi('BulkScope');
export const bulkFilter = z.object({
  endpoint: id.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  before: id.optional(),
});
const keptFrom = time.nullable().openapi({
  description:
    'Where the span begins before it: nothing older is kept of this endpoint. Null: all of the span is kept.',
});
/** `since` and `until`: the span as a job would have it. */
export const bulkCount = z
  .object({ deliveries: count, since: time, until: time, keptFrom })
  .openapi('BulkCount');
export const bulkJob = z
  .object({
    id,
    endpointId: id,
    endpointUrl: z.string().nullable(),
    since: time,
    until: time,
    state: z.enum(['running', 'done', 'cancelled', 'failed']),
    held: z.enum(['disabled', 'paused', 'failing', 'backlog']).nullable().openapi({
      description:
        'Why what it puts back does not go out, or why it waits: its endpoint is disabled, paused or failing, or has more to be redelivered in the queue than a job adds to.',
    }),
    total: count,
    done: z
      .int()
      .openapi({ description: 'Put back into the queue. With `skipped` about as many as `total`.' }),
    skipped: z.int().openapi({
      description:
        'Under way by then, redelivered by somebody else, or without an event, which retention has taken.',
    }),
    reachedAt: time.nullable().openapi({ description: 'Everything that failed before is done.' }),
    createdAt: time,
    createdBy: z.string(),
    endedAt: time.nullable(),
    error: z.string().nullable(),
  })
  .openapi('BulkJob');
export const bulkJobCreated = bulkJob.extend({ keptFrom }).openapi('BulkJobCreated');
export const bulkJobs = z.object({ jobs: z.array(bulkJob), next: z.string().nullable() }).openapi('BulkJobs');

export const auditEntry = z
  .object({
    id,
    at: time,
    actor: z.string(),
    action: z.string(),
    endpointId: id.nullable(),
    target: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
  })
  .openapi('AuditEntry');
export const auditFilter = z.object({
  endpoint: id.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  before: id.optional(),
});
export const auditPage = z
  .object({ entries: z.array(auditEntry), next: z.string().nullable() })
  .openapi('AuditPage');

export type BulkScopeView = z.input<typeof bulkScope>;
export type BulkCountView = z.infer<typeof bulkCount>;
export type BulkJobView = z.infer<typeof bulkJob>;
export type AuditEntryView = z.infer<typeof auditEntry>;
export type AuditPageView = z.infer<typeof auditPage>;
