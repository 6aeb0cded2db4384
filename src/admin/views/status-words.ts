import { wordsOfDisabling, wordsOfReason } from '../../explain/reason-words.ts';
import { type EndpointStatus, statusOf } from '../../store/endpoint-list.ts';
import type { Endpoint } from '../../store/endpoints.ts';

/** How an endpoint stands, for people. */
export interface Standing {
  readonly status: EndpointStatus;
  readonly since: Date | null;
  /** A clause that says why; null while it is active. */
  readonly words: string | null;
  /** Nothing goes out before. */
  readonly until: Date | null;
}

type Known = Pick<Endpoint, 'state' | 'stateSince' | 'disabledReason' | 'health'>;

/**
 * How an endpoint stands, and why. Pure.
 * @param lastReason why its latest attempt ended as it did, where that is known
 */
export function standingOf(endpoint: Known, lastReason: string | null, now: Date): Standing {
  const { status, statusSince: since } = statusOf(endpoint);
  const { words, until = null } = whyOf(status, endpoint, { lastReason, now });
  return { status, since, words, until };
}

interface Why {
  readonly words: string | null;
  readonly until?: Date | null;
}

function whyOf(
  status: EndpointStatus,
  { disabledReason, health }: Known,
  { lastReason, now }: { readonly lastReason: string | null; readonly now: Date },
): Why {
  if (status === 'active') return { words: null };
  if (status === 'disabled') return { words: `disabled ${wordsOfDisabling(disabledReason)}` };
  if (status === 'paused') return { words: 'paused by hand' };
  const { failures, openUntil, pausedUntil, throttle } = health;
  if (pausedUntil) {
    return {
      words: `the receiver asked for a pause until ${pausedUntil.toISOString()}`,
      until: pausedUntil,
    };
  }
  const failed = failureWords(failures, lastReason);
  if (openUntil) {
    return openUntil > now
      ? { words: `${failed}; next try at ${openUntil.toISOString()}`, until: openUntil }
      : { words: `${failed}; the next try is due` };
  }
  return {
    words:
      throttle === null
        ? failed
        : `the receiver said that it is too busy: it is sent ${throttleText(throttle)} until it is well`,
  };
}

function failureWords(failures: number, lastReason: string | null): string {
  const count = failures.toLocaleString('en-US');
  const many = failures === 1 ? 'its last request failed' : `its last ${count} requests failed`;
  return lastReason === null || lastReason === 'success'
    ? many
    : `${wordsOfReason(lastReason).because} (${many})`;
}

/** `4 requests a second`, `a request every 20 s`. */
function throttleText(throttle: number): string {
  if (throttle >= 1) return `${Math.round(throttle)} ${throttle < 1.5 ? 'request' : 'requests'} a second`;
  return `a request every ${Math.round(1 / throttle)} s`;
}
