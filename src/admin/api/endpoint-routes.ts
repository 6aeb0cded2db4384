import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { refuseUncallable } from '../../delivery/guard/callable.ts';
import { endpointList } from '../../store/endpoint-list.ts';
import { deleteEndpoint, getEndpoint, registerEndpoint, updateEndpoint } from '../../store/endpoints.ts';
import { newSecret } from '../../store/secrets.ts';
import type { EndpointInput } from '../../wire/endpoint-input.ts';
import {
  type AdminEnv,
  type AdminParts,
  answer,
  audited,
  etagOf,
  ifMatch,
  jsonBody,
  matchedVersion,
  problems,
  versionedAnswer,
} from '../http/app.ts';
import { id } from '../shapes/common.ts';
import * as shapes from '../shapes/endpoint.ts';
import { auditedChange, auditedEndpoint } from '../views/endpoint-changes.ts';
import { endpointListView } from '../views/endpoint-view.ts';
import { newHeaders, refuseDialect } from './endpoint-fields.ts';
import { failureReasons, shownEndpoint } from './shown-endpoint.ts';

const params = z.object({ id });

/** Its backlog goes along in one statement: millions take longer than other statements of the page may. A pool gives up after 30 s. */
const longerText = `
select set_config('statement_timeout', '25s', true) where current_setting('statement_timeout') <> '0'`;

const list = createRoute({
  operationId: 'listEndpoints',
  method: 'get',
  path: '/endpoints',
  summary: 'Endpoints, the oldest first, with how they did in the last day.',
  tags: ['endpoints'],
  request: { query: shapes.endpointFilter },
  responses: { 200: answer(shapes.endpointList, 'A page of them.') },
});

const show = createRoute({
  operationId: 'getEndpoint',
  method: 'get',
  path: '/endpoints/{id}',
  summary: 'One endpoint.',
  tags: ['endpoints'],
  request: { params },
  responses: { 200: versionedAnswer(shapes.endpoint, 'The endpoint.'), ...problems(404) },
});

const create = createRoute({
  operationId: 'createEndpoint',
  method: 'post',
  path: '/endpoints',
  summary: 'Registers an endpoint. Its first delivery is a ping, in dialects that have one.',
  tags: ['endpoints'],
  request: { body: jsonBody(shapes.endpointCreate) },
  responses: {
    201: versionedAnswer(
      shapes.endpointCreated,
      'The endpoint, with the secret that was made for it, which nothing will ever show again.',
    ),
    ...problems(422),
  },
});

const update = createRoute({
  operationId: 'updateEndpoint',
  method: 'patch',
  path: '/endpoints/{id}',
  summary: 'Changes what the body names, and leaves the rest.',
  tags: ['endpoints'],
  request: { params, headers: ifMatch, body: jsonBody(shapes.endpointPatch) },
  responses: { 200: versionedAnswer(shapes.endpoint, 'As it is now.'), ...problems(404, 409, 412, 422, 428) },
});

const remove = createRoute({
  operationId: 'deleteEndpoint',
  method: 'delete',
  path: '/endpoints/{id}',
  summary:
    'Deletes an endpoint and the deliveries that it still was to get. What it got stays in the history.',
  tags: ['endpoints'],
  request: { params, headers: ifMatch },
  responses: { 200: answer(shapes.deleted, 'How many deliveries were dropped.'), ...problems(404, 412, 428) },
});

export function endpointRoutes(api: OpenAPIHono<AdminEnv>, parts: AdminParts): void {
  const { db, catalog, sealer, allow, now } = parts;

  api.openapi(list, async (c) => {
    const page = await endpointList(db, { ...c.req.valid('query'), sealer });
    const reasons = await failureReasons(db, page.endpoints);
    return c.json(endpointListView(page, reasons, now()), 200);
  });

  api.openapi(show, async (c) => {
    const shown = await shownEndpoint(parts, await getEndpoint(db, c.req.valid('param').id, { sealer }));
    c.header('etag', etagOf(shown.version));
    return c.json(shown, 200);
  });

  api.openapi(create, async (c) => {
    const given = c.req.valid('json');
    const { secret: asked, headers, ...rest } = given;
    refuseDialect(rest.dialect);
    const made = asked === undefined ? newSecret(rest.dialect ?? catalog.dialect) : undefined;
    const input: EndpointInput = { ...rest, secret: made ?? asked ?? null, headers: newHeaders(headers) };
    refuseUncallable(input, allow);
    const { endpoint, pingId } = await audited(parts, c, 'endpoint_create', {}, async (tx) => {
      const value = await registerEndpoint(tx, catalog, input, { sealer });
      return { value, endpointId: value.endpoint.id, detail: auditedEndpoint(value.endpoint) };
    });
    const shown = await shownEndpoint(parts, endpoint);
    c.header('etag', etagOf(shown.version));
    return c.json({ endpoint: shown, secret: made ?? null, pingId }, 201);
  });

  api.openapi(update, async (c) => {
    const { id: endpointId } = c.req.valid('param');
    const patch = c.req.valid('json');
    const ifVersion = matchedVersion(c, { required: true });
    refuseDialect(patch.dialect);
    refuseUncallable(patch, allow);
    const endpoint = await audited(parts, c, 'endpoint_update', { endpointId }, async (tx) => {
      const before = await getEndpoint(tx, endpointId, { sealer });
      const after = await updateEndpoint(tx, catalog, endpointId, patch, { sealer, ifVersion });
      return { value: after, detail: auditedChange(before, after, patch) };
    });
    const shown = await shownEndpoint(parts, endpoint);
    c.header('etag', etagOf(shown.version));
    return c.json(shown, 200);
  });

  api.openapi(remove, async (c) => {
    const { id: endpointId } = c.req.valid('param');
    const ifVersion = matchedVersion(c, { required: true });
    const { dropped } = await audited(parts, c, 'endpoint_delete', { endpointId }, async (tx) => {
      const before = await getEndpoint(tx, endpointId, { sealer });
      await tx.query(longerText);
      const value = await deleteEndpoint(tx, endpointId, { ifVersion });
      return { value, detail: { ...auditedEndpoint(before), ...value } };
    });
    return c.json({ dropped }, 200);
  });
}
