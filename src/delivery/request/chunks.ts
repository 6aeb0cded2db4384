import { InvalidAnswer } from './answer-head.ts';

/** More are no size of anything, but zeros before one. */
const digitsMax = 16;
const trailersMaxBytes = 16 * 1024;
const [cr, lf, semicolon, space, tab] = Buffer.from('\r\n; \t');

/**
 * Reads a body in chunks (RFC 9112, 7.1). Extensions and trailers are passed over: nothing is kept of them. However the bytes are cut
 * into parts, each is looked at once.
 */
export class Chunks {
  readonly #onBody: (part: Buffer) => void;
  #place: 'size' | 'extension' | 'size end' | 'data' | 'data end' | 'trailers' | 'over' = 'size';
  #digits = 0;
  #size = 0;
  /** Of an extension: whether its last byte so far is a CR. */
  #wasCr = false;
  /** Of what ends the data: bytes of CR LF seen so far. */
  #ended = 0;
  #trailerBytes = 0;
  /** Of the trailer's line: bytes seen so far. */
  #lineBytes = 0;

  constructor(onBody: (part: Buffer) => void) {
    this.#onBody = onBody;
  }

  /**
   * @returns how many bytes of this part belong to the body; fewer than all only when it is over
   * @throws InvalidAnswer
   */
  take(part: Buffer): number {
    let at = 0;
    while (at < part.length && this.#place !== 'over') {
      if (this.#place === 'data') {
        const data = part.subarray(at, at + this.#size);
        at += data.length;
        this.#size -= data.length;
        if (this.#size === 0) this.#place = 'data end';
        this.#onBody(data);
      } else if (this.#place === 'extension') {
        const end = part.indexOf(lf as number, at);
        const before = end < 0 ? part.length : end;
        if (before > at) this.#wasCr = part[before - 1] === cr;
        if (end < 0) return part.length;
        // Another reader would see the line go on (RFC 9112, 7.1.1).
        if (!this.#wasCr) throw new InvalidAnswer('the size of a chunk has no end');
        at = end + 1;
        this.#sized();
      } else {
        this.#byte(part[at] as number);
        at += 1;
      }
    }
    return at;
  }

  get isOver(): boolean {
    return this.#place === 'over';
  }

  #byte(byte: number): void {
    if (this.#place === 'size') this.#sizeByte(byte);
    else if (this.#place === 'size end') {
      if (byte !== lf) throw new InvalidAnswer('the size of a chunk has no end');
      this.#sized();
    } else if (this.#place === 'data end') {
      if (byte !== (this.#ended === 0 ? cr : lf)) throw new InvalidAnswer('a chunk is longer than it says');
      this.#ended += 1;
      if (this.#ended === 2) this.#next();
    } else this.#trailerByte(byte);
  }

  #sizeByte(byte: number): void {
    const digit = digitOf(byte);
    if (digit >= 0) {
      this.#digits += 1;
      this.#size = this.#size * 16 + digit;
      if (this.#digits > digitsMax || this.#size > Number.MAX_SAFE_INTEGER) {
        throw new InvalidAnswer('the size of a chunk is beyond all numbers');
      }
      return;
    }
    if (this.#digits === 0) throw new InvalidAnswer('the size of a chunk is no number');
    if (byte === cr) this.#place = 'size end';
    else if (byte === semicolon || byte === space || byte === tab) this.#place = 'extension';
    else throw new InvalidAnswer('the size of a chunk is no number');
  }

  #sized(): void {
    this.#place = this.#size === 0 ? 'trailers' : 'data';
  }

  #next(): void {
    this.#place = 'size';
    this.#wasCr = false;
    this.#digits = 0;
    this.#ended = 0;
  }

  #trailerByte(byte: number): void {
    this.#trailerBytes += 1;
    if (this.#trailerBytes > trailersMaxBytes) {
      throw new InvalidAnswer(`its headers behind the body are longer than ${trailersMaxBytes} bytes`);
    }
    if (byte === lf) {
      if (this.#lineBytes === 0) this.#place = 'over';
      this.#lineBytes = 0;
    } else if (byte !== cr) this.#lineBytes += 1;
  }
}

function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
