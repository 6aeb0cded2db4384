import { chunked, type HostileAnswer, leaves, ok, pours } from './ways.ts';

/** Far more than anybody would read. These are what could fill the memory. */
export const largeAnswers: readonly HostileAnswer[] = [
  { what: 'a body without end', answer: pours(`${ok}\r\n`, 'y'), status: 200, cut: true },
  {
    what: 'a body of a terabyte',
    answer: pours(`${ok}Content-Length: 1000000000000\r\n\r\n`, 'y'),
    status: 200,
    cut: true,
  },
  { what: 'chunks without end', answer: pours(chunked, '5\r\nhello\r\n'), status: 200, cut: true },
  { what: 'chunks of one byte without end', answer: pours(chunked, '1\r\ny\r\n'), status: 200, cut: true },
  {
    what: 'headers without end',
    answer: pours(ok, 'X-A: aaaaaaaaaaaaaaaaaaaa\r\n'),
    reason: 'invalid_response',
    detail: /header/i,
  },
  {
    what: 'one header without end',
    answer: pours(`${ok}X-A: `, 'a'),
    reason: 'invalid_response',
    detail: /header/i,
  },
  {
    what: 'the name of a header without end',
    answer: pours(`${ok}X`, 'a'),
    reason: 'invalid_response',
    detail: /header/i,
  },
  {
    what: 'a reason phrase without end',
    answer: pours('HTTP/1.1 200 ', 'a'),
    reason: 'invalid_response',
    detail: /headers are longer/,
  },
  {
    what: 'a chunk extension without end',
    answer: pours(`${chunked}5;`, 'a'),
    reason: 'invalid_response',
    status: 200,
    detail: /more than \d+ bytes/,
  },
  { what: 'a chunk size without end', answer: pours(chunked, '0'), reason: 'invalid_response', status: 200 },
  {
    what: 'trailers without end',
    answer: pours(`${chunked}0\r\n`, 'X-A: aaaaaaaaaaaaaaa\r\n'),
    reason: 'invalid_response',
    status: 200,
    detail: /header/i,
  },
  {
    what: 'interim answers without end',
    answer: pours('', 'HTTP/1.1 103 Early Hints\r\n\r\n'),
    reason: 'invalid_response',
    detail: /interim/,
  },
  {
    what: 'an interim answer without end',
    answer: pours('HTTP/1.1 100 Continue\r\n', 'X-A: a\r\n'),
    reason: 'invalid_response',
    detail: /headers are longer/,
  },
  {
    what: 'empty lines without end',
    answer: pours('', '\r\n'),
    reason: 'invalid_response',
    detail: /more than \d+ bytes/,
  },
  {
    what: 'thousands of small headers',
    answer: leaves(`${ok}${'A: 1\r\n'.repeat(2_000)}Content-Length: 0\r\n\r\n`),
    reason: 'invalid_response',
    status: 200,
    detail: /2001 headers/,
  },
  { what: 'garbage without end', answer: pours('', '\x00\xff\x13'), reason: 'invalid_response' },
];
