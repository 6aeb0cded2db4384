import { z } from '@hono/zod-openapi';
import { count, id, time } from './common.ts';

export const overviewFilter = z.object({ range: z.enum(['hour', 'day', 'week']).default('hour') });

/** One bucket of time over all endpoints. Latencies in milliseconds; null: nothing was delivered in it. */
export const ratePoint = z
  .object({
    at: time,
    succeeded: z.int(),
    retried: z.int(),
    exhausted: z.int(),
    /** From the commit to the answer, of first attempts that succeeded. */
    delayMs: z.object({ p50: z.number(), p95: z.number(), p99: z.number() }).nullable(),
    /** Of the requests alone. */
    durationMs: z.object({ p50: z.number(), p95: z.number(), p99: z.number() }).nullable(),
  })
  .openapi('RatePoint');

export const warning = z
  .object({
    /** drift, gap, set_aside, relay_absent, relay_failing, late, endpoint_disabled, endpoint_failing, schema, … */
    code: z.string(),
    severity: z.enum(['error', 'warning', 'info']),
    message: z.string(),
    /** The command, or what to do. */
    fix: z.string().nullable(),
    since: time.nullable(),
    endpointId: id.nullable(),
  })
  .openapi('Warning');

export const queueView = z
  .object({
    relayActive: z.boolean(),
    changesWaiting: count,
    oldestChangeAt: time.nullable(),
    due: count,
    behind: count,
    waiting: count,
    /** For how long the oldest due delivery of an active endpoint has waited; 0: none does. */
    oldestDueSeconds: z.number(),
    nextDueAt: time.nullable(),
  })
  .openapi('Queue');

export const overview = z
  .object({
    at: time,
    bucketSeconds: z.int(),
    points: z.array(ratePoint),
    queue: queueView,
    endpoints: z.object({ active: z.int(), failing: z.int(), paused: z.int(), disabled: z.int() }),
    warnings: z.array(warning),
  })
  .openapi('Overview');

/** What changed, for the live views: see GET /api/v1/live. */
export type RatePointView = z.infer<typeof ratePoint>;
export type WarningView = z.infer<typeof warning>;
export type QueueView = z.infer<typeof queueView>;
export type OverviewView = z.infer<typeof overview>;
