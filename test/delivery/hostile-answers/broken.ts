import { chunked, type HostileAnswer, leaves, ok, says } from './ways.ts';

/** No complete answer of HTTP. */
export const brokenAnswers: readonly HostileAnswer[] = [
  {
    what: 'has a header whose name is not ASCII',
    answer: leaves(`${ok}X-Caf\xe9: no\r\nContent-Length: 0\r\n\r\n`),
    reason: 'invalid_response',
  },
  { what: 'closes without an answer', answer: (socket) => socket.end(), reason: 'connection_reset' },
  { what: 'resets the connection', answer: (socket) => socket.resetAndDestroy(), reason: 'connection_reset' },
  { what: 'closes within the status line', answer: says('HTTP/1.1 2'), reason: 'connection_reset' },
  { what: 'closes within the headers', answer: says(`${ok}X-A`), reason: 'connection_reset' },
  {
    what: 'closes behind a 100 Continue',
    answer: says('HTTP/1.1 100 Continue\r\n\r\n'),
    reason: 'connection_reset',
  },
  { what: 'closes within an interim answer', answer: says('HTTP/1.1 103 Early'), reason: 'connection_reset' },
  {
    what: 'closes within the body',
    answer: says(`${ok}Content-Length: 10\r\n\r\nabc`),
    reason: 'connection_reset',
    status: 200,
    body: 'abc',
  },
  {
    what: 'closes within a chunk',
    answer: says(`${chunked}10\r\nabc`),
    reason: 'connection_reset',
    status: 200,
    body: 'abc',
  },
  {
    what: 'closes before the last chunk',
    answer: says(`${chunked}3\r\nabc\r\n`),
    reason: 'connection_reset',
    status: 200,
    body: 'abc',
  },
  {
    what: 'resets within the body',
    answer: (socket) => socket.write(`${ok}Content-Length: 10\r\n\r\nabc`, () => socket.resetAndDestroy()),
    reason: 'connection_reset',
  },
  {
    what: 'greets like a mail server',
    answer: leaves('220 mail.example.net ESMTP\r\n'),
    reason: 'invalid_response',
  },
  {
    what: 'greets like an SSH server',
    answer: leaves('SSH-2.0-OpenSSH_9.6\r\n'),
    reason: 'invalid_response',
  },
  { what: 'answers in HTTP/0.9', answer: says('<html>hello</html>'), reason: 'invalid_response' },
  {
    what: 'answers in HTTP/2',
    answer: leaves('\0\0\x06\x04\0\0\0\0\0\0\x04\0\0\xff\xff'),
    reason: 'invalid_response',
  },
  {
    what: 'answers in HTTP/3.0',
    answer: leaves('HTTP/3.0 200 OK\r\nContent-Length: 0\r\n\r\n'),
    reason: 'invalid_response',
  },
  {
    what: 'answers with a request',
    answer: leaves('GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
    reason: 'invalid_response',
  },
  { what: 'answers in TLS', answer: leaves('\x15\x03\x01\0\x02\x02\x46'), reason: 'invalid_response' },
  {
    what: 'has the status 000',
    answer: leaves('HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n'),
    reason: 'invalid_response',
    detail: /000/,
  },
  {
    what: 'has the status 099',
    answer: leaves('HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n'),
    reason: 'invalid_response',
    detail: /099/,
  },
  {
    what: 'has a status of two digits',
    answer: leaves('HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n'),
    reason: 'invalid_response',
  },
  {
    what: 'has a status of four digits',
    answer: leaves('HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n'),
    reason: 'invalid_response',
  },
  {
    what: 'has a status in letters',
    answer: leaves('HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n'),
    reason: 'invalid_response',
  },
  {
    what: 'switches protocols',
    answer: leaves('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
    reason: 'invalid_response',
    detail: /101/,
  },
  {
    what: 'has a NUL in a header',
    answer: leaves(`${ok}X-A: a\0b\r\nContent-Length: 0\r\n\r\n`),
    reason: 'invalid_response',
  },
  {
    what: 'has a header without a colon',
    answer: leaves(`${ok}nothing\r\nContent-Length: 0\r\n\r\n`),
    reason: 'invalid_response',
  },
  {
    what: 'has a space before a colon',
    answer: leaves(`${ok}Content-Length : 0\r\n\r\n`),
    reason: 'invalid_response',
  },
  {
    what: 'has a lone line feed in a header',
    answer: leaves(`${ok}X-A: a\nX-B: b\r\nContent-Length: 0\r\n\r\n`),
    reason: 'invalid_response',
  },
  {
    what: 'has a negative length',
    answer: leaves(`${ok}Content-Length: -5\r\n\r\n`),
    reason: 'invalid_response',
  },
  {
    what: 'has a length of no number',
    answer: leaves(`${ok}Content-Length: 5 bytes\r\n\r\nhello`),
    reason: 'invalid_response',
  },
  {
    what: 'has a length beyond all numbers',
    answer: leaves(`${ok}Content-Length: 99999999999999999999999\r\n\r\n`),
    reason: 'invalid_response',
  },
  {
    what: 'has two lengths',
    answer: leaves(`${ok}Content-Length: 2\r\nContent-Length: 5\r\n\r\nhello`),
    reason: 'invalid_response',
  },
  {
    what: 'has a length and chunks',
    answer: leaves(`${ok}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
    reason: 'invalid_response',
  },
  {
    what: 'has a chunk size of no number',
    answer: leaves(`${chunked}zz\r\nhello\r\n0\r\n\r\n`),
    reason: 'invalid_response',
    status: 200,
  },
  {
    what: 'has a chunk size beyond all numbers',
    answer: leaves(`${chunked}fffffffffffffffff\r\nhello\r\n`),
    reason: 'invalid_response',
    status: 200,
  },
  {
    what: 'has a chunk that is longer than it says',
    answer: leaves(`${chunked}2\r\nhello\r\n0\r\n\r\n`),
    reason: 'invalid_response',
    status: 200,
  },
];
