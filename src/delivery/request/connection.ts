import type { Socket } from 'node:net';
import type { HeaderList } from '../../wire/dialect.ts';
import { AnswerReader } from './answer-reader.ts';
import { Opening, type OpeningParts } from './opening.ts';
import type { Phases } from './phases.ts';

/** Less than what usual servers wait: one that closes just as we send costs an attempt. */
const idleMs = 4_000;
/** Whatever a receiver offers (`Keep-Alive: timeout=…`). */
const idleMaxMs = 60_000;
/** So long before the receiver means to close it, nothing is sent any more: it would cross on the way. */
const idleMarginMs = 1_000;

export interface ConnectionParts extends OpeningParts {
  /** Connections with the same key may serve each other's requests. */
  readonly key: string;
}

/** Whoever makes a request is told how it goes: once `onEnd` or `onError` in the end, unless the connection is destroyed before. */
export interface RequestParts {
  /** The request is being written. */
  onSent(): void;
  onHead(status: number, headers: HeaderList): void;
  onBody(part: Buffer): void;
  onEnd(): void;
  onError(error: Error): void;
}

/** One connection by HTTP/1.1, for one request at a time, on a socket of ours. It opens with the first request. */
export class Connection {
  readonly key: string;
  readonly #parts: OpeningParts;
  /** Of the request that is under way, where it made the connection. */
  #opening: Opening | undefined;
  #socket: Socket | undefined;
  #request: RequestParts | undefined;
  #reader: AnswerReader | undefined;
  #keepsMs = 0;
  #openedAt = 0;
  #ended = false;
  /** Is called when the socket has closed, whoever closed it. */
  onClose = (): void => {};

  constructor(parts: ConnectionParts) {
    this.key = parts.key;
    this.#parts = parts;
  }

  /**
   * Whether another request may go over it. Not while a part of the last one waits here to be read: a receiver that answers and
   * never reads would have us keep body after body.
   */
  get open(): boolean {
    const socket = this.#socket;
    if (!socket || this.#ended || this.#request || this.#keepsMs <= 0) return false;
    return !socket.destroyed && socket.writable && socket.writableLength === 0;
  }

  /** For how long it may be idle, in milliseconds. */
  get keepsMs(): number {
    return this.#keepsMs;
  }

  /** When its socket stood, in milliseconds of performance.now(). */
  get openedAt(): number {
    return this.#openedAt;
  }

  /** The next request; none may be under way. */
  dispatch(bytes: readonly Buffer[], request: RequestParts): void {
    this.#request = request;
    this.#reader = new AnswerReader(request);
    if (this.#socket) {
      this.#opening = undefined;
      this.#write(this.#socket, bytes);
      return;
    }
    this.#opening = new Opening(this.#parts, (error, socket) => {
      if (!socket) {
        this.#fail(error ?? new Error('no connection'));
        return;
      }
      // What is there already is no answer to what we have not said.
      if (socket.readableLength > 0) {
        socket.destroy();
        this.#fail(reset('the other side spoke before the request was sent'));
        return;
      }
      this.#hold(socket);
      this.#write(socket, bytes);
    });
  }

  /** How far the connection is, for people. */
  get step(): string {
    return this.#opening?.step ?? 'connecting';
  }

  /** What the request that is under way spent on a new connection, up to `now`. */
  phases(now: number): Phases {
    return this.#opening?.phases(now) ?? {};
  }

  /** Ends it at once, with all that is under way: whoever made the request hears nothing more. */
  destroy(): void {
    this.#ended = true;
    this.#request = undefined;
    this.#opening?.destroy();
    this.#socket?.destroy();
  }

  #hold(socket: Socket): void {
    this.#socket = socket;
    this.#openedAt = performance.now();
    socket.on('data', (part) => this.#take(part));
    socket.on('error', (error) => this.#fail(error));
    socket.on('end', () => this.#over());
    socket.on('close', () => {
      this.#over();
      this.onClose();
    });
  }

  #write(socket: Socket, bytes: readonly Buffer[]): void {
    this.#request?.onSent();
    if (bytes.length === 1) {
      socket.write(bytes[0] as Buffer);
      return;
    }
    socket.cork();
    for (const part of bytes) socket.write(part);
    socket.uncork();
  }

  #take(part: Buffer): void {
    const reader = this.#reader;
    // Nobody asked for it: what comes next would be taken for the answer of the next request.
    if (!this.#request || !reader) {
      this.destroy();
      return;
    }
    try {
      reader.take(part);
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    if (reader.isOver) this.#end(reader);
  }

  #over(): void {
    this.#ended = true;
    if (!this.#request || !this.#reader) return;
    if (this.#reader.end()) this.#end(this.#reader);
    else this.#fail(reset('the other side closed the connection'));
  }

  #end(reader: AnswerReader): void {
    const request = this.#request;
    this.#request = undefined;
    const { keepsMs } = reader;
    this.#keepsMs = keepsMs === undefined ? idleMs : Math.min(keepsMs - idleMarginMs, idleMaxMs);
    request?.onEnd();
  }

  #fail(error: Error): void {
    const request = this.#request;
    this.destroy();
    request?.onError(error);
  }
}

const reset = (message: string): Error => Object.assign(new Error(message), { code: 'ECONNRESET' });
