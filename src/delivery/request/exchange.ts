import type { Dispatcher } from 'undici';
import type { HeaderList } from '../../wire/dialect.ts';
import type { Destination } from '../guard/guard.ts';
import type { Connection } from './connection.ts';
import { type Failure, failureOf } from './failure.ts';
import { type Phases, toTenths } from './phases.ts';

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

/**
 * One request and its answer. Written as a handler of undici's `dispatch`, on which its `request` is built too: that one does
 * not settle before a connection stands, however long its signal has been aborted, and costs a stream for each answer.
 */
export class Exchange implements Dispatcher.DispatchHandler {
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
      this.#connection.dispatch(
        {
          path: this.#target.path,
          method: 'POST',
          headers: this.#headers.flat(),
          body: this.#body,
        },
        this,
      );
    });
  }

  abort(): void {
    this.#breakOff({ reason: 'aborted', detail: 'broken off' });
  }

  onRequestStart(): void {
    this.#sentAt = performance.now();
    this.#connection.expectAnswer();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200) return;
    this.#answeredAt = performance.now();
    this.#status = status;
    this.#responseHeaders = headerPairs(controller.rawHeaders);
    if (this.#responseHeaders.length > responseHeadersMax) {
      const detail = `the answer has ${this.#responseHeaders.length} headers, more than ${responseHeadersMax}`;
      this.#responseHeaders = undefined;
      this.#breakOff({ reason: 'invalid_response', detail });
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
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

  onResponseEnd(): void {
    this.#finish(undefined);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const wrongLength = (error as NodeJS.ErrnoException).code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH';
    // Undici counts, before anything else, what came of the body.
    if (wrongLength && this.#status === undefined) {
      this.#finish({ reason: 'invalid_response', detail: 'the headers of the answer are not HTTP' });
    } else if (wrongLength && (this.#status === 204 || this.#status === 304)) {
      // These have no body, whatever length they name (RFC 9112, 6.3).
      this.#finish(undefined);
    } else this.#finish(failureOf(error));
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

function headerPairs(raw: Dispatcher.DispatchController['rawHeaders']): HeaderList {
  const pairs: (readonly [string, string])[] = [];
  if (!Array.isArray(raw)) return pairs;
  for (let at = 0; at + 1 < raw.length; at += 2) pairs.push([textOf(raw[at]), textOf(raw[at + 1])]);
  return pairs;
}

function textOf(part: string | Buffer | undefined): string {
  return typeof part === 'string' ? part : (part?.toString('latin1') ?? '');
}
