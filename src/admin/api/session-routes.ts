import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { RowhookError } from '../../errors.ts';
import type { Asked, Gate } from '../auth/gate.ts';
import { answer, jsonBody, problems } from '../http/documented.ts';
import type { AdminEnv, AdminParts, AdminUser } from '../http/parts.ts';
import { type SessionView, session, signIn } from '../shapes/session.ts';

/** Who somebody is, signing in and out. */
export function sessionRoutes(
  api: OpenAPIHono<AdminEnv>,
  parts: Pick<AdminParts, 'catalog' | 'version'>,
  gate: Gate,
  askedOf: (request: Request) => Asked,
): void {
  const view = (user: AdminUser): SessionView => ({
    user,
    signedInBy: gate.by,
    version: parts.version,
    catalog: parts.catalog.name,
  });
  const signing = () => {
    if (gate.signing) return gate.signing;
    throw new RowhookError('not_allowed', 'the application that mounts this page signs people in and out', {
      fix: 'Use the application’s own login.',
    });
  };

  api.openapi(
    createRoute({
      operationId: 'getSession',
      method: 'get',
      path: '/session',
      summary: 'Who is signed in.',
      tags: ['session'],
      responses: { 200: answer(session, 'Who is signed in, and what this is.') },
    }),
    (c) => c.json(view(c.var.user), 200),
  );

  api.openapi(
    createRoute({
      operationId: 'signIn',
      method: 'post',
      path: '/session',
      summary: 'Sign in with a token; the answer sets the session’s cookie.',
      tags: ['session'],
      security: [],
      request: { body: jsonBody(signIn) },
      responses: { 200: answer(session, 'Signed in.'), ...problems(429) },
    }),
    (c) => {
      const { user, cookie } = signing().signIn(askedOf(c.req.raw), c.req.valid('json').token);
      c.header('set-cookie', cookie);
      return c.json(view(user), 200);
    },
  );

  api.openapi(
    createRoute({
      operationId: 'signOut',
      method: 'delete',
      path: '/session',
      summary: 'Sign out.',
      tags: ['session'],
      responses: { 204: { description: 'Signed out.' } },
    }),
    (c) => {
      c.header('set-cookie', signing().signOut(askedOf(c.req.raw)));
      return c.body(null, 204);
    },
  );
}
