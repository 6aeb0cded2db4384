import type { Socket } from 'node:net';

/** What may come for an answer: interim answers, headers, and the framing of a body of which 64 KiB are kept. */
const wireMaxBytes = 1024 * 1024;
/** Status line and headers. */
export const headMaxBytes = 16 * 1024;
const interimMax = 100;
/** What undici's parser is given at a time. Of headers that are too large it goes on with all that it was given, at a price for each line. */
const portionBytes = 2 * 1024;

const statusAt = 'HTTP/1.1 '.length;
const endOfHead = '\r\n\r\n';
const [cr, lf, zero, one] = Buffer.from('\r\n01');
const switching = '101';

/** Why an answer is none, for what undici's parser does not see. */
export class InvalidAnswer extends Error {
  override readonly name = 'InvalidAnswer';
}

/**
 * Stands between a socket and undici's parser, which reads it by `read()`. It takes interim answers out (RFC 9110, 15.2: a client
 * has to expect them at any time; undici takes a `100 Continue` that it did not ask for as the end of the connection), and ends an
 * answer that is not worth waiting for: an upgrade that nobody asked for, a status below 100, a head, interim answers or framing
 * without end. What is hostile costs little time that way (invariant 7); what is usual, one look at a byte and one for the end of the head.
 */
export class AnswerFilter {
  readonly #socket: Socket;
  /** Anything: outside of an answer, or behind its head. */
  #place: 'anything' | 'status line' | 'headers' | 'interim headers' = 'anything';
  /** What cannot be judged yet: the beginning of a status line, or what may become the end of a head. */
  #held: Buffer = empty;
  /** Judged, and still to be read. */
  #judged: Buffer = empty;
  #bytes = 0;
  #headBytes = 0;
  #interim = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    const read = socket.read.bind(socket);
    socket.read = (size?: number): Buffer | null => {
      while (!socket.destroyed) {
        if (this.#judged.length > 0) return this.#portion();
        const chunk: Buffer | null = read(size);
        if (chunk === null) return null;
        this.#judged = this.#judge(chunk);
      }
      return null;
    };
  }

  /** A request goes out: what comes next is an answer. */
  expect(): void {
    this.#place = 'status line';
    this.#held = empty;
    this.#bytes = 0;
    this.#headBytes = 0;
    this.#interim = 0;
  }

  #portion(): Buffer {
    const portion = this.#judged.subarray(0, portionBytes);
    this.#judged = this.#judged.subarray(portionBytes);
    return portion;
  }

  /** What of a chunk is for the parser. */
  #judge(chunk: Buffer): Buffer {
    this.#bytes += chunk.length;
    if (this.#bytes > wireMaxBytes)
      return this.#refuse(`more than ${wireMaxBytes} bytes came before its end`);
    if (this.#place === 'anything') return chunk;
    if (this.#place === 'headers') return this.#headers(chunk);
    let rest = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    this.#held = empty;
    for (;;) {
      if (this.#place === 'status line') {
        rest = withoutLineEnds(rest);
        if (rest.length <= statusAt && isPrefix(rest)) return this.#hold(rest);
        const digit = rest[statusAt];
        if (!isPrefix(rest.subarray(0, statusAt)) || (digit !== one && digit !== zero)) {
          this.#place = 'headers';
          return this.#headers(rest);
        }
        if (rest.length < statusAt + switching.length) return this.#hold(rest);
        const status = rest.toString('latin1', statusAt, statusAt + switching.length);
        if (digit === zero || status === switching) return this.#refuse(`its status is ${status}`);
        this.#interim += 1;
        if (this.#interim > interimMax) return this.#refuse(`more than ${interimMax} interim answers`);
        this.#place = 'interim headers';
      }
      const end = rest.indexOf(endOfHead);
      if (end < 0) return this.#hold(lastOf(rest));
      rest = rest.subarray(end + endOfHead.length);
      this.#place = 'status line';
    }
  }

  #headers(chunk: Buffer): Buffer {
    const seen = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    const end = seen.indexOf(endOfHead);
    this.#headBytes += end < 0 ? chunk.length : end;
    if (this.#headBytes > headMaxBytes)
      return this.#refuse(`its headers are longer than ${headMaxBytes} bytes`);
    if (end < 0) this.#hold(lastOf(seen));
    else this.#place = 'anything';
    return chunk;
  }

  #hold(part: Buffer): Buffer {
    // A copy: it must not keep the whole chunk.
    this.#held = Buffer.from(part);
    return empty;
  }

  #refuse(problem: string): Buffer {
    this.#place = 'anything';
    this.#socket.destroy(new InvalidAnswer(`the answer is not HTTP/1.1: ${problem}`));
    return empty;
  }
}

/** What may be the beginning of the end of a head. */
function lastOf(part: Buffer): Buffer {
  return part.subarray(Math.max(0, part.length - endOfHead.length + 1));
}

const empty = Buffer.alloc(0);
const start = Buffer.from('HTTP/1.1 ', 'latin1');
const minorAt = start.length - 2;

/** Whether something is the beginning of a status line, of HTTP/1.0 or 1.1. */
function isPrefix(part: Buffer): boolean {
  for (let at = 0; at < Math.min(part.length, start.length); at += 1) {
    if (part[at] !== start[at] && !(at === minorAt && part[at] === zero)) return false;
  }
  return true;
}

function withoutLineEnds(part: Buffer): Buffer {
  let at = 0;
  while (at < part.length && (part[at] === cr || part[at] === lf)) at += 1;
  return at > 0 ? part.subarray(at) : part;
}
