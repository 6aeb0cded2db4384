import { customHeaders, withCustomHeaders, withoutCredentials } from '../wire/custom-headers.ts';
import type { Dialect, HeaderList } from '../wire/dialect.ts';
import { shownUrl } from '../wire/endpoint-url.ts';
import { isHeaderValue } from '../wire/header-value.ts';
import { attemptId } from './attempt-id.ts';
import { withoutEchoes } from './echoes.ts';
import type { OpenedSecrets } from './opened-secrets.ts';
import type { Claimed, ClaimedEvent } from './queue/claim.ts';
import type { Finished } from './queue/record.ts';
import type { Sent } from './request/exchange.ts';
import type { Transport } from './request/transport.ts';
import { type Reason, type Verdict, verdictOf } from './verdict.ts';

/** A delivery as a request, or why no request can be made of it. */
export type Outgoing =
  | {
      readonly dialect: Dialect;
      /** The dialect's, then the endpoint's own. */
      readonly headers: HeaderList;
      /** Of these, the endpoint's own: their values are recorded nowhere. */
      readonly custom: HeaderList;
      readonly body: Uint8Array;
      /** Undefined: as usual. */
      readonly transport: Transport | undefined;
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
  opened: OpenedSecrets,
  sentAt: Date,
): Outgoing {
  const { event, firstDialect } = delivery;
  if (!event) return { problem: 'event_gone', detail: 'the event is older than what retention keeps' };
  const inDialect = (name: string | null): Outgoing =>
    outgoingIn(name, { delivery, event, dialectOf, opened, sentAt });
  const first = firstDialect === null ? undefined : inDialect(firstDialect);
  return first && 'dialect' in first ? first : inDialect(delivery.dialect);
}

interface Given {
  readonly delivery: Claimed;
  readonly event: ClaimedEvent;
  readonly dialectOf: (name: string | null) => Dialect;
  readonly opened: OpenedSecrets;
  readonly sentAt: Date;
}

function outgoingIn(name: string | null, { delivery, event, dialectOf, opened, sentAt }: Given): Outgoing {
  let problem: Reason = 'dialect_unknown';
  try {
    const dialect = dialectOf(name);
    // The endpoint may be older than the dialect that the catalog has now.
    if (dialect.requiresTls && !delivery.url.toLowerCase().startsWith('https:')) {
      return { problem: 'tls_required', detail: `the dialect "${dialect.name}" sends by https only` };
    }
    const [secret = null] = opened.secrets;
    const secretProblem = dialect.secretProblem(secret);
    if (secretProblem) return { problem: 'secret_invalid', detail: `the endpoint's secret ${secretProblem}` };
    problem = 'invalid_request';
    const body = Buffer.from(dialect.body(event));
    const requestId = event.requestId !== null && isHeaderValue(event.requestId) ? event.requestId : null;
    const custom = customHeaders(opened.headers);
    const ours = dialect.headers({
      deliveryId: delivery.id,
      eventName: event.name,
      body,
      // An old one may be from before the endpoint, or the catalog, had this dialect.
      secrets: opened.secrets.filter((each) => !dialect.secretProblem(each)),
      requestId,
      sentAt,
    });
    return {
      dialect,
      headers: withCustomHeaders(ours, custom),
      custom,
      body,
      transport: transportOf(delivery, opened),
      requestIdDropped: requestId !== event.requestId,
    };
  } catch (error) {
    return { problem, detail: (error as Error).message.slice(0, 500) };
  }
}

function transportOf({ settings }: Claimed, { clientKey, proxy }: OpenedSecrets): Transport | undefined {
  const { clientCertificate, ca } = settings;
  return clientCertificate === null && clientKey === null && ca === null && proxy === null
    ? undefined
    : { clientCertificate, clientKey, ca, proxy };
}

/**
 * The end of a delivery that was sent.
 * @param endedAt by the database's clock
 */
export function finishedOf(
  delivery: Claimed,
  { dialect, custom }: { readonly dialect: Dialect; readonly custom: HeaderList },
  sent: Sent,
  endedAt: Date,
): Finished {
  const outcome = sent.failure
    ? { failure: sent.failure.reason }
    : // A complete answer has a status.
      { status: sent.status as number, headers: sent.responseHeaders ?? [] };
  const answer = withoutEchoes(sent, { url: delivery.url, custom });
  return {
    delivery,
    attemptId: attemptId(endedAt),
    startedAt: new Date(endedAt.getTime() - sent.durationMs),
    durationMs: sent.durationMs,
    verdict: verdictOf(dialect, outcome, {
      attempts: delivery.attempts + 1 - delivery.settledAttempts,
      now: endedAt,
      random: Math.random(),
      schedule: delivery.settings.schedule,
    }),
    detail: sent.failure?.detail ?? null,
    url: shownUrl(delivery.url),
    dialect: dialect.name,
    requestHeaders: withoutCredentials(sent.requestHeaders, custom),
    status: sent.status ?? null,
    responseHeaders: answer.responseHeaders ?? null,
    responseBody: answer.responseBody ?? null,
    responseCut: sent.responseCut,
    phases: sent.phases,
  };
}

/** The end of a delivery of which no request can be made. Sending it later would not mend that; a person may, and redeliver. */
export function unsendableOf(delivery: Claimed, problem: Reason, detail: string, at: Date): Finished {
  const verdict: Verdict = { verdict: 'exhausted', reason: problem };
  return {
    delivery,
    attemptId: attemptId(at),
    startedAt: at,
    durationMs: 0,
    verdict,
    detail,
    url: shownUrl(delivery.url),
    dialect: delivery.dialect ?? '',
    requestHeaders: [],
    status: null,
    responseHeaders: null,
    responseBody: null,
    responseCut: false,
    phases: null,
  };
}
