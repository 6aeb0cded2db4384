import type { EndpointListPage } from '../../store/endpoint-list.ts';
import type { Endpoint } from '../../store/endpoints.ts';
import type { CertificateView } from '../../wire/pem.ts';
import type { EndpointListView, EndpointView } from '../shapes/endpoint.ts';
import { standingOf } from './status-words.ts';
import { iso, isoOrNull } from './times.ts';

/**
 * An endpoint as the API shows it. Pure.
 * @param lastReason of its latest attempt, where that is known; it says why it fails
 */
export function endpointView(endpoint: Endpoint, lastReason: string | null, now: Date): EndpointView {
  const { health } = endpoint;
  const { status, since, words, until } = standingOf(endpoint, lastReason, now);
  return {
    id: endpoint.id,
    version: endpoint.version,
    url: endpoint.url,
    description: endpoint.description,
    events: [...endpoint.events],
    dialect: endpoint.dialect,
    tenant: endpoint.tenant,
    hasSecret: endpoint.hasSecret,
    status,
    statusSince: isoOrNull(since),
    statusWords: words,
    statusReason: reasonOf(status, health, lastReason),
    statusUntil: isoOrNull(until),
    disabledReason: endpoint.disabledReason,
    health: {
      failures: health.failures,
      failingSince: isoOrNull(health.failingSince),
      openUntil: isoOrNull(health.openUntil),
      pausedUntil: isoOrNull(health.pausedUntil),
      throttle: health.throttle,
    },
    concurrency: endpoint.concurrency,
    rate: endpoint.rate,
    timeoutMs: endpoint.timeoutMs,
    schedule: endpoint.schedule && [...endpoint.schedule],
    ordering: endpoint.ordering,
    headers: endpoint.headers === 'sealed' ? 'sealed' : [...endpoint.headers],
    clientCertificate: endpoint.clientCertificate && certificateView(endpoint.clientCertificate),
    ca: endpoint.ca?.map(certificateView) ?? null,
    proxy: endpoint.proxy,
    createdAt: iso(endpoint.createdAt),
    updatedAt: iso(endpoint.updatedAt),
  };
}

/** The reason code, where it is that which the words tell: a receiver that asks for less has given its own. */
function reasonOf(
  status: EndpointView['status'],
  { pausedUntil, throttle }: Endpoint['health'],
  lastReason: string | null,
): string | null {
  return status === 'failing' && !pausedUntil && throttle === null && lastReason !== 'success'
    ? lastReason
    : null;
}

const certificateView = ({ subject, issuer, expiresAt, fingerprint }: CertificateView) => ({
  subject,
  issuer,
  validUntil: iso(expiresAt),
  fingerprint,
});

/** A page of endpoints as the list shows them. Pure. @param reasons of those that fail, by id */
export function endpointListView(
  { endpoints, next, total }: EndpointListPage,
  reasons: ReadonlyMap<string, string>,
  now: Date,
): EndpointListView {
  const rows = endpoints.map((row) => ({
    ...endpointView(row, reasons.get(row.id) ?? null, now),
    lastDay: {
      succeeded: row.lastDay.succeeded,
      failed: row.lastDay.failed,
      hours: row.lastDay.hours.map(({ at, succeeded, failed }) => ({ at: iso(at), succeeded, failed })),
    },
    backlog: row.backlog,
    lastAttemptAt: isoOrNull(row.lastAttemptAt),
  }));
  return { endpoints: rows, next: next ?? null, total };
}
