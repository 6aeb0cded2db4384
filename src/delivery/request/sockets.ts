import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type SecureContext } from 'node:tls';
import type { Destination, Guard } from '../guard/guard.ts';

/** TLS sessions by host and port, for a shorter handshake of later connections. */
export interface Sessions {
  get(key: string): Buffer | undefined;
  set(key: string, session: Buffer): void;
}

/** How the other side shows who it is, and we do. */
export interface TlsSettings {
  readonly secureContext: SecureContext;
  readonly sessions: Sessions;
}

/** Before the next address of a name is tried beside it (RFC 8305, there 250 ms: too little for another continent). */
const nextAddressAfterMs = 1_000;
const keepAliveProbeAfterMs = 60_000;
/** Until TLS 1.2 a receiver may ask for another one at any time, as some do to see a client certificate; or thousands a second. */
const handshakesMax = 3;

/**
 * A socket on its way to a destination, over TCP, and TLS where there are settings for it. It emits `lookup`, `connect` and `secureConnect`, or
 * `error`, and connects to nothing but what the guard gives. An address literal is never looked up: ask the guard before.
 */
export function startSocket(destination: Destination, guard: Guard, tls: TlsSettings | undefined): Socket {
  const { host, port } = destination;
  const where = {
    host,
    port,
    lookup: guard.lookup(destination),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: nextAddressAfterMs,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveProbeAfterMs,
  };
  return tls ? startTls(where, destination, tls) : connectTcp(where);
}

/** TLS with a destination over a connection that stands, such as the way through a proxy. */
export function startTlsOver(socket: Socket, destination: Destination, tls: TlsSettings): Socket {
  return startTls({ socket }, destination, tls);
}

function startTls(
  way: ConnectionOptions,
  { host, port }: Destination,
  { secureContext, sessions }: TlsSettings,
): Socket {
  // A certificate is for the name without the dot at its end; for an address there is no name to send (RFC 6066, 3).
  const name = host.replace(/\.$/, '');
  const key = `${name}:${port}`;
  const session = sessions.get(key);
  const socket = connectTls({
    ...way,
    host,
    servername: isIP(name) ? '' : name,
    secureContext,
    ALPNProtocols: ['http/1.1'],
    ...(session && { session }),
  });
  socket.on('session', (fresh) => sessions.set(key, fresh));
  let handshakes = 0;
  socket.on('secureConnect', () => {
    handshakes += 1;
    if (handshakes <= handshakesMax) return;
    const message = `the other side asked for more than ${handshakesMax} TLS handshakes`;
    socket.destroy(Object.assign(new Error(message), { code: 'ERR_TLS_HANDSHAKES' }));
  });
  return socket;
}
