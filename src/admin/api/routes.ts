import type { OpenAPIHono } from '@hono/zod-openapi';
import type { AdminEnv, AdminParts } from '../http/parts.ts';
import { auditRoutes } from './audit-routes.ts';
import { bulkRoutes } from './bulk-routes.ts';
import { catalogRoutes } from './catalog-routes.ts';
import { deliveryRoutes } from './delivery-routes.ts';
import { endpointActionRoutes } from './endpoint-action-routes.ts';
import { endpointRoutes } from './endpoint-routes.ts';
import { eventRoutes } from './event-routes.ts';
import { liveRoutes } from './live-routes.ts';
import { overviewRoutes } from './overview-routes.ts';
import { secretRoutes } from './secret-routes.ts';
import { storyRoutes } from './story-routes.ts';
import { urlRoutes } from './url-routes.ts';

type Routes = (api: OpenAPIHono<AdminEnv>, parts: AdminParts) => void;

/** Everything that the API has, but signing in: one line for each file of this folder. */
export const routes: readonly Routes[] = [
  endpointRoutes,
  endpointActionRoutes,
  secretRoutes,
  urlRoutes,
  deliveryRoutes,
  eventRoutes,
  storyRoutes,
  overviewRoutes,
  liveRoutes,
  catalogRoutes,
  auditRoutes,
  bulkRoutes,
];
