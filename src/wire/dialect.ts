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
  readonly secret: string | null;
  /** Already known to be a legal header value, or null. */
  readonly requestId: string | null;
  readonly sentAt: Date;
}

/** A header as it is written, in order. */
export type HeaderList = ReadonlyArray<readonly [name: string, value: string]>;

/** How a delivery looks on the wire. Pure: values in, values out, no clock, no I/O. */
export interface Dialect {
  readonly name: string;
  /** Endpoints must have an https URL. */
  readonly requiresTls: boolean;
  /** The body of an event whose payload is this JSON text. */
  body(event: { name: string; payload: string; changedAt: Date }): string;
  /** The payload of the ping that a new endpoint gets, as JSON text. */
  ping(endpoint: EndpointView, timestamp: (at: Date) => string): string;
  headers(message: Outgoing): HeaderList;
  /** Whether a response with this status means that the receiver has taken the delivery. */
  succeeded(status: number): boolean;
  /**
   * Milliseconds from a failed attempt to the next, or undefined when that was the last one.
   * @param attempts requests made so far, at least 1
   */
  retryDelayMs(attempts: number): number | undefined;
}
