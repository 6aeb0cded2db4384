/**
 * Why no complete answer came, as stable words:
 *
 * - `timeout`: not all over within the deadline, from the lookup of the name to the last byte of the answer
 * - `connection_refused`, `unreachable`: nobody listens there, or no way leads there
 * - `connection_reset`: closed without an answer, or within one
 * - `dns_failed`: the name has no address
 * - `tls_failed`: no TLS, or a certificate that is not trusted
 * - `invalid_response`: the answer is not HTTP
 * - `proxy_failed`: the endpoint's proxy could not be reached, or did not open the way
 * - `transport_invalid`: the endpoint's certificate, key, authorities or proxy cannot be used; nothing was sent
 * - `blocked_address`: the guard does not let requests go to that address
 * - `https_required`: nor by plain http; `port_blocked`: nor to that port
 * - `invalid_request`: what was to be sent is no HTTP request; ours to mend
 * - `aborted`: we broke it off; not an attempt that counts
 * - `connection_failed`: anything else
 */
export type FailureReason =
  | 'timeout'
  | 'connection_refused'
  | 'unreachable'
  | 'connection_reset'
  | 'dns_failed'
  | 'tls_failed'
  | 'invalid_response'
  | 'proxy_failed'
  | 'transport_invalid'
  | 'blocked_address'
  | 'https_required'
  | 'port_blocked'
  | 'invalid_request'
  | 'aborted'
  | 'connection_failed';

export interface Failure {
  readonly reason: FailureReason;
  /** For people: at most 500 characters, without secrets. */
  readonly detail: string;
}

const byCode: Readonly<Record<string, FailureReason>> = {
  blocked_address: 'blocked_address',
  https_required: 'https_required',
  port_blocked: 'port_blocked',
  ETIMEDOUT: 'timeout',
  ECONNREFUSED: 'connection_refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  ECONNRESET: 'connection_reset',
  EPIPE: 'connection_reset',
  ECONNABORTED: 'connection_reset',
  EPROTO: 'tls_failed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls_failed',
  UNABLE_TO_GET_ISSUER_CERT: 'tls_failed',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls_failed',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls_failed',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls_failed',
  HOSTNAME_MISMATCH: 'tls_failed',
  INVALID_PURPOSE: 'tls_failed',
};

const byPrefix: ReadonlyArray<readonly [prefix: string, reason: FailureReason]> = [
  ['ERR_TLS_', 'tls_failed'],
  ['ERR_SSL_', 'tls_failed'],
  ['CERT_', 'tls_failed'],
  ['EAI_', 'dns_failed'],
];

/** Our own errors. */
const byName: Readonly<Record<string, FailureReason>> = {
  InvalidAnswer: 'invalid_response',
  InvalidRequest: 'invalid_request',
  NameUnresolved: 'dns_failed',
  ProxyFailed: 'proxy_failed',
};

/** What an error of a request means. Told by its code or name, never by its message. */
export function failureOf(error: unknown): Failure {
  const {
    name = '',
    code = '',
    syscall = '',
  } = (error ?? {}) as { name?: string; code?: string; syscall?: string };
  return { reason: reasonOf(name, code, syscall), detail: detailOf(error) };
}

function reasonOf(name: string, code: string, syscall: string): FailureReason {
  if (byName[name]) return byName[name];
  if (syscall === 'getaddrinfo') return 'dns_failed';
  return byCode[code] ?? byPrefix.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'connection_failed';
}

/** An attempt on several addresses fails with an AggregateError, whose own message is empty. */
function detailOf(error: unknown): string {
  const messages = error instanceof AggregateError ? error.errors.map(String) : [];
  const own = error instanceof Error ? error.message : String(error);
  return (own || messages.join('; ')).replaceAll('\0', '').slice(0, 500);
}
