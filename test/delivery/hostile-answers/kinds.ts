import type { Socket } from 'node:net';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { authority, elsewhere, expired, server as localhost, stranger } from '../certificates.ts';
import { brokenAnswers } from './broken.ts';
import { largeAnswers } from './large.ts';
import { oddAnswers } from './odd.ts';
import { slowAnswers } from './slow.ts';
import { leaves, okWithBody, says } from './ways.ts';

/** A receiver that misbehaves in one way, and what its attempts must say of it. */
export interface HostileKind {
  readonly what: string;
  readonly answer: (socket: Socket, chunk: Buffer) => void;
  /** Any of these. */
  readonly reasons: readonly string[];
  /** What the receiver speaks; default: plain TCP. */
  readonly tls?: TlsOptions;
  /** What the endpoint's URL says; default: https where the receiver speaks TLS. */
  readonly scheme?: 'http' | 'https';
  /** Whom the endpoint trusts. */
  readonly ca?: string;
  readonly timeoutMs?: number;
}

const answers: readonly HostileKind[] = [
  ...brokenAnswers,
  ...largeAnswers,
  ...oddAnswers,
  ...slowAnswers,
].map(({ what, answer, reason, status = 200, timeoutMs }) => ({
  what,
  answer,
  reasons: [reason ?? (status < 300 ? 'success' : `http_${status}`)],
  // Those that wait for a deadline go one at a time: the shortest that there is.
  ...(timeoutMs === undefined ? {} : { timeoutMs: 100 }),
}));

const notOurs = { tls: localhost, ca: authority, reasons: ['tls_failed'], answer: leaves(okWithBody) };
const handshakes: readonly HostileKind[] = [
  { ...notOurs, what: 'has a certificate whose time is over', tls: expired },
  { ...notOurs, what: 'has a certificate for another name', tls: elsewhere },
  { ...notOurs, what: 'has a certificate of another authority', ca: stranger },
  { ...notOurs, what: 'speaks HTTP/2 alone', tls: { ...localhost, ALPNProtocols: ['h2'] } },
  {
    ...notOurs,
    what: 'speaks TLS 1.1 alone',
    tls: { ...localhost, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL@SECLEVEL=0' },
  },
  {
    ...notOurs,
    what: 'wants one handshake after the other',
    tls: { ...localhost, maxVersion: 'TLSv1.2' },
    answer: (socket) => {
      const again = (): unknown =>
        (socket as TLSSocket).renegotiate({}, (error) => error ?? setImmediate(again));
      again();
    },
  },
  {
    what: 'speaks TLS where http is expected',
    answer: () => {},
    tls: localhost,
    scheme: 'http',
    reasons: ['invalid_response', 'connection_reset'],
  },
  ...[
    ['speaks plain HTTP where TLS is expected', says('HTTP/1.1 400 Bad Request\r\n\r\n'), 'tls_failed'],
    ['speaks garbage where TLS is expected', says('\x16\x03\x03\xff\xff garbage'), 'tls_failed'],
    ['answers a handshake with an alert', says('\x15\x03\x03\x00\x02\x02\x28'), 'tls_failed'],
    ['closes in the handshake', (socket: Socket) => socket.end(), 'connection_reset'],
  ].map(
    ([what, answer, reason]) =>
      ({ what, answer, scheme: 'https', ca: authority, reasons: [reason] }) as HostileKind,
  ),
];

const redirects: readonly HostileKind[] = [301, 302, 307, 308].map((status) => ({
  what: `sends elsewhere with ${status}`,
  answer: leaves(
    `HTTP/1.1 ${status} Elsewhere\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n`,
  ),
  reasons: ['redirect'],
}));

/** Every way to misbehave that there is a test of. */
export const hostileKinds: readonly HostileKind[] = [...answers, ...handshakes, ...redirects];
