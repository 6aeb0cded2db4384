import type { Agent, Dispatcher } from 'undici';
import type { HeaderList } from '../wire/dialect.ts';
import { type Failure, failureOf } from './failure.ts';

/** Longer answers are cut, which is no reason to retry. */
export const responseMaxBytes = 64 * 1024;

/** Where a request goes. */
export interface Target {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly host: string;
  /** With the query string. */
  readonly path: string;
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
}

/**
 * One request and its answer. Written as a handler of undici's `dispatch`, on which its `request` is built too: that one does
 * not settle before a connection stands, however long its signal has been aborted, and costs a stream for each answer.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #target: Target;
  readonly #headers: HeaderList;
  readonly #body: Uint8Array;
  readonly #startedAt = new Date();
  readonly #started = performance.now();
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #cut = false;
  #status: number | undefined;
  #responseHeaders: HeaderList | undefined;
  #phase = 'connecting';
  #controller: Dispatcher.DispatchController | undefined;
  #settle: ((sent: Sent) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(target: Target, headers: HeaderList, body: Uint8Array) {
    this.#target = target;
    this.#headers = headers;
    this.#body = body;
  }

  run(agent: Agent, timeoutMs: number): Promise<Sent> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      // Runs until the last byte of the body: a timer cleared at the headers would leave a dripping body unbounded.
      this.#timer = setTimeout(() => {
        this.#finish({ reason: 'timeout', detail: `not over within ${timeoutMs} ms (${this.#phase})` });
      }, timeoutMs);
      agent.dispatch(
        {
          origin: this.#target.origin,
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
    this.#finish({ reason: 'aborted', detail: 'broken off' });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#phase = 'waiting for the answer';
    // The deadline passed while the connection was made: nothing may be sent any more.
    if (!this.#settle) controller.abort(new Error('too late'));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200) return;
    this.#status = status;
    this.#responseHeaders = headerPairs(controller.rawHeaders);
    this.#phase = 'reading the answer';
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#settle) return;
    const left = responseMaxBytes - this.#size;
    this.#chunks.push(chunk.length > left ? chunk.subarray(0, left) : chunk);
    this.#size += Math.min(chunk.length, left);
    if (chunk.length <= left) return;
    this.#cut = true;
    this.#finish(undefined);
  }

  onResponseEnd(): void {
    this.#controller = undefined;
    this.#finish(undefined);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#controller = undefined;
    this.#finish(failureOf(error));
  }

  #finish(failure: Failure | undefined): void {
    const settle = this.#settle;
    if (!settle) return;
    this.#settle = undefined;
    clearTimeout(this.#timer);
    settle({
      requestHeaders: this.#sentHeaders(),
      startedAt: this.#startedAt,
      durationMs: Math.round(performance.now() - this.#started),
      status: this.#status,
      responseHeaders: this.#responseHeaders,
      // A copy: the chunks are windows on larger buffers.
      responseBody: this.#status === undefined ? undefined : Buffer.concat(this.#chunks),
      responseCut: this.#cut,
      failure,
    });
    // Still under way: end it, and the connection with it.
    this.#controller?.abort(new Error('no longer wanted'));
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
  if (!Array.isArray(raw)) return [];
  const texts = raw.map((part) => (typeof part === 'string' ? part : part.toString('latin1')));
  return texts.flatMap((name, index) => (index % 2 === 0 ? [[name, texts[index + 1] ?? ''] as const] : []));
}
