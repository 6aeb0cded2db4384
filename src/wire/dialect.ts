import type { Received, Verified } from './received.ts';

/** What a dialect may know of an endpoint; never its secret. */
export interface EndpointView {
  readonly id: string;
  readonly url: string;
  readonly active: boolean;
  readonly events: readonly string[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** How many deliveries it has had. */
  readonly deliveryCount: number;
}

/** One request to be made, as values. */
export interface Outgoing {
  readonly deliveryId: string;
  readonly eventName: string;
  /** The exact bytes that go over the wire. */
  readonly body: Uint8Array;
  /** The present one first, then older ones that still sign. Each is one that the dialect can sign with. */
  readonly secrets: readonly string[];
  /** Already known to be a legal header value, or null. */
  readonly requestId: string | null;
  readonly sentAt: Date;
}

/** A header as it is written, in order. */
export type HeaderList = ReadonlyArray<readonly [name: string, value: string]>;

/** How a delivery looks on the wire. Pure: values in, values out, no clock, no chance, no I/O. */
export interface Dialect {
  readonly name: string;
  /** Endpoints must have an https URL. */
  readonly requiresTls: boolean;
  /** The body of an event whose payload is this JSON text. The same event gives the same bytes, whenever it is asked for. */
  body(event: { name: string; payload: string; changedAt: Date }): string;
  /**
   * The payload of the ping that a new endpoint gets, as JSON text; undefined: it gets none.
   * @param timestamp a moment in the catalog's form, as a JSON value
   */
  ping(endpoint: EndpointView, timestamp: (at: Date) => string | number): string | undefined;
  headers(message: Outgoing): HeaderList;
  /** Whether a response with this status means that the receiver has taken the delivery. */
  succeeded(status: number): boolean;
  /**
   * Milliseconds from a failed attempt to the next, or undefined when that was the last one.
   * @param attempts requests made so far, at least 1
   * @param random from 0 to below 1, for those that spread their retries; without it they do not
   */
  retryDelayMs(attempts: number, random?: number): number | undefined;
  /** Whether an endpoint's own schedule is spread too. */
  readonly spreadsRetries: boolean;
  /** Whether an old secret signs beside a new one for a while: its signature header has room for both. */
  readonly overlapsSecrets: boolean;
  /** Whether `Retry-After` and `410 Gone` of a receiver count. */
  readonly heedsReceiver: boolean;
  /** Why an endpoint cannot have this secret, or none (null), as a clause that does not repeat it: `is missing`. */
  secretProblem(secret: string | null): string | undefined;
  /**
   * A secret in the dialect's own form.
   * @param randomBytes unpredictable ones
   * @param present what it replaces: where there are several kinds, the new one is of the same
   */
  newSecret(randomBytes: (size: number) => Uint8Array, present: string | null): string;
  /** For receivers: whether a request is what a sender with one of these secrets has sent. */
  verify(received: Received): Verified;
}
