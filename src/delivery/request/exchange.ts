import type { HeaderList } from '../../wire/dialect.ts';
import type { Destination } from '../guard/guard.ts';
import type { Connection, RequestParts } from './connection.ts';
import { type Failure, failureOf } from './failure.ts';
import { type Phases, toTenths } from './phases.ts';
import { requestBytes } from './request-bytes.ts';

/** Longer answers are cut, which is no reason to retry. */
export const responseMaxBytes = 64 * 1024;
/** Headers of an answer: each of them is kept. */
const responseHeadersMax = 256;

const empty = Buffer.alloc(0);

/** Where a request goes. */
export interface Target {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly host: string;
  /** With the query string. */
  readonly path: string;
  readonly destination: Destination;
}

/** What is known of a request once it is over, whichever way it ended. */
export interface Sent {
  /** As they went over the wire, including what the HTTP client added. */
  readonly requestHeaders: HeaderList;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly status: number | undefined;
  readonly responseHeaders: HeaderList | undefined;
  /** The first 64 KiB as they came: not decompressed, not decoded. */
  readonly responseBody: Buffer | undefined;
  readonly responseCut: boolean;
  /** Set when no complete answer came; the status may be known all the same. */
  readonly failure: Failure | undefined;
  readonly phases: Phases;
}

/** One request and its answer, with a deadline over all of it. */
export class Exchange implements RequestParts {
  readonly #target: Target;
  readonly #headers: HeaderList;
  readonly #body: Uint8Array;
  readonly #connection: Connection;
  readonly #startedAt = new Date();
  readonly #started = performance.now();
  #sentAt = 0;
  #answeredAt = 0;
  /** The first part of the body as it came; with a second one, a buffer for as much as is kept. */
  #received: Buffer = empty;
  #size = 0;
  #cut = false;
  #status: number | undefined;
  #responseHeaders: HeaderList | undefined;
  #settle: ((sent: Sent) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(target: Target, headers: HeaderList, body: Uint8Array, connection: Connection) {
    this.#target = target;
    this.#headers = headers;
    this.#body = body;
    this.#connection = connection;
  }

  /** Makes the request. However it ends, nothing of it is under way any more afterwards. */
  run(timeoutMs: number): Promise<Sent> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      // Runs until the last byte of the body: a timer cleared at the headers would leave a dripping body unbounded.
      this.#timer = setTimeout(() => {
        this.#breakOff({ reason: 'timeout', detail: `not over within ${timeoutMs} ms (${this.#step()})` });
      }, timeoutMs);
      try {
        this.#connection.dispatch(requestBytes(this.#target, this.#headers, this.#body), this);
      } catch (error) {
        this.#finish(failureOf(error));
      }
    });
  }

  abort(): void {
    this.#breakOff({ reason: 'aborted', detail: 'broken off' });
  }

  onSent(): void {
    this.#sentAt = performance.now();
  }

  onHead(status: number, headers: HeaderList): void {
    this.#answeredAt = performance.now();
    this.#status = status;
    this.#responseHeaders = headers;
    if (this.#responseHeaders.length > responseHeadersMax) {
      const detail = `the answer has ${this.#responseHeaders.length} headers, more than ${responseHeadersMax}`;
      this.#responseHeaders = undefined;
      this.#breakOff({ reason: 'invalid_response', detail });
    }
  }

  onBody(chunk: Buffer): void {
    if (!this.#settle) return;
    const left = responseMaxBytes - this.#size;
    this.#keep(chunk.length > left ? chunk.subarray(0, left) : chunk);
    if (chunk.length <= left) return;
    this.#cut = true;
    this.#breakOff(undefined);
  }

  /** Copied together: the body may come in as many parts as it has bytes, and each of them would cost more than what is in it. */
  #keep(part: Buffer): void {
    if (this.#size === 0) this.#received = part;
    else {
      if (this.#received.length < responseMaxBytes) {
        const whole = Buffer.allocUnsafe(responseMaxBytes);
        this.#received.copy(whole);
        this.#received = whole;
      }
      part.copy(this.#received, this.#size);
    }
    this.#size += part.length;
  }

  onEnd(): void {
    this.#finish(undefined);
  }

  onError(error: Error): void {
    this.#finish(failureOf(error));
  }

  /** Ends what is still under way, and the connection with it. */
  #breakOff(failure: Failure | undefined): void {
    this.#finish(failure);
    this.#connection.destroy();
  }

  #finish(failure: Failure | undefined): void {
    const settle = this.#settle;
    if (!settle) return;
    this.#settle = undefined;
    clearTimeout(this.#timer);
    const endedAt = performance.now();
    settle({
      requestHeaders: this.#sentHeaders(),
      startedAt: this.#startedAt,
      durationMs: Math.round(endedAt - this.#started),
      status: this.#status,
      responseHeaders: this.#responseHeaders,
      // A copy: what was received is a window on a larger buffer.
      responseBody:
        this.#status === undefined ? undefined : Buffer.from(this.#received.subarray(0, this.#size)),
      responseCut: this.#cut,
      failure,
      phases: this.#phases(endedAt),
    });
  }

  #phases(endedAt: number): Phases {
    const phases = this.#connection.phases(endedAt);
    if (this.#sentAt > 0) phases.wait = toTenths((this.#answeredAt || endedAt) - this.#sentAt);
    if (this.#answeredAt > 0) phases.body = toTenths(endedAt - this.#answeredAt);
    return phases;
  }

  #step(): string {
    if (this.#sentAt === 0) return this.#connection.step;
    return this.#answeredAt === 0 ? 'waiting for the answer' : 'reading the answer';
  }

  #sentHeaders(): HeaderList {
    return [
      ['host', this.#target.host],
      ['connection', 'keep-alive'],
      ...this.#headers,
      ['content-length', String(this.#body.byteLength)],
    ];
  }
}
