import type { RowhookError } from '../errors.ts';
import type { Unshown } from './failure.ts';

/** The application says that it has no such record. */
export const goneStatus: readonly number[] = [404, 410];
/** It will not answer for this record, however often it is asked (RFC 9110, 15.5; 431: a key that is too long; 451). */
export const refusedStatus: readonly number[] = [400, 413, 414, 422, 431, 451];
/** Whoever asks, and how often, is refused: no record can bring that about. */
export const unwelcomeStatus: readonly number[] = [401, 407, 429];
/** It, or what stands before it, has not come to answer. */
export const unansweredStatus: readonly number[] = [403, 408, 421, 425, 502, 503, 504];

/** What a request came to. */
export type Outcome = { readonly text: string | undefined } | { readonly unshown: Unshown } | Failed;

export interface Failed {
  readonly error: RowhookError;
  /** `application`: whatever record is asked for. `unclear`: as if it were down. `record`: it is there, and answers wrongly. */
  readonly of: 'application' | 'unclear' | 'record';
  readonly detail: string;
}

/** It took several requests to find out. */
export const costly: readonly string[] = ['source_failed', 'source_invalid'];

/** Others have failed, and there was no time left for this one. */
export const notAsked: Unshown = {
  reason: 'source_failed',
  detail: 'others failed, and it was not asked for',
  proven: false,
};

export function unshownBy({ error, detail }: Failed): Unshown {
  return {
    reason: error.code === 'source_invalid' ? 'source_invalid' : 'source_failed',
    detail,
    proven: true,
  };
}
