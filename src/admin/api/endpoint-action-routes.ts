import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { RowhookError } from '../../errors.ts';
import { appendAudit } from '../../store/audit.ts';
import { endpointHeld } from '../../store/endpoint-list.ts';
import { disableEndpoint, pauseEndpoint, resumeEndpoint } from '../../store/endpoint-state.ts';
import { type Endpoint, getEndpoint } from '../../store/endpoints.ts';
import { pingEndpoint } from '../../store/ping.ts';
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
import { shownEndpoint } from './shown-endpoint.ts';

const params = z.object({ id });
const tags = ['endpoints'];

const ping = createRoute({
  operationId: 'pingEndpoint',
  method: 'post',
  path: '/endpoints/{id}/ping',
  summary: 'Sends it a ping now, beside whatever waits. It is a delivery like any other.',
  tags,
  request: { params },
  responses: { 202: answer(shapes.pinged, 'The delivery that was made.'), ...problems(404, 409) },
});

const pause = createRoute({
  operationId: 'pauseEndpoint',
  method: 'post',
  path: '/endpoints/{id}/pause',
  summary: 'Holds its deliveries; it goes on getting new ones, which are held too.',
  tags,
  request: { params, headers: ifMatch },
  responses: { 200: versionedAnswer(shapes.endpoint, 'As it is now.'), ...problems(404, 412) },
});

const disable = createRoute({
  operationId: 'disableEndpoint',
  method: 'post',
  path: '/endpoints/{id}/disable',
  summary: 'Holds its deliveries, and gives it no new ones.',
  tags,
  request: { params, headers: ifMatch },
  responses: { 200: versionedAnswer(shapes.endpoint, 'As it is now.'), ...problems(404, 412) },
});

const resume = createRoute({
  operationId: 'resumeEndpoint',
  method: 'post',
  path: '/endpoints/{id}/resume',
  summary: 'Lets one go on that is paused or disabled, or that waits because its receiver failed.',
  description: 'Where dropping breaks off, the endpoint stays held with the rest: say it again.',
  tags,
  request: { params, headers: ifMatch, body: jsonBody(shapes.resume) },
  responses: { 200: versionedAnswer(shapes.resumed, 'As it is now.'), ...problems(404, 412) },
});

const held = createRoute({
  operationId: 'getHeld',
  method: 'get',
  path: '/endpoints/{id}/held',
  summary: 'What is queued for it: what a delete, or a resume that drops, would take along.',
  tags,
  request: { params },
  responses: { 200: answer(shapes.held, 'Each counted up to 100,000.'), ...problems(404) },
});

export function endpointActionRoutes(api: OpenAPIHono<AdminEnv>, parts: AdminParts): void {
  const { db, catalog, sealer } = parts;

  api.openapi(ping, async (c) => {
    const { id: endpointId } = c.req.valid('param');
    const deliveryId = await audited(parts, c, 'endpoint_ping', { endpointId }, async (tx) => {
      const value = await pingEndpoint(tx, catalog, endpointId);
      return { value, target: value };
    });
    return c.json({ deliveryId }, 202);
  });

  for (const [route, action, work] of [
    [pause, 'endpoint_pause', pauseEndpoint],
    [disable, 'endpoint_disable', disableEndpoint],
  ] as const) {
    api.openapi(route, async (c) => {
      const { id: endpointId } = c.req.valid('param');
      const ifVersion = matchedVersion(c, { required: false });
      const endpoint = await audited(parts, c, action, { endpointId }, async (tx) => {
        const before = await getEndpoint(tx, endpointId, { sealer });
        const value = await work(tx, endpointId, { sealer, ifVersion });
        return { value, detail: { before: before.state, after: value.state } };
      });
      const shown = await shownEndpoint(parts, endpoint);
      c.header('etag', etagOf(shown.version));
      return c.json(shown, 200);
    });
  }

  api.openapi(resume, async (c) => {
    const { id: endpointId } = c.req.valid('param');
    const ifVersion = matchedVersion(c, { required: false });
    const { held: what } = c.req.valid('json');
    const { endpoint, dropped } =
      what === 'drop'
        ? await resumeDropping(parts, { actor: c.var.user.name, endpointId, ifVersion })
        : await audited(parts, c, 'endpoint_resume', { endpointId }, async (tx) => {
            const before = await getEndpoint(tx, endpointId, { sealer });
            const value = await resumeEndpoint(tx, endpointId, { held: 'deliver', sealer, ifVersion });
            return { value, detail: { before: before.state, held: what } };
          });
    const shown = await shownEndpoint(parts, endpoint);
    c.header('etag', etagOf(shown.version));
    return c.json({ endpoint: shown, dropped }, 200);
  });

  api.openapi(held, async (c) => {
    const { id: endpointId } = c.req.valid('param');
    await getEndpoint(db, endpointId, { sealer });
    return c.json(await endpointHeld(db, endpointId), 200);
  });
}

/**
 * Batches of statements, which no transaction holds together: a backlog of millions would be locked for as long as it takes. The trail says
 * what was dropped also where it breaks off.
 */
async function resumeDropping(
  { db, sealer }: AdminParts,
  about: { readonly actor: string; readonly endpointId: string; readonly ifVersion: string | undefined },
): Promise<{ readonly endpoint: Endpoint; readonly dropped: number }> {
  const { actor, endpointId, ifVersion } = about;
  const note = (detail: Readonly<Record<string, unknown>>) =>
    appendAudit(db, { actor, action: 'endpoint_resume', endpointId, detail: { held: 'drop', ...detail } });
  const before = await getEndpoint(db, endpointId, { sealer });
  let dropped = 0;
  try {
    const resumed = await resumeEndpoint(db, endpointId, {
      held: 'drop',
      sealer,
      ifVersion,
      onDropped: (count) => {
        dropped = count;
      },
    });
    await note({ before: before.state, dropped });
    return resumed;
  } catch (error) {
    const brokenOffBy = error instanceof RowhookError ? error.code : 'unexpected';
    if (dropped > 0) await note({ before: before.state, dropped, brokenOffBy });
    throw error;
  }
}
