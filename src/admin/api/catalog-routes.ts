import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { Catalog } from '../../catalog/types.ts';
import { dialectNamed, dialectNames } from '../../wire/dialects.ts';
import { answer } from '../http/documented.ts';
import type { AdminEnv, AdminParts } from '../http/parts.ts';
import { type CatalogView, catalog } from '../shapes/session.ts';

/** What can be subscribed to. */
export function catalogRoutes(api: OpenAPIHono<AdminEnv>, parts: AdminParts): void {
  // It changes with the program only.
  const view = catalogView(parts.catalog);
  api.openapi(
    createRoute({
      operationId: 'getCatalog',
      method: 'get',
      path: '/catalog',
      summary: 'Resources and their events, and the dialects that an endpoint may have.',
      tags: ['catalog'],
      responses: { 200: answer(catalog, 'The catalog.') },
    }),
    (c) => c.json(view, 200),
  );
}

/** A catalog as somebody sees it who makes an endpoint. Pure. */
export function catalogView({ name, dialect, resources, events }: Catalog): CatalogView {
  return {
    name,
    dialect,
    dialects: [...new Set([dialect, ...dialectNames])].map(dialectView),
    hasTenants: Object.values(resources).some(({ tenant }) => tenant !== undefined),
    resources: Object.keys(resources).map((resource) => ({
      name: resource,
      events: Object.keys(events).filter((event) => events[event]?.resource === resource),
    })),
  };
}

/** Whichever: whether it has a ping depends on the dialect alone. */
const anEndpoint = {
  id: '0',
  url: '',
  active: true,
  events: [],
  createdAt: new Date(0),
  updatedAt: new Date(0),
  deliveryCount: 0,
};

function dialectView(name: string): CatalogView['dialects'][number] {
  const { requiresTls, overlapsSecrets, secretProblem, retryDelayMs, ping } = dialectNamed(name);
  const schedule: number[] = [];
  for (let delay = retryDelayMs(1); delay !== undefined; delay = retryDelayMs(schedule.length + 1)) {
    schedule.push(delay);
  }
  return {
    name,
    requiresTls,
    requiresSecret: secretProblem(null) !== undefined,
    overlapsSecrets,
    hasPing: ping(anEndpoint, () => '') !== undefined,
    schedule,
  };
}
