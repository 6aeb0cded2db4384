import { hiddenValue } from '../wire/custom-headers.ts';
import type { HeaderList } from '../wire/dialect.ts';
import type { Sent } from './request/exchange.ts';

/** What is shorter is no credential, and would be found everywhere. */
const shortest = 8;
/** Of a longer one this much is enough to find it, and all that is the same from there on is hidden: answers are cut, by receivers too. */
const beginning = 32;

/**
 * An answer as an attempt keeps it: without what we hide of the request. Receivers repeat it: the page that shows a developer what went wrong
 * has all headers, a redirect has the query. Found is what is repeated as it was, percent-decoded, or as a text in JSON.
 * @param asked the request: its URL in full, and the headers that the endpoint has of its own
 */
export function withoutEchoes<Answer extends Pick<Sent, 'responseHeaders' | 'responseBody' | 'responseCut'>>(
  answer: Answer,
  asked: { readonly url: string; readonly custom: HeaderList },
): Answer {
  // Most have neither.
  if (asked.custom.length === 0 && !asked.url.includes('?')) return answer;
  const values = hiddenIn(asked);
  if (values.length === 0) return answer;
  const without = hiding(values);
  // Latin 1 gives each byte a character, whatever the bytes are.
  const body = answer.responseBody && without(answer.responseBody.toString('latin1'));
  return {
    ...answer,
    responseHeaders: answer.responseHeaders?.map(([name, value]) => [name, without(value)] as const),
    responseBody:
      body === undefined
        ? undefined
        : Buffer.from(answer.responseCut ? withoutCutOne(body, values) : body, 'latin1'),
  };
}

/**
 * Takes the values out of a text, in one walk. The texts are the receiver's, and the values may be too: looking for each in full can take
 * its length for each character, which is seconds (invariant 7).
 */
function hiding(values: readonly string[]): (text: string) => string {
  const beginnings = new RegExp(values.map((value) => escaped(value.slice(0, beginning))).join('|'), 'g');
  return (text) => {
    let shown = '';
    let from = 0;
    beginnings.lastIndex = 0;
    for (let found = beginnings.exec(text); found; found = beginnings.exec(text)) {
      const { index } = found;
      shown += text.slice(from, index) + hiddenValue;
      from = index + Math.max(...values.map((value) => sameLength(value, text, index)));
      beginnings.lastIndex = from;
    }
    return shown + text.slice(from);
  };
}

/** How many characters a text has in common with a value, from a place on. */
function sameLength(value: string, text: string, at: number): number {
  let length = 0;
  while (length < value.length && value.charCodeAt(length) === text.charCodeAt(at + length)) length += 1;
  return length;
}

/** We cut the text, perhaps within a value. */
function withoutCutOne(text: string, values: readonly string[]): string {
  for (let length = beginning - 1; length >= shortest; length -= 1) {
    if (values.some((value) => text.endsWith(value.slice(0, length)))) {
      return text.slice(0, -length) + hiddenValue;
    }
  }
  return text;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** The longest first: one may be part of another. */
function hiddenIn({ url, custom }: { url: string; custom: HeaderList }): readonly string[] {
  const values = [
    ...custom
      .filter(([name]) => !/^accept/i.test(name))
      // `Bearer abc`: what stands behind the scheme is the secret.
      .flatMap(([, value]) => [value, value.replace(/^\S+\s+/, '')]),
    ...queryValues(url),
  ]
    .flatMap((value) => [value, JSON.stringify(value).slice(1, -1)])
    .filter((value) => value.length >= shortest)
    .map((value) => Buffer.from(value).toString('latin1'));
  return [...new Set(values)].sort((a, b) => b.length - a.length);
}

function queryValues(url: string): readonly string[] {
  if (!URL.canParse(url)) return [];
  const { search, searchParams } = new URL(url);
  const asWritten = search
    .slice(1)
    .split('&')
    .map((pair) => pair.slice(pair.indexOf('=') + 1));
  return [...asWritten, ...searchParams.values()];
}
