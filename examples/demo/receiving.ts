import type { IncomingHttpHeaders } from 'node:http';
import type { Json } from './json.ts';

/** How a receiver understands the deliveries of a system. */
export interface Receiving {
  /** Where it is reached by https only. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** What it makes of a request, trusting nothing that it cannot check. */
  read(request: Request): Reading;
  /** By what it can tell deliveries apart: the same for an arrival and for the event that it must be of. */
  sameAs(event: string, key: string): string;
}

/** A request as the receiver got it. */
export interface Request {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

export interface Reading {
  /** False: its signature is wrong. */
  readonly trusted: boolean;
  /** Undefined: nothing says it, and a second attempt cannot be told from another delivery. */
  readonly deliveryId: string | undefined;
  /** What the delivery says of its event. */
  readonly event: string;
  /** See `sameAs`. */
  readonly same: string;
  readonly requestId: string | undefined;
  /** Undefined when it was no JSON. */
  readonly body: Json | undefined;
}

/** The JSON of these bytes; undefined where they are none. */
export function parse(bytes: Buffer): Json | undefined {
  try {
    return JSON.parse(bytes.toString('utf8')) as Json;
  } catch {
    return undefined;
  }
}
