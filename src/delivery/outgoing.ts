import type { Dialect, HeaderList } from '../wire/dialect.ts';
import { isHeaderValue } from '../wire/header-value.ts';
import { secretsAt } from '../wire/secrets.ts';
import { attemptId } from './attempt-id.ts';
import type { Claimed, ClaimedEvent } from './claim.ts';
import type { Sent } from './exchange.ts';
import type { Finished } from './record.ts';
import { type Reason, type Verdict, verdictOf } from './verdict.ts';

/** A delivery as a request, or why no request can be made of it. */
export type Outgoing =
  | {
      readonly dialect: Dialect;
      readonly headers: HeaderList;
      readonly body: Uint8Array;
      /** The change carried a request id that cannot be a header value: the delivery goes out without it. */
      readonly requestIdDropped: boolean;
    }
  | { readonly problem: Reason; readonly detail: string };

/**
 * Puts a delivery into its dialect: that of its first attempt, so that a retry sends the same bytes (invariant 6) whatever the endpoint
 * or the catalog has changed to; where that one cannot be spoken any more, the present one. Never throws: a dialect that does is the
 * delivery's problem.
 */
export function outgoingOf(
  delivery: Claimed,
  dialectOf: (name: string | null) => Dialect,
  sentAt: Date,
): Outgoing {
  const { event, firstDialect } = delivery;
  if (!event) return { problem: 'event_gone', detail: 'the event is older than what retention keeps' };
  const first =
    firstDialect === null ? undefined : outgoingIn(firstDialect, delivery, event, dialectOf, sentAt);
  return first && 'dialect' in first
    ? first
    : outgoingIn(delivery.dialect, delivery, event, dialectOf, sentAt);
}

function outgoingIn(
  name: string | null,
  delivery: Claimed,
  event: ClaimedEvent,
  dialectOf: (name: string | null) => Dialect,
  sentAt: Date,
): Outgoing {
  let problem: Reason = 'dialect_unknown';
  try {
    const dialect = dialectOf(name);
    // The endpoint may be older than the dialect that the catalog has now.
    if (dialect.requiresTls && !delivery.url.toLowerCase().startsWith('https:')) {
      return { problem: 'tls_required', detail: `the dialect "${dialect.name}" sends by https only` };
    }
    const secretProblem = dialect.secretProblem(delivery.secret);
    if (secretProblem) return { problem: 'secret_invalid', detail: `the endpoint's secret ${secretProblem}` };
    problem = 'invalid_request';
    const body = Buffer.from(dialect.body(event));
    const requestId = event.requestId !== null && isHeaderValue(event.requestId) ? event.requestId : null;
    const headers = dialect.headers({
      deliveryId: delivery.id,
      eventName: event.name,
      body,
      // An old one may be from before the endpoint, or the catalog, had this dialect.
      secrets: secretsAt(delivery.secret, delivery.oldSecrets, sentAt).filter(
        (secret) => !dialect.secretProblem(secret),
      ),
      requestId,
      sentAt,
    });
    return { dialect, headers, body, requestIdDropped: requestId !== event.requestId };
  } catch (error) {
    return { problem, detail: (error as Error).message.slice(0, 500) };
  }
}

/** The end of a delivery that was sent. */
export function finishedOf(delivery: Claimed, dialect: Dialect, sent: Sent): Finished {
  const outcome = sent.failure
    ? { failure: sent.failure.reason }
    : // A complete answer has a status.
      { status: sent.status as number, headers: sent.responseHeaders ?? [] };
  return {
    delivery,
    attemptId: attemptId(),
    startedAt: sent.startedAt,
    durationMs: sent.durationMs,
    verdict: verdictOf(dialect, outcome, {
      attempts: delivery.attempts + 1 - delivery.settledAttempts,
      now: new Date(),
      random: Math.random(),
    }),
    detail: sent.failure?.detail ?? null,
    url: delivery.url,
    dialect: dialect.name,
    requestHeaders: sent.requestHeaders,
    status: sent.status ?? null,
    responseHeaders: sent.responseHeaders ?? null,
    responseBody: sent.responseBody ?? null,
    responseCut: sent.responseCut,
  };
}

/** The end of a delivery of which no request can be made. Sending it later would not mend that; a person may, and redeliver. */
export function unsendableOf(delivery: Claimed, problem: Reason, detail: string, at: Date): Finished {
  const verdict: Verdict = { verdict: 'exhausted', reason: problem };
  return {
    delivery,
    attemptId: attemptId(),
    startedAt: at,
    durationMs: 0,
    verdict,
    detail,
    url: delivery.url,
    dialect: delivery.dialect ?? '',
    requestHeaders: [],
    status: null,
    responseHeaders: null,
    responseBody: null,
    responseCut: false,
  };
}
