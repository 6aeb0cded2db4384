import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { listAudit } from '../../store/audit.ts';
import { answer } from '../http/documented.ts';
import type { AdminEnv, AdminParts } from '../http/parts.ts';
import { auditFilter, auditPage } from '../shapes/bulk.ts';

/** Who changed what. */
export function auditRoutes(api: OpenAPIHono<AdminEnv>, { db }: AdminParts): void {
  api.openapi(
    createRoute({
      operationId: 'listAudit',
      method: 'get',
      path: '/audit',
      summary: 'Who changed what through this API, the newest first.',
      tags: ['audit'],
      request: { query: auditFilter },
      responses: { 200: answer(auditPage, 'A page of it; `next` is the `before` of the one that follows.') },
    }),
    async (c) => {
      const { endpoint, limit, before } = c.req.valid('query');
      // One more than is shown: whether there is a next page is known then.
      const found = await listAudit(db, { endpointId: endpoint, before, limit: limit + 1 });
      const entries = found.slice(0, limit).map((entry) => ({ ...entry, at: entry.at.toISOString() }));
      return c.json({ entries, next: found.length > limit ? (entries.at(-1)?.id ?? null) : null }, 200);
    },
  );
}
