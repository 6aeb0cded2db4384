import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import {
  type BulkScope,
  cancelBulkJob,
  countBulk,
  createBulkJob,
  listBulkJobs,
  showBulkJob,
} from '../../store/bulk-jobs.ts';
import { type AdminEnv, type AdminParts, answer, audited, jsonBody, problems } from '../http/app.ts';
import * as shapes from '../shapes/bulk.ts';
import { id } from '../shapes/common.ts';
import { bulkCountView, bulkView } from '../views/bulk-view.ts';
import { isoOrNull } from '../views/times.ts';

const params = z.object({ id });
const tags = ['bulk jobs'];

const count = createRoute({
  operationId: 'countBulkJob',
  method: 'post',
  path: '/bulk-jobs/count',
  summary: 'How many deliveries a bulk job would be about. Changes nothing.',
  tags,
  request: { body: jsonBody(shapes.bulkScope) },
  responses: { 200: answer(shapes.bulkCount, 'Counted up to 100,000.'), ...problems(404, 422) },
});

const create = createRoute({
  operationId: 'createBulkJob',
  method: 'post',
  path: '/bulk-jobs',
  summary: 'Redelivers everything of an endpoint that failed for good in a span of time.',
  description:
    'A running daemon does it, some hundred a second, and goes on after any restart. What has failed again since is not taken twice.',
  tags,
  request: { body: jsonBody(shapes.bulkScope) },
  responses: { 201: answer(shapes.bulkJobCreated, 'It is running.'), ...problems(404, 409, 422) },
});

const list = createRoute({
  operationId: 'listBulkJobs',
  method: 'get',
  path: '/bulk-jobs',
  summary: 'Bulk jobs, the newest first.',
  tags,
  request: { query: shapes.bulkFilter },
  responses: {
    200: answer(shapes.bulkJobs, 'A page of it; `next` is the `before` of the one that follows.'),
  },
});

const show = createRoute({
  operationId: 'getBulkJob',
  method: 'get',
  path: '/bulk-jobs/{id}',
  summary: 'How far a bulk job has come.',
  tags,
  request: { params },
  responses: { 200: answer(shapes.bulkJob, 'As it is now.'), ...problems(404) },
});

const cancel = createRoute({
  operationId: 'cancelBulkJob',
  method: 'post',
  path: '/bulk-jobs/{id}/cancel',
  summary: 'Ends it where it is. What it has put back stays in the queue; one that has ended stays as it is.',
  tags,
  request: { params },
  responses: { 200: answer(shapes.bulkJob, 'As it is now.'), ...problems(404) },
});

/** Redelivering all that failed at an endpoint. */
export function bulkRoutes(api: OpenAPIHono<AdminEnv>, parts: AdminParts): void {
  const { db } = parts;

  api.openapi(count, async (c) =>
    c.json(bulkCountView(await countBulk(db, scopeOf(c.req.valid('json')))), 200),
  );

  api.openapi(create, async (c) => {
    const scope = scopeOf(c.req.valid('json'));
    const job = await audited(parts, c, 'bulk_create', { endpointId: scope.endpointId }, async (tx) => {
      const value = await createBulkJob(tx, scope, c.var.user.name);
      const { since, until, total } = bulkView(value);
      return { value, target: value.id, detail: { since, until, total } };
    });
    return c.json({ ...bulkView(job), keptFrom: isoOrNull(job.keptFrom) }, 201);
  });

  api.openapi(list, async (c) => {
    const { endpoint, limit, before } = c.req.valid('query');
    const { jobs, next } = await listBulkJobs(db, { endpointId: endpoint, limit, before });
    return c.json({ jobs: jobs.map(bulkView), next: next ?? null }, 200);
  });

  api.openapi(show, async (c) => c.json(bulkView(await showBulkJob(db, c.req.valid('param').id)), 200));

  api.openapi(cancel, async (c) => {
    const { id: target } = c.req.valid('param');
    const job = await audited(parts, c, 'bulk_cancel', { target }, async (tx) => {
      const value = await cancelBulkJob(tx, target);
      const { state, done, skipped } = value;
      return { value, endpointId: value.endpointId, detail: { after: state, done, skipped } };
    });
    return c.json(bulkView(job), 200);
  });
}

const scopeOf = ({ endpointId, since, until }: z.infer<typeof shapes.bulkScope>): BulkScope => ({
  endpointId,
  since: new Date(since),
  until: until === undefined ? undefined : new Date(until),
});
