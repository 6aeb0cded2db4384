import type { OpenAPIHono } from '@hono/zod-openapi';
import { Hono } from 'hono';
import { RowhookError } from '../../errors.ts';
import type { Asked, Gate } from '../auth/gate.ts';
import { adminApi, errorResponse } from '../http/app.ts';
import { boundedBody } from '../http/body.ts';
import { operator } from '../http/operator.ts';
import type { AdminEnv, AdminParts } from '../http/parts.ts';
import type { Place } from '../http/place.ts';
import { checkOwnHeader, checkSameSite, isRead } from '../http/same-site.ts';
import { documentOf } from './document.ts';
import { routes } from './routes.ts';
import { sessionRoutes } from './session-routes.ts';

/** Bytes of a request's body. */
const largestBody = 256 * 1_024;

export interface Api {
  /** With all routes, as they were described. */
  readonly api: OpenAPIHono<AdminEnv>;
  /** Answers whatever comes to a path at or below `<base>/api`. */
  answer(asked: Asked): Promise<Response>;
}

/**
 * The API with all that stands before its routes, so that none of them can forget it: whether another site asks, who asks, whether that is
 * an operator for whatever is no GET, and how much comes.
 */
export function createApi(parts: AdminParts, gate: Gate, { basePath, publicUrl }: Place): Api {
  const root = `${basePath}/api/v1`;
  const askedBy = new WeakMap<Request, Asked>();
  const askedOf = (request: Request): Asked =>
    askedBy.get(request) ?? { request, incoming: undefined, address: '' };
  const api = adminApi(parts);

  api.use(async (c, next) => {
    const request = c.req.raw;
    const isSession = c.req.path === `${root}/session`;
    checkSameSite(request, publicUrl);
    if (isSession && request.method === 'POST') {
      checkOwnHeader(request);
      return next();
    }
    const asked = askedOf(request);
    const identity = await gate.identify(asked);
    if (!identity) throw notSignedIn(gate);
    const { user, by, renewal } = identity;
    if (by === 'ambient') checkOwnHeader(request);
    c.set('user', user);
    c.set('stillSignedIn', () => isStill(user.name, gate, asked));
    // Signing out is everybody's own affair.
    if (isRead(request) || isSession) await next();
    else await operator(c, next);
    if (renewal !== undefined && !c.res.headers.has('set-cookie')) c.res.headers.set('set-cookie', renewal);
  });
  api.use(boundedBody(largestBody));
  sessionRoutes(api, parts, gate, askedOf);
  for (const add of routes) add(api, parts);
  let document: object | undefined;
  api.get('/openapi.json', (c) => {
    document ??= documentOf(api, root, parts.version);
    return c.json(document);
  });

  const whole = new Hono<AdminEnv>();
  whole.onError((error) => errorResponse(error, parts.log));
  whole.notFound(() => {
    throw new RowhookError('route_unknown', 'the API has nothing at this path, or not with this method', {
      fix: `See ${root}/openapi.json for what there is.`,
    });
  });
  whole.route(root, api);
  return {
    api,
    async answer(asked) {
      askedBy.set(asked.request, asked);
      return whole.fetch(asked.request);
    },
  };
}

/** Whoever cannot be asked for now is not signed in now: what stays open ends, and can be opened again. */
async function isStill(name: string, gate: Gate, asked: Asked): Promise<boolean> {
  const identity = await gate.identify(asked).catch(() => null);
  return identity?.user.name === name;
}

const notSignedIn = (gate: Gate): RowhookError =>
  new RowhookError('not_signed_in', 'nobody is signed in, or not any more', {
    fix:
      gate.by === 'application'
        ? 'Sign in to the application.'
        : 'Sign in with a token, or send it as Authorization: Bearer.',
  });
