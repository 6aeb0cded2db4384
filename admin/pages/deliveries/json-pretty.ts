export type JsonKind = 'space' | 'mark' | 'key' | 'string' | 'number' | 'word';

/** A piece of laid-out JSON: the text between spaces is as it was written, to the last digit and escape. */
export interface JsonPiece {
  readonly kind: JsonKind;
  readonly text: string;
}

export interface PrettyJson {
  readonly pieces: readonly JsonPiece[];
  /** It goes on: the text was longer than asked for. */
  readonly isCut: boolean;
  /** The text ends within a value, as of an answer that was cut. */
  readonly isUnfinished: boolean;
}

/** Deeper levels are not moved further to the right. */
const deepestIndent = 40;

/**
 * JSON laid out by levels. Nothing is parsed into values: numbers beyond 2^53, the order of keys, keys that are there twice and `__proto__` stay as
 * they are, and no depth is too deep. Pure.
 * @param length about so many characters at most
 * @returns undefined where the text is no JSON object or array
 */
export function prettyJson(text: string, length = Number.POSITIVE_INFINITY): PrettyJson | undefined {
  const pieces: JsonPiece[] = [];
  const ended = layOut(text, length, (kind, piece) => pieces.push({ kind, text: piece }));
  return ended && { pieces, ...ended };
}

/** The same as one text: of megabytes, pieces would take more time and room than the rest. Pure. */
export function prettyText(text: string): string | undefined {
  let laidOut = '';
  const ended = layOut(text, Number.POSITIVE_INFINITY, (_, piece) => {
    laidOut += piece;
  });
  return ended && laidOut;
}

type Put = (kind: JsonKind, text: string) => void;

function layOut(text: string, length: number, put: Put): Omit<PrettyJson, 'pieces'> | undefined {
  const layout = new Layout(length, put);
  let at = spaceEnd(text, 0);
  if (text[at] !== '{' && text[at] !== '[') return undefined;
  while (at < text.length) {
    if (layout.isFull) return { isCut: true, isUnfinished: false };
    const char = text[at] ?? '';
    const end = '{}[],:'.includes(char) ? at + 1 : valueEnd(text, at, char);
    if (end === undefined || !layout.add(char, text.slice(at, end), end >= text.length)) return undefined;
    at = spaceEnd(text, end);
  }
  return { isCut: false, isUnfinished: !layout.isDone };
}

/** What may come next; `key` and `value` may also be an end there where one has just been opened. */
type Expected = 'first key' | 'key' | 'colon' | 'first value' | 'value' | 'comma' | 'nothing';
const isKey = (expected: Expected): boolean => expected === 'key' || expected === 'first key';
const isValue = (expected: Expected): boolean => expected === 'value' || expected === 'first value';

class Layout {
  #length = 0;
  readonly #max: number;
  readonly #write: Put;
  readonly #open: ('{' | '[')[] = [];
  #expected: Expected = 'value';

  constructor(max: number, write: Put) {
    this.#max = max;
    this.#write = write;
  }

  get isFull(): boolean {
    return this.#length > this.#max;
  }

  get isDone(): boolean {
    return this.#expected === 'nothing';
  }

  /** @returns false: it may not stand here */
  add(char: string, text: string, isLast: boolean): boolean {
    if (char === '{' || char === '[') return this.#opens(char);
    if (char === '}' || char === ']') return this.#closes(char);
    if (char === ',') return this.#continues();
    if (char === ':') return this.#expect('colon', 'value') && this.#put('mark', ': ');
    if (char === '"' && isKey(this.#expected)) {
      this.#breakAfterOpening();
      this.#expected = 'colon';
      return this.#put('key', text);
    }
    const isWhole = char === '"' || isScalar(text) || (isLast && isScalarStart(text));
    if (!isWhole || !isValue(this.#expected)) return false;
    this.#breakAfterOpening();
    this.#expected = 'comma';
    return this.#put(char === '"' ? 'string' : /[-\d]/.test(char) ? 'number' : 'word', text);
  }

  #opens(char: '{' | '['): boolean {
    if (!isValue(this.#expected)) return false;
    this.#breakAfterOpening();
    this.#open.push(char);
    this.#expected = char === '{' ? 'first key' : 'first value';
    return this.#put('mark', char);
  }

  #closes(char: '}' | ']'): boolean {
    const isEmpty = this.#expected === (char === '}' ? 'first key' : 'first value');
    if (!isEmpty && this.#expected !== 'comma') return false;
    if (this.#open.pop() !== (char === '}' ? '{' : '[')) return false;
    if (!isEmpty) this.#break();
    this.#expected = this.#open.length > 0 ? 'comma' : 'nothing';
    return this.#put('mark', char);
  }

  #continues(): boolean {
    const next = this.#open.at(-1) === '{' ? 'key' : 'value';
    if (!this.#expect('comma', next)) return false;
    this.#put('mark', ',');
    this.#break();
    return true;
  }

  #expect(expected: Expected, then: Expected): boolean {
    if (this.#expected !== expected) return false;
    this.#expected = then;
    return true;
  }

  #breakAfterOpening(): void {
    if (this.#expected.startsWith('first')) this.#break();
  }

  #break(): void {
    this.#put('space', `\n${'  '.repeat(Math.min(this.#open.length, deepestIndent))}`);
  }

  #put(kind: JsonKind, text: string): true {
    this.#write(kind, text);
    this.#length += text.length;
    return true;
  }
}

const isScalar = (text: string): boolean =>
  /^(true|false|null|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)$/.test(text);
/** The beginning of one, where the text has been cut within. */
const isScalarStart = (text: string): boolean =>
  ['true', 'false', 'null'].some((word) => word.startsWith(text)) ||
  /^-?\d*\.?\d*([eE][+-]?\d*)?$/.test(text);

/** A letter, a digit, or one of + - . */
const isOfScalar = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x61 && code <= 0x7a) ||
  code === 0x2b ||
  code === 0x2d ||
  code === 0x2e;

/** Loops over characters: a regular expression over megabytes could use up its stack. */
function valueEnd(text: string, from: number, char: string): number | undefined {
  if (char === '"') return stringEnd(text, from);
  let at = from;
  while (at < text.length && isOfScalar(text.charCodeAt(at))) at += 1;
  return at === from || at - from > 100_000 ? undefined : at;
}

function stringEnd(text: string, from: number): number | undefined {
  for (let at = from + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code === 0x5c) at += 1;
    else if (code < 0x20) return undefined;
  }
  return text.length;
}

function spaceEnd(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09; ) {
    at += 1;
    code = text.charCodeAt(at);
  }
  return at;
}
