import type { Dialect, HeaderList } from '../wire/dialect.ts';
import { ownRetryDelayMs } from '../wire/schedule.ts';
import type { FailureReason } from './request/failure.ts';
import { retryAfterMs } from './retry-after.ts';

/** How a request ended: with a complete answer, or without one. */
export type Outcome =
  | { readonly status: number; readonly headers: HeaderList }
  | { readonly failure: FailureReason };

/**
 * `http_<status>` is any status that is not success; a 3xx is `redirect`, because redirects are never followed. Without a
 * request: `event_gone` (retention has taken the event away), `dialect_unknown` (the endpoint's is none of ours),
 * `tls_required` (the dialect sends by https only, the endpoint's URL is none), `secret_invalid` (the dialect cannot sign with the endpoint's secret),
 * `process_died` (it was begun again and again without an end: the process died of it).
 */
export type Reason =
  | 'success'
  | 'redirect'
  | `http_${number}`
  | FailureReason
  | 'event_gone'
  | 'dialect_unknown'
  | 'tls_required'
  | 'secret_invalid'
  | 'process_died';

export type Verdict =
  | { readonly verdict: 'succeeded'; readonly reason: Reason }
  | { readonly verdict: 'retry'; readonly reason: Reason; readonly retryDelayMs: number }
  | {
      readonly verdict: 'exhausted';
      readonly reason: Reason;
      /** The receiver wants nothing more of us: the endpoint is to be disabled. */
      readonly endpointGone?: true;
    };

const gone = 410;

export interface Moment {
  /** Requests of the present schedule so far, including this one. */
  readonly attempts: number;
  readonly now: Date;
  /** From 0 to below 1. */
  readonly random: number;
  /** The endpoint's own, in milliseconds; null: the dialect's. */
  readonly schedule: readonly number[] | null;
}

/** What becomes of a delivery after a request. */
export function verdictOf(
  dialect: Dialect,
  outcome: Outcome,
  { attempts, now, random, schedule }: Moment,
): Verdict {
  if ('status' in outcome && dialect.succeeded(outcome.status))
    return { verdict: 'succeeded', reason: 'success' };
  const reason = reasonOf(outcome);
  const heard = dialect.heedsReceiver && 'status' in outcome ? outcome : undefined;
  if (heard?.status === gone) return { verdict: 'exhausted', reason, endpointGone: true };
  const scheduledMs = schedule
    ? ownRetryDelayMs(schedule, attempts, dialect.spreadsRetries ? random : undefined)
    : dialect.retryDelayMs(attempts, random);
  if (scheduledMs === undefined) return { verdict: 'exhausted', reason };
  const askedMs = heard ? retryAfterMs(heard.headers, now) : 0;
  return { verdict: 'retry', reason, retryDelayMs: Math.max(scheduledMs, askedMs) };
}

function reasonOf(outcome: Outcome): Reason {
  if ('failure' in outcome) return outcome.failure;
  return outcome.status >= 300 && outcome.status <= 399 ? 'redirect' : `http_${outcome.status}`;
}
