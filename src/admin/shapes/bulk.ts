import { z } from '@hono/zod-openapi';
import { count, id, time } from './common.ts';

/** Which deliveries: those of an endpoint whose last attempt failed between two times, and that are exhausted. */
export const bulkScope = z
  .strictObject({ endpointId: id, since: time, until: time.optional() })
  .openapi('BulkScope');
export const bulkCount = z.object({ deliveries: count }).openapi('BulkCount');
export const bulkJob = z
  .object({
    id,
    endpointId: id,
    endpointUrl: z.string().nullable(),
    since: time,
    until: time,
    state: z.enum(['running', 'done', 'cancelled', 'failed']),
    total: count,
    done: z.int(),
    skipped: z.int(),
    createdAt: time,
    createdBy: z.string(),
    endedAt: time.nullable(),
    error: z.string().nullable(),
  })
  .openapi('BulkJob');
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
export type BulkJobView = z.infer<typeof bulkJob>;
export type AuditEntryView = z.infer<typeof auditEntry>;
export type AuditPageView = z.infer<typeof auditPage>;
