import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { rotateSecret } from '../../store/secrets.ts';
import {
  type AdminEnv,
  type AdminParts,
  audited,
  etagOf,
  ifMatch,
  jsonBody,
  matchedVersion,
  problems,
  versionedAnswer,
} from '../http/app.ts';
import { id } from '../shapes/common.ts';
import { secretRotate, secretRotated } from '../shapes/endpoint.ts';
import { shownEndpoint } from './shown-endpoint.ts';

const rotate = createRoute({
  operationId: 'rotateSecret',
  method: 'post',
  path: '/endpoints/{id}/rotate-secret',
  summary: 'Gives it a new secret; the old one signs beside it for a while, in dialects with room for both.',
  tags: ['endpoints'],
  request: { params: z.object({ id }), headers: ifMatch, body: jsonBody(secretRotate) },
  responses: {
    200: versionedAnswer(secretRotated, 'The new secret, which nothing will ever show again.'),
    ...problems(404, 409, 412, 422),
  },
});

export function secretRoutes(api: OpenAPIHono<AdminEnv>, parts: AdminParts): void {
  const { catalog, sealer } = parts;

  api.openapi(rotate, async (c) => {
    const { id: endpointId } = c.req.valid('param');
    const { secret: given, overlapMs } = c.req.valid('json');
    const ifVersion = matchedVersion(c, { required: false });
    const { endpoint, secret } = await audited(parts, c, 'secret_rotate', { endpointId }, async (tx) => {
      const value = await rotateSecret(tx, catalog, endpointId, {
        secret: given,
        overlapMs,
        ifVersion,
        sealer,
      });
      return {
        value,
        detail: { made: given === undefined, ...(overlapMs === undefined ? {} : { overlapMs }) },
      };
    });
    const shown = await shownEndpoint(parts, endpoint);
    c.header('etag', etagOf(shown.version));
    return c.json({ endpoint: shown, secret }, 200);
  });
}
