import { statusOf } from '../../store/endpoint-list.ts';
import type { Endpoint } from '../../store/endpoints.ts';
import { latestReasons } from '../../store/latest-reasons.ts';
import type { Queryable } from '../../store/sql.ts';
import type { AdminParts } from '../http/app.ts';
import type { EndpointView } from '../shapes/endpoint.ts';
import { endpointView } from '../views/endpoint-view.ts';

/** Why these endpoints fail, of those that do: by endpoint id. */
export function failureReasons(
  db: Queryable,
  endpoints: readonly Endpoint[],
): Promise<ReadonlyMap<string, string>> {
  const failing = endpoints.filter((endpoint) => statusOf(endpoint).status === 'failing');
  return latestReasons(
    db,
    failing.map(({ id }) => id),
  );
}

/** An endpoint as the API shows it, with why it fails where it does. */
export async function shownEndpoint(
  { db, now }: Pick<AdminParts, 'db' | 'now'>,
  endpoint: Endpoint,
): Promise<EndpointView> {
  const reasons = await failureReasons(db, [endpoint]);
  return endpointView(endpoint, reasons.get(endpoint.id) ?? null, now());
}
