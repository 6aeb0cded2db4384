import type { Endpoint } from '../store/endpoints.ts';
import type { CertificateView } from '../wire/pem.ts';
import { type Cell, sheet, table } from './output.ts';

export const listOf = (endpoints: readonly Endpoint[]): string =>
  table(endpoints, columnsFor(endpoints), 'There are no endpoints.');

const columnsFor = (rows: readonly Endpoint[]) => ({
  id: (row: Endpoint) => row.id,
  state: stateOf,
  ...(rows.some((row) => healthOf(row) !== '') ? { health: healthOf } : {}),
  signed: (row: Endpoint) => (row.hasSecret ? 'yes' : 'no'),
  ...(rows.some((row) => row.tenant !== null) ? { tenant: (row: Endpoint) => row.tenant } : {}),
  events: (row: Endpoint) => row.events.join(','),
  url: (row: Endpoint) => row.url,
  description: (row: Endpoint) => row.description,
});

const stateOf = ({ state, disabledReason }: Endpoint): string =>
  disabledReason === null ? state : `${state} (${disabledReason})`;

/** In a few words what is not well, the most important first; nothing where all is well. */
function healthOf({ health }: Endpoint): string {
  if (health.pausedUntil) return 'asked for a pause';
  if (health.openUntil) return 'failing, probed';
  if (health.throttle !== null) return 'throttled';
  return health.failures > 0 ? 'failing' : '';
}

/** All of an endpoint that people may see: of its settings those that are its own. */
export function describe(endpoint: Endpoint): string {
  const { health } = endpoint;
  const optional: ReadonlyArray<readonly [string, Cell, boolean]> = [
    ['  since', endpoint.stateSince, endpoint.stateSince !== null],
    ['failing since', health.failingSince, health.failures > 0],
    ['  failures', health.failures, health.failures > 0],
    ['  next probe', health.openUntil, health.openUntil !== null],
    ['asked for a pause until', health.pausedUntil, health.pausedUntil !== null],
    ['throttled to', `${health.throttle} a second`, health.throttle !== null],
  ];
  const settings: ReadonlyArray<readonly [string, Cell, boolean]> = [
    ['concurrency', endpoint.concurrency, endpoint.concurrency !== null],
    ['rate', `${endpoint.rate} a second`, endpoint.rate !== null],
    ['timeout', `${endpoint.timeoutMs} ms`, endpoint.timeoutMs !== null],
    ['schedule', scheduleText(endpoint.schedule), endpoint.schedule !== null],
    ['ordering', endpoint.ordering, endpoint.ordering !== 'none'],
    ['headers', headersText(endpoint.headers), endpoint.headers.length > 0],
    ['client certificate', certificateText(endpoint.clientCertificate), endpoint.clientCertificate !== null],
    ['CA', endpoint.ca?.map(certificateText).join('; '), endpoint.ca !== null],
    ['proxy', endpoint.proxy, endpoint.proxy !== null],
  ];
  const present = (rows: typeof optional) =>
    rows.filter(([, , is]) => is).map(([name, value]) => [name, value] as const);
  return sheet([
    ['endpoint', endpoint.id],
    ['url', endpoint.url],
    ['events', endpoint.events.join(', ')],
    ['dialect', endpoint.dialect],
    ['tenant', endpoint.tenant],
    ['state', stateOf(endpoint)],
    ...present(optional),
    ['signed', endpoint.hasSecret ? 'yes' : 'no'],
    ...present(settings),
    ['description', endpoint.description],
    ['created', endpoint.createdAt],
    ['updated', endpoint.updatedAt],
  ]);
}

const headersText = (headers: Endpoint['headers']): string =>
  typeof headers === 'string' ? headers : `${headers.join(', ')} (values are not shown)`;

const certificateText = (certificate: CertificateView | null): string =>
  certificate === null ? '' : `${certificate.subject}, expires ${certificate.expiresAt.toISOString()}`;

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** As `--schedule` takes it. */
function scheduleText(schedule: readonly number[] | null): string {
  if (!schedule || schedule.length === 0) return 'none';
  return schedule
    .map((ms) => {
      const [unit, size] = units.find(([, each]) => ms % each === 0) ?? ['ms', 1];
      return `${ms / size}${unit}`;
    })
    .join(',');
}
