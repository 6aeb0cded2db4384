import type { Dialect } from '../wire/dialect.ts';
import type { FailureReason } from './failure.ts';

/** How a request ended: with the status of a complete answer, or without one. */
export type Outcome = { readonly status: number } | { readonly failure: FailureReason };

/**
 * `http_<status>` is any status that is not success; a 3xx is `redirect`, because redirects are never followed. Without a
 * request: `event_gone` (retention has taken the event away), `dialect_unknown` (the endpoint's is none of ours).
 */
export type Reason =
  | 'success'
  | 'redirect'
  | `http_${number}`
  | FailureReason
  | 'event_gone'
  | 'dialect_unknown';

export type Verdict =
  | { readonly verdict: 'succeeded'; readonly reason: Reason }
  | { readonly verdict: 'retry'; readonly reason: Reason; readonly retryDelayMs: number }
  | { readonly verdict: 'exhausted'; readonly reason: Reason };

/**
 * What becomes of a delivery after a request.
 * @param attempts requests of the present schedule so far, including this one
 */
export function verdictOf(dialect: Dialect, outcome: Outcome, attempts: number): Verdict {
  if ('status' in outcome && dialect.succeeded(outcome.status))
    return { verdict: 'succeeded', reason: 'success' };
  const reason = reasonOf(outcome);
  const retryDelayMs = dialect.retryDelayMs(attempts);
  return retryDelayMs === undefined
    ? { verdict: 'exhausted', reason }
    : { verdict: 'retry', reason, retryDelayMs };
}

function reasonOf(outcome: Outcome): Reason {
  if ('failure' in outcome) return outcome.failure;
  return outcome.status >= 300 && outcome.status <= 399 ? 'redirect' : `http_${outcome.status}`;
}
