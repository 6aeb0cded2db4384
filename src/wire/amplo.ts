import type { Dialect } from './dialect.ts';
import { defaultRetryDelayMs } from './schedule.ts';
import { newStandardSecret, standardSecretProblem } from './standard-secret.ts';
import { standardHeaders, verifyStandard } from './standard-signature.ts';

/** Amplo's callbacks: over TLS, the JSON:API document and nothing about it; taken by exactly 200. */
export const amplo: Dialect = {
  name: 'amplo',
  requiresTls: true,
  body: ({ payload }) => payload,
  ping: () => undefined,
  headers: (message) => [['Content-Type', 'application/json'], ...standardHeaders(message)],
  succeeded: (status) => status === 200,
  retryDelayMs: defaultRetryDelayMs,
  spreadsRetries: true,
  overlapsSecrets: true,
  heedsReceiver: true,
  secretProblem: (secret) => (secret === null ? undefined : standardSecretProblem(secret)),
  newSecret: newStandardSecret,
  verify: (received) => verifyStandard(received),
};
