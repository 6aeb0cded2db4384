import type { HeaderList } from '../../wire/dialect.ts';
import { type AnswerHead, answerHead, InvalidAnswer } from './answer-head.ts';
import { Chunks } from './chunks.ts';

/** What may come for an answer: interim answers, headers, and the framing of a body of which 64 KiB are kept. */
const wireMaxBytes = 1024 * 1024;
/** Status line and headers. */
const headMaxBytes = 16 * 1024;
const interimMax = 100;

export interface AnswerParts {
  onHead(status: number, headers: HeaderList): void;
  onBody(part: Buffer): void;
}

const empty = Buffer.alloc(0);
const endOfHead = '\r\n\r\n';
const start = Buffer.from('HTTP/1.1 ', 'latin1');
const minorAt = start.length - 2;
const [cr, lf, zero] = Buffer.from('\r\n0');

/**
 * Reads one answer, in whatever parts it comes, and hands its body on as it comes. Interim answers are passed over (RFC 9110, 15.2: a client has
 * to expect them at any time). What is hostile costs little time (invariant 7): all is bounded, and no byte is looked at more often
 * than a few times.
 */
export class AnswerReader {
  readonly #parts: AnswerParts;
  /** Of the head: what has come of it so far. */
  #held: Buffer = empty;
  #head: AnswerHead | undefined;
  /** Of a body whose length is known: how much is to come. */
  #left = 0;
  #chunks: Chunks | undefined;
  #bytes = 0;
  #interim = 0;
  #over = false;
  #more = false;

  constructor(parts: AnswerParts) {
    this.#parts = parts;
  }

  /** All of it has come. */
  get isOver(): boolean {
    return this.#over;
  }

  /** For how long the connection may serve another request, in milliseconds; undefined: as long as usual; 0: not at all. */
  get keepsMs(): number | undefined {
    return this.#over && !this.#more && this.#head?.keeps ? this.#head.keepsMs : 0;
  }

  /** @throws InvalidAnswer */
  take(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#head) this.#body(part, this.#head);
    else this.#takeHead(part);
    if (this.#bytes > wireMaxBytes && !this.#over) {
      throw new InvalidAnswer(`more than ${wireMaxBytes} bytes came before its end`);
    }
  }

  /** The connection has ended. @returns whether the answer is complete by that */
  end(): boolean {
    if (!this.#over && this.#head?.framing === 'until end') this.#over = true;
    return this.#over;
  }

  #takeHead(part: Buffer): void {
    const before = this.#held.length;
    let rest = before > 0 ? Buffer.concat([this.#held, part]) : part;
    let from = Math.max(0, before - endOfHead.length + 1);
    for (;;) {
      if (from === 0) rest = withoutLineEnds(rest);
      if (!isPrefix(rest)) throw new InvalidAnswer('it does not begin like an answer');
      const end = rest.indexOf(endOfHead, from, 'latin1');
      const length = end < 0 ? rest.length : end;
      if (length > headMaxBytes) throw this.#tooLong();
      if (end < 0) {
        // A copy: it must not keep what it is a window on.
        this.#held = rest === part || rest.buffer === part.buffer ? Buffer.from(rest) : rest;
        return;
      }
      const head = answerHead(rest.toString('latin1', 0, end));
      rest = rest.subarray(end + endOfHead.length);
      if (head.status >= 200) {
        this.#held = empty;
        this.#begin(head, rest);
        return;
      }
      this.#interim += 1;
      if (this.#interim > interimMax) throw new InvalidAnswer(`more than ${interimMax} interim answers`);
      from = 0;
    }
  }

  #tooLong(): InvalidAnswer {
    return new InvalidAnswer(`its headers are longer than ${headMaxBytes} bytes`);
  }

  #begin(head: AnswerHead, rest: Buffer): void {
    this.#head = head;
    const { framing } = head;
    if (typeof framing === 'number') this.#left = framing;
    else if (framing === 'chunks') this.#chunks = new Chunks((part) => this.#parts.onBody(part));
    this.#parts.onHead(head.status, head.headers);
    if (framing === 0 || rest.length > 0) this.#body(rest, head);
  }

  #body(part: Buffer, { framing }: AnswerHead): void {
    if (this.#over) {
      this.#more ||= part.length > 0;
      return;
    }
    if (this.#chunks) {
      const taken = this.#chunks.take(part);
      this.#over = this.#chunks.isOver;
      this.#more = taken < part.length;
    } else if (framing === 'until end') this.#parts.onBody(part);
    else {
      this.#more = part.length > this.#left;
      const body = this.#more ? part.subarray(0, this.#left) : part;
      this.#left -= body.length;
      this.#over = this.#left === 0;
      if (body.length > 0) this.#parts.onBody(body);
    }
  }
}

/** Whether something is the beginning of a status line of HTTP/1.0 or 1.1. */
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
