import { chunked, drips, type HostileAnswer, leaves, ok } from './ways.ts';

/** Until our patience ends. */
export const slowAnswers: readonly HostileAnswer[] = [
  { what: 'never answers', answer: () => {}, detail: /waiting for the answer/ },
  {
    what: 'drips its status line',
    answer: drips('HTTP/1.1 200 ', 'a', { endless: true }),
    detail: /waiting for the answer/,
  },
  {
    what: 'drips its headers',
    answer: drips(`${ok}X-A: `, 'a', { endless: true }),
    detail: /waiting for the answer/,
  },
  {
    what: 'drips its body',
    answer: drips(`${ok}Content-Length: 1000000\r\n\r\n`, 'a', { endless: true }),
    status: 200,
    detail: /reading the answer/,
  },
  {
    what: 'drips chunks',
    answer: drips(chunked, '1\r\na\r\n', { endless: true }),
    status: 200,
    detail: /reading the answer/,
  },
  {
    what: 'drips trailers',
    answer: drips(`${chunked}0\r\n`, 'X-A: a\r\n', { endless: true }),
    status: 200,
    detail: /reading the answer/,
  },
  {
    what: 'drips interim answers',
    answer: drips('', 'HTTP/1.1 103 Early Hints\r\n\r\n', { endless: true }),
    detail: /waiting for the answer/,
  },
  { what: 'stops within the headers', answer: leaves(`${ok}X-A: 1\r\n`), detail: /waiting for the answer/ },
  {
    what: 'stops within the body',
    answer: leaves(`${ok}Content-Length: 5\r\n\r\nabc`),
    status: 200,
    body: 'abc',
    detail: /reading the answer/,
  },
  {
    what: 'ends neither its body nor the connection',
    answer: leaves(`${ok}\r\nabc`),
    status: 200,
    body: 'abc',
    detail: /reading the answer/,
  },
].map((each) => ({ ...each, reason: 'timeout', timeoutMs: 250 }) as const);
