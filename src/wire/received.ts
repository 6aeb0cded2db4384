/** A request as a receiver got it. */
export interface Received {
  /** The value of a header by its name in lower case; undefined where it is missing, empty, or there more than once. */
  header(name: string): string | undefined;
  /** As it came, before anything parsed it. */
  readonly body: Uint8Array;
  /** At least one; none is empty. */
  readonly secrets: readonly string[];
  readonly now: Date;
  /** How far the time in a request may be from now, where there is one. */
  readonly toleranceMs: number;
}

/**
 * Where a verification stopped, as stable words:
 *
 * - `body`: what was given is not the bytes or the text of a body
 * - `secret`: no secret was given, or one that the dialect cannot verify with
 * - `header`: a header that is needed is missing, or there more than once
 * - `timestamp`: it is no time, or too far from now
 * - `signature`: none of the signatures was made with one of the secrets, for this body
 */
export type VerifyStep = 'body' | 'secret' | 'header' | 'timestamp' | 'signature';

export type Verified =
  | {
      readonly ok: true;
      /** The event's name, where the dialect tells it. */
      readonly event?: string | undefined;
      /** The same on every retry: drop what was seen before. */
      readonly deliveryId?: string | undefined;
      readonly requestId?: string | undefined;
      /** When this attempt was made, where the dialect tells and signs it. */
      readonly sentAt?: Date | undefined;
    }
  | { readonly ok: false; readonly step: VerifyStep; readonly message: string };

export function failed(step: VerifyStep, message: string): Verified {
  return { ok: false, step, message };
}
