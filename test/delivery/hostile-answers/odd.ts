import { gzipSync } from 'node:zlib';
import { chunked, drips, type HostileAnswer, leaves, ok, okWithBody, says } from './ways.ts';

const bomb = gzipSync(Buffer.alloc(10_000_000));

/** Unusual, and answers all the same. */
export const oddAnswers: readonly HostileAnswer[] = [
  {
    what: 'an upgrade that it does not make',
    answer: leaves(`${ok}Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nok`),
    status: 200,
    body: 'ok',
  },
  {
    what: 'HTTP/1.0 until the connection ends',
    answer: says('HTTP/1.0 200 OK\r\n\r\nold'),
    status: 200,
    body: 'old',
  },
  {
    what: 'HTTP/1.0 that keeps the connection',
    answer: leaves('HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nold'),
    status: 200,
    body: 'old',
  },
  {
    what: 'Connection: close',
    answer: leaves(`${ok}Connection: close\r\nContent-Length: 2\r\n\r\nok`),
    status: 200,
    body: 'ok',
  },
  {
    what: 'a 100 Continue that nobody asked for',
    answer: leaves(`HTTP/1.1 100 Continue\r\n\r\n${okWithBody}`),
    status: 200,
    body: 'ok',
  },
  {
    what: 'a 100 Continue and the answer, byte by byte',
    answer: drips('', `HTTP/1.1 100 Continue\r\nX-A: 1\r\n\r\nHTTP/1.0 100 C\r\n\r\n${okWithBody}`, {
      endless: false,
    }),
    status: 200,
    body: 'ok',
  },
  {
    what: 'several interim answers of all kinds',
    answer: leaves(
      `HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${okWithBody}`,
    ),
    status: 200,
    body: 'ok',
  },
  { what: 'empty lines before the answer', answer: leaves(`\r\n\r\n${okWithBody}`), status: 200, body: 'ok' },
  {
    what: 'no reason phrase',
    answer: leaves('HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok'),
    status: 200,
    body: 'ok',
  },
  {
    what: 'a status that is none',
    answer: leaves('HTTP/1.1 999 Denied\r\nContent-Length: 0\r\n\r\n'),
    status: 999,
    body: '',
  },
  {
    what: 'a body of NULs',
    answer: leaves(`${ok}Content-Length: 4\r\n\r\na\0\0b`),
    status: 200,
    body: 'a\0\0b',
  },
  {
    what: 'a body that is not UTF-8',
    answer: leaves(`${ok}Content-Length: 4\r\n\r\n\xff\xfe\xc3\x28`),
    status: 200,
    body: Buffer.from([0xff, 0xfe, 0xc3, 0x28]),
  },
  {
    what: 'a gzip bomb',
    answer: leaves(
      Buffer.concat([
        Buffer.from(`${ok}Content-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`),
        bomb,
      ]),
    ),
    status: 200,
    body: bomb,
  },
  {
    what: 'a body that a 204 must not have',
    answer: leaves('HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello'),
    status: 204,
    body: '',
  },
  {
    what: 'a second answer behind the first',
    answer: leaves(`${okWithBody}HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n`),
    status: 200,
    body: 'ok',
  },
  { what: 'trailers', answer: leaves(`${chunked}2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n`), status: 200, body: 'ok' },
  {
    what: 'a chunk extension',
    answer: leaves(`${chunked}2;a=b\r\nok\r\n0\r\n\r\n`),
    status: 200,
    body: 'ok',
  },
  {
    what: 'a keep-alive of a million years',
    answer: leaves(`${ok}Keep-Alive: timeout=31536000000000\r\nContent-Length: 0\r\n\r\n`),
    status: 200,
    body: '',
  },
  {
    what: '200 headers',
    answer: leaves(`${ok}${'X-A: 1\r\n'.repeat(199)}Content-Length: 0\r\n\r\n`),
    status: 200,
    body: '',
  },
];
