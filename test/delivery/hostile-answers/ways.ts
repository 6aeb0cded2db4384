import type { Socket } from 'node:net';
import type { FailureReason } from '../../../src/delivery/request/failure.ts';

/** What a receiver does with a request, and what we make of it. */
export interface HostileAnswer {
  readonly what: string;
  readonly answer: (socket: Socket) => void;
  /** Without a reason it is an answer like any other. */
  readonly reason?: FailureReason;
  /** Of what is reported; undefined: none came. */
  readonly status?: number;
  readonly body?: string | Buffer;
  readonly cut?: true;
  /** A part of it, where the reason alone does not tell that it was noticed for the right cause. */
  readonly detail?: RegExp;
  /** Milliseconds; 5,000 if it ends before any deadline. */
  readonly timeoutMs?: number;
}

/** Ends the connection behind it. */
export const says = (text: string) => (socket: Socket) => void socket.end(text, 'latin1');
/** Leaves it open: nothing but the answer says that it is over. */
export const leaves = (text: string | Buffer) => (socket: Socket) => void socket.write(text, 'latin1');

/** More than anybody would read of an answer. What comes behind it would be the same again. */
const pouredBytes = 1_280 * 1024;

/** The same again and again, as fast as it is taken, and no end of it. */
export const pours = (first: string, more: string) => (socket: Socket) => {
  const chunk = Buffer.from(more.repeat(Math.ceil(16_384 / more.length)), 'latin1');
  let poured = 0;
  const pour = (): void => {
    while (poured < pouredBytes && !socket.destroyed) {
      poured += chunk.length;
      if (!socket.write(chunk)) return;
    }
  };
  socket.write(first, 'latin1');
  socket.on('drain', pour);
  pour();
};

/** A byte at a time; from the beginning again when it is through, if it is to have no end. */
export const drips =
  (first: string, text: string, { endless }: { readonly endless: boolean }) =>
  (socket: Socket) => {
    socket.setNoDelay(true);
    socket.write(first, 'latin1');
    let at = 0;
    const timer = setInterval(() => {
      socket.write(text[at % text.length] ?? '', 'latin1');
      at += 1;
      if (!endless && at === text.length) clearInterval(timer);
    }, 1);
    socket.on('close', () => clearInterval(timer));
  };

export const ok = 'HTTP/1.1 200 OK\r\n';
export const okWithBody = `${ok}Content-Length: 2\r\n\r\nok`;
export const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;
