import type { EndpointRowView } from '../../../src/admin/shapes/endpoint.ts';

/** An endpoint as the API shows it in its list; what is said of it is so, all else as of one that does well. */
export function anEndpoint(said: Partial<EndpointRowView> = {}): EndpointRowView {
  return {
    id: '1',
    version: '100',
    url: 'https://a.example/in',
    description: '',
    events: ['*'],
    dialect: null,
    tenant: null,
    hasSecret: true,
    status: 'active',
    statusSince: null,
    statusWords: null,
    statusReason: null,
    statusUntil: null,
    disabledReason: null,
    health: { failures: 0, failingSince: null, openUntil: null, pausedUntil: null, throttle: null },
    concurrency: null,
    rate: null,
    timeoutMs: null,
    schedule: null,
    ordering: 'none',
    headers: [],
    clientCertificate: null,
    ca: null,
    proxy: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    lastDay: { succeeded: 0, failed: 0, hours: [] },
    backlog: { count: 0, atLeast: false },
    lastAttemptAt: null,
    ...said,
  };
}
