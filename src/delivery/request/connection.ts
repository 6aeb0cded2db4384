import type { Socket } from 'node:net';
import { type buildConnector, Client, type Dispatcher } from 'undici';
import { AnswerFilter, headMaxBytes } from './answer-filter.ts';
import { Opening, type OpeningParts } from './opening.ts';
import type { Phases } from './phases.ts';

/** Less than what usual servers wait: one that closes just as we send costs an attempt. */
const idleMs = 4_000;
/** Whatever a receiver offers (`Keep-Alive: timeout=…`). */
const idleMaxMs = 60_000;
/** For one request: undici opens a connection again, at once and without end, where one ends before the request is written. */
const openingsMax = 2;

export interface ConnectionParts extends OpeningParts {
  /** Connections with the same key may serve each other's requests. */
  readonly key: string;
  /** Scheme, host and port. */
  readonly origin: string;
}

/** One connection, for one request at a time: undici's client for HTTP/1.1, on sockets of ours. It opens with the first request. */
export class Connection {
  readonly key: string;
  readonly #client: Client;
  /** Of the request that is under way, where it made a new connection. */
  #opening: Opening | undefined;
  #socket: Socket | undefined;
  #filter: AnswerFilter | undefined;
  #openings = 0;
  #openedAt = 0;
  /** Is called when a socket has closed, whoever closed it. */
  onClose = (): void => {};

  constructor(parts: ConnectionParts) {
    this.key = parts.key;
    this.#client = new Client(parts.origin, {
      // Once more, if a kept connection turns out to be closed before the request is sent.
      connect: (_options, callback) => this.#open(parts, callback),
      pipelining: 1,
      // Undici's timers start anew with each part of a request. Our deadline covers all.
      headersTimeout: 0,
      bodyTimeout: 0,
      // Of trailers too. The default could be set from outside of us.
      maxHeaderSize: headMaxBytes,
      keepAliveTimeout: idleMs,
      keepAliveMaxTimeout: idleMaxMs,
    });
  }

  /**
   * Whether another request may go over it. Not while a part of the last one waits here to be read: a receiver that answers and
   * never reads would have us keep body after body.
   */
  get open(): boolean {
    const socket = this.#socket;
    return socket !== undefined && !socket.destroyed && socket.writable && socket.writableLength === 0;
  }

  /** When its socket stood, in milliseconds of performance.now(). */
  get openedAt(): number {
    return this.#openedAt;
  }

  /** The next request; none may be under way. */
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#opening = undefined;
    this.#openings = 0;
    this.#client.dispatch(options, handler);
  }

  /** A request is written now, and its answer is what comes next. */
  expectAnswer(): void {
    this.#filter?.expect();
  }

  /** How far the connection is, for people. */
  get step(): string {
    return this.#opening?.step ?? 'connecting';
  }

  /** What the request that is under way spent on a new connection, up to `now`. */
  phases(now: number): Phases {
    return this.#opening?.phases(now) ?? {};
  }

  /** Ends it at once, with all that is under way. */
  destroy(): void {
    this.#opening?.destroy();
    void this.#client.destroy();
  }

  #open(parts: OpeningParts, callback: buildConnector.Callback): void {
    this.#openings += 1;
    if (this.#openings > openingsMax) {
      const message = 'the connection ended, or was spoken on, before the request was sent';
      queueMicrotask(() => callback(Object.assign(new Error(message), { code: 'ECONNRESET' }), null));
      return;
    }
    this.#opening = new Opening(parts, (error, socket) => {
      if (!socket) {
        callback(error ?? new Error('no connection'), null);
        return;
      }
      this.#socket = socket;
      this.#openedAt = performance.now();
      this.#filter = new AnswerFilter(socket);
      socket.once('close', () => this.onClose());
      callback(null, socket);
    });
  }
}
