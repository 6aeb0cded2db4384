import type { Dialect } from './dialect.ts';
import { defaultRetryDelayMs } from './schedule.ts';
import { newStandardSecret, standardSecretProblem } from './standard-secret.ts';
import { standardHeaders, verifyStandard } from './standard-signature.ts';

/** Standard Webhooks 1.0.0 (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md). */
export const standard: Dialect = {
  name: 'standard',
  requiresTls: false,

  // The payload goes in as it is stored: parsed and written again, its numbers would change.
  body: ({ name, payload, changedAt }) =>
    `{"type":${JSON.stringify(name)},"timestamp":"${changedAt.toISOString()}","data":${payload}}`,

  ping: (endpoint, timestamp) =>
    JSON.stringify({
      id: endpoint.id,
      url: endpoint.url,
      events: endpoint.events,
      active: endpoint.active,
      created_at: timestamp(endpoint.createdAt),
      updated_at: timestamp(endpoint.updatedAt),
    }),

  headers: (message) => [
    ['Content-Type', 'application/json'],
    ['User-Agent', 'rowhook'],
    ...standardHeaders(message),
    ...(message.requestId === null ? [] : ([['Request-Id', message.requestId]] as const)),
  ],

  succeeded: (status) => status >= 200 && status <= 299,
  retryDelayMs: defaultRetryDelayMs,
  spreadsRetries: true,
  overlapsSecrets: true,
  heedsReceiver: true,

  // Receivers verify every request: what is not signed, they all refuse.
  secretProblem: (secret) =>
    secret === null ? 'is missing: it signs everything' : standardSecretProblem(secret),
  newSecret: newStandardSecret,

  verify(received) {
    const verified = verifyStandard(received);
    return verified.ok ? { ...verified, event: typeOf(received.body) } : verified;
  },
};

function typeOf(body: Uint8Array): string | undefined {
  try {
    const { type } = JSON.parse(Buffer.from(body).toString()) as { type?: unknown };
    return typeof type === 'string' ? type : undefined;
  } catch {
    return undefined;
  }
}
