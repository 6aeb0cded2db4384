import type { Claimed } from '../queue/claim.ts';
import type { Finished } from '../queue/record.ts';
import { retryAfterMs } from '../retry-after.ts';

/** The breaker of an endpoint opens after so many failures in a row, of more than one delivery. */
export const opensAfter = 10;
/** Nothing goes out for so long; then one probe; after each that fails twice as long, up to the longest. */
export const firstPauseMs = 5_000;
export const longestPauseMs = 60_000;
/** Requests a second: no endpoint is throttled above, and none below. */
export const throttleMax = 64;
export const throttleMin = 0.5;
/** An endpoint that has failed for days has failed so often at least. */
export const failuresOfDays = 20;

/** What the end of a delivery says of its endpoint. */
export interface End {
  readonly delivery: Claimed;
  /** `unsent`: it says nothing, but if it was a probe another one may go. */
  readonly outcome: 'succeeded' | 'failed' | 'unsent';
  /** The receiver asks for a pause of the whole endpoint (Retry-After). */
  readonly pauseMs: number;
  /** It has too much to do (429, 503). */
  readonly slowDown: boolean;
}

/** What several ends, one after the other, say of one endpoint: what its health row is to be told. */
export interface Note {
  /** The latest one. */
  readonly delivery: Claimed;
  readonly successes: number;
  /** Since the last success. */
  readonly failures: number;
  /**
   * One delivery alone cannot have failed more often than so many times in a row: a longer row is of several, and tells of the
   * endpoint, not of a body that it does not like.
   */
  readonly ofOne: number;
  readonly pauseMs: number;
  readonly slowDown: boolean;
  readonly probe: 'failed' | 'unsent' | null;
}

/**
 * What the end of a request says of its endpoint.
 * @param heedsReceiver as the dialect has it
 */
export function endOf(finished: Finished, heedsReceiver: boolean, now: Date): End {
  const { delivery, verdict, status, responseHeaders } = finished;
  if (verdict.verdict === 'succeeded') return { delivery, outcome: 'succeeded', pauseMs: 0, slowDown: false };
  // Without a complete answer there may be a status all the same.
  const answered = verdict.reason === 'redirect' || verdict.reason.startsWith('http_');
  return {
    delivery,
    outcome: 'failed',
    pauseMs: answered && heedsReceiver ? retryAfterMs(responseHeaders ?? [], now) : 0,
    slowDown: answered && (status === 429 || status === 503),
  };
}

export function unsentEnd(delivery: Claimed): End {
  return { delivery, outcome: 'unsent', pauseMs: 0, slowDown: false };
}

/** Adds an end to what came before it. */
export function noteOf(before: Note | undefined, end: End): Note {
  const { delivery, outcome } = end;
  const {
    successes = 0,
    failures = 0,
    ofOne = 0,
    pauseMs = 0,
    slowDown = false,
    probe = null,
  } = before ?? {};
  const note = {
    delivery,
    successes,
    failures,
    ofOne,
    pauseMs: Math.max(pauseMs, end.pauseMs),
    slowDown: slowDown || end.slowDown,
    probe,
  };
  if (outcome === 'succeeded')
    return { ...note, successes: successes + 1, failures: 0, ofOne: 0, probe: null };
  if (outcome === 'unsent') return delivery.probe ? { ...note, probe: probe ?? 'unsent' } : note;
  // Two of one batch are of two deliveries: none is sent twice at a time.
  const sameDelivery = failures === 0 || before?.delivery.id === delivery.id;
  return {
    ...note,
    failures: failures + 1,
    ofOne: sameDelivery ? delivery.attempts + 1 : 0,
    probe: delivery.probe ? 'failed' : probe,
  };
}
