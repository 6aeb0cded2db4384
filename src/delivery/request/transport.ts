import { createSecureContext, DEFAULT_CIPHERS, type SecureContext } from 'node:tls';
import { type Destination, destinationOf } from '../guard/guard.ts';
import type { Sessions, TlsSettings } from './sockets.ts';

/** How an endpoint is connected to, where that is not as usual: the texts as a person gave them, opened. */
export interface Transport {
  /** PEM: what the receiver is shown of us (mTLS). */
  readonly clientCertificate: string | null;
  /** PEM: the key of the client certificate. */
  readonly clientKey: string | null;
  /** PEM: who may have signed the receiver's certificate, instead of the authorities that the system trusts. */
  readonly ca: string | null;
  /** `http://user:password@proxy.example:3128`: what requests go through. */
  readonly proxy: string | null;
}

export interface ProxySettings {
  readonly origin: string;
  /** Is spoken to by https. */
  readonly https: boolean;
  /** As the guard is asked for it: secure, as what goes through it is judged apart. */
  readonly destination: Destination;
  /** The value of `proxy-authorization`. */
  readonly authorization: string | undefined;
}

/** A transport that connections can be made with. Those of one never serve another. */
export interface PreparedTransport {
  /** Tells transports apart within this process. */
  readonly key: string;
  readonly proxy: ProxySettings | undefined;
  /** Made when it is first needed: reading certificates takes a while. */
  tls(): TlsSettings;
}

export interface Transports {
  /** That of endpoints without settings of their own. */
  readonly usual: PreparedTransport;
  /** The same one for the same texts, or why there is none: a clause without secrets. */
  of(transport: Transport | undefined): PreparedTransport | { readonly problem: string };
}

/** What is kept of those that were used last, for all endpoints that have one. */
const transportsMax = 500;
/** Over all transports. */
const sessionsMax = 1_000;
/** Usual ones have up to 4 kB. A ticket in it, which the receiver makes, may have 64. */
const sessionMaxBytes = 8_192;
/**
 * Without finite-field Diffie-Hellman, whose size the receiver chooses: with 8,192 bits a handshake takes a quarter of a second of the
 * thread that does everything (invariant 7). TLS 1.3 has fixed groups, which are cheap.
 */
const ciphers = `${DEFAULT_CIPHERS}:!DHE`;

export function createTransports(): Transports {
  const sessions = createSessions();
  const usual: PreparedTransport = {
    key: '',
    proxy: undefined,
    tls: once(() => createSecureContext({ ciphers }), sessions),
  };
  const others = new Map<string, PreparedTransport>();
  let made = 0;
  return {
    usual,
    of(transport) {
      if (!transport) return usual;
      const { clientCertificate, clientKey, ca, proxy } = transport;
      if (clientCertificate === null && clientKey === null && ca === null && proxy === null) return usual;
      const texts = JSON.stringify([clientCertificate, clientKey, ca, proxy]);
      const known = others.get(texts);
      // The one that was used last goes to the end; the first one goes.
      others.delete(texts);
      made += 1;
      const prepared = known ?? prepare(transport, `transport ${made} `, sessions);
      if ('problem' in prepared) return prepared;
      others.set(texts, prepared);
      const [oldest] = others.size > transportsMax ? others.keys() : [];
      if (oldest !== undefined) others.delete(oldest);
      return prepared;
    },
  };
}

function prepare(
  { clientCertificate, clientKey, ca, proxy }: Transport,
  key: string,
  sessions: Sessions,
): PreparedTransport | { readonly problem: string } {
  if ((clientCertificate === null) !== (clientKey === null)) {
    return { problem: 'there is a client certificate without its key, or a key without its certificate' };
  }
  let secureContext: SecureContext;
  try {
    secureContext = createSecureContext({
      ciphers,
      ...(clientCertificate !== null && { cert: clientCertificate }),
      ...(clientKey !== null && { key: clientKey }),
      ...(ca !== null && { ca }),
    });
  } catch (error) {
    // Of OpenSSL: "PEM routines::no start line".
    return {
      problem: `the client certificate, its key or the CA cannot be read: ${(error as Error).message}`,
    };
  }
  const through = proxy === null ? undefined : readProxy(proxy);
  if (through && 'problem' in through) return through;
  return { key, proxy: through, tls: once(() => secureContext, ofOne(sessions, key)) };
}

function readProxy(text: string): ProxySettings | { readonly problem: string } {
  // Nothing of the text is repeated: there may be a password in it.
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) return { problem: 'the proxy is no http or https URL' };
  try {
    const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    const credentials = Buffer.from(`${user}:${password}`).toString('base64');
    return {
      origin: url.origin,
      https: url.protocol === 'https:',
      destination: { ...destinationOf(url), secure: true },
      authorization: url.username || url.password ? `Basic ${credentials}` : undefined,
    };
  } catch {
    return { problem: 'the user name or the password of the proxy is not percent-encoded UTF-8' };
  }
}

function once(make: () => SecureContext, sessions: Sessions): () => TlsSettings {
  let settings: TlsSettings | undefined;
  return () => {
    settings ??= { secureContext: make(), sessions };
    return settings;
  };
}

/** What one transport has been shown, no other one may rely on. */
function ofOne(sessions: Sessions, transport: string): Sessions {
  return {
    get: (key) => sessions.get(transport + key),
    set: (key, session) => sessions.set(transport + key, session),
  };
}

function createSessions(): Sessions {
  const sessions = new Map<string, Buffer>();
  return {
    get: (key) => sessions.get(key),
    set(key, session) {
      sessions.delete(key);
      if (session.length > sessionMaxBytes) return;
      sessions.set(key, session);
      const [oldest] = sessions.size > sessionsMax ? sessions.keys() : [];
      if (oldest !== undefined) sessions.delete(oldest);
    },
  };
}
