import type { HeaderList } from '../../wire/dialect.ts';

/** Why an answer is none. */
export class InvalidAnswer extends Error {
  override readonly name = 'InvalidAnswer';

  constructor(problem: string) {
    super(`the answer is not HTTP/1.1: ${problem}`);
  }
}

/** What follows the head: so many bytes, chunks, or all until the connection ends. */
export type Framing = number | 'chunks' | 'until end';

export interface AnswerHead {
  readonly status: number;
  /** As they came, in their order. */
  readonly headers: HeaderList;
  readonly framing: Framing;
  /** The connection may serve another request afterwards. */
  readonly keeps: boolean;
  /** For how long the other side says that it keeps it: milliseconds; undefined: it does not say. */
  readonly keepsMs: number | undefined;
}

const statusLine = /^HTTP\/1\.([01]) (\d{3})(?: .*)?$/;
const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Control characters, and ends of lines that are none (RFC 9112, 2.2; RFC 9110, 5.5). */
const illegal = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n)|(?<!\r)\n/;
const notAscii = /[^\t\x20-\x7e]/;
const timeoutHint = /\btimeout *= *(\d{1,12})/i;

/**
 * The head of an answer: status line and headers, without the empty line at its end. Strict where two readers could understand two
 * things (RFC 9112, 6.3 and 11.2). Pure.
 * @param text in Latin-1
 * @throws InvalidAnswer
 */
export function answerHead(text: string): AnswerHead {
  if (illegal.test(text)) throw new InvalidAnswer('its head has a character that may not be there');
  const lines = text.split('\r\n');
  const [, minor, digits] = statusLine.exec(lines[0] as string) ?? [];
  if (digits === undefined) throw new InvalidAnswer('its status line is none');
  const status = Number(digits);
  if (status < 100 || status === 101) throw new InvalidAnswer(`its status is ${digits}`);
  const headers: [name: string, value: string][] = [];
  let length: string | undefined;
  let coding: string | undefined;
  let connection = '';
  let keepsMs: number | undefined;
  for (let at = 1; at < lines.length; at += 1) {
    const line = lines[at] as string;
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    if (colon < 1 || !headerName.test(name)) {
      const last = headers.at(-1);
      if (!last || !(line.startsWith(' ') || line.startsWith('\t'))) {
        throw new InvalidAnswer('a header has no name');
      }
      // A line that goes on in the next one (RFC 9112, 5.2). None of the headers below may: they were read already.
      if (isFraming(last[0])) throw new InvalidAnswer(`its ${last[0]} has several lines`);
      last[1] = `${last[1]} ${line.trim()}`;
      continue;
    }
    const value = line.slice(colon + 1).trim();
    headers.push([name, value]);
    if (!isFraming(name)) continue;
    // Trimmed are more spaces than those of HTTP: another reader would see something else.
    if (notAscii.test(line)) throw new InvalidAnswer(`its ${name} is not in ASCII`);
    const lower = name.toLowerCase();
    if (lower === 'content-length') {
      if (length !== undefined) throw new InvalidAnswer('it has two lengths');
      length = value;
    } else if (lower === 'transfer-encoding') {
      coding = coding === undefined ? value : `${coding}, ${value}`;
    } else if (lower === 'connection') connection += `,${value.toLowerCase()},`;
    else keepsMs = hintOf(value) ?? keepsMs;
  }
  const framing = framingOf(status, length, coding);
  const says = (word: string): boolean => connection.replace(/[\t ]/g, '').includes(`,${word},`);
  // HTTP/1.0 has no transfer codings (RFC 9112, 6.1), and these statuses no body: whoever says otherwise may mean another end than we.
  const isFaulty = minor === '0' ? coding !== undefined : isBodiless(status) && saysBody(length, coding);
  const keeps =
    framing !== 'until end' && !isFaulty && !says('close') && (minor === '1' || says('keep-alive'));
  return { status, headers, framing, keeps, keepsMs };
}

const framingNames: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
]);

/** Whether a header says where the answer ends, or the connection. */
function isFraming(name: string): boolean {
  const { length } = name;
  // Most others are told apart by that alone.
  return (length === 10 || length === 14 || length === 17) && framingNames.has(name.toLowerCase());
}

/** These have no body, whatever they say (RFC 9110, 6.4.1). */
const isBodiless = (status: number): boolean => status < 200 || status === 204 || status === 304;

const saysBody = (length: string | undefined, coding: string | undefined): boolean =>
  coding !== undefined || (length !== undefined && Number(length) > 0);

function framingOf(status: number, length: string | undefined, coding: string | undefined): Framing {
  if (coding !== undefined && length !== undefined) {
    throw new InvalidAnswer('it has a length and a transfer coding');
  }
  if (length !== undefined && !/^\d{1,15}$/.test(length)) {
    throw new InvalidAnswer('its length is no number');
  }
  if (isBodiless(status)) return 0;
  if (coding !== undefined) return /(^|,)[\t ]*chunked$/i.test(coding) ? 'chunks' : 'until end';
  return length === undefined ? 'until end' : Number(length);
}

function hintOf(value: string): number | undefined {
  const [, seconds] = timeoutHint.exec(value) ?? [];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}
