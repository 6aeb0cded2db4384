import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { RowhookError } from '../../errors.ts';
import { createTries } from '../auth/tries.ts';
import { type AdminEnv, type AdminParts, answer, jsonBody, problemOf, problems } from '../http/app.ts';
import { problemResponse } from '../http/problem.ts';
import { urlCheck, urlChecked } from '../shapes/endpoint.ts';
import { checkUrl } from '../url-check.ts';
import { refuseDialect } from './endpoint-fields.ts';

const check = createRoute({
  operationId: 'checkUrl',
  method: 'post',
  path: '/check-url',
  summary: 'Whether requests may go to a URL, as far as can be told now.',
  tags: ['endpoints'],
  request: { body: jsonBody(urlCheck) },
  responses: { 200: answer(urlChecked, 'What is to be said of it.'), ...problems(422, 429) },
});

/** Each may ask name servers, which must not be anybody's tool against them: as fast as one types, and no faster for long. */
const allowance = { each: { burst: 30, everyMs: 500 }, all: { burst: 200, everyMs: 50 } };

export function urlRoutes(api: OpenAPIHono<AdminEnv>, parts: AdminParts): void {
  const { catalog } = parts;
  const tries = createTries(() => performance.now(), allowance);

  api.openapi(check, async (c) => {
    // Not by the address: behind a proxy everybody has the same.
    const waitMs = tries.take(encodeURIComponent(c.var.user.name));
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1_000);
      const tooMany = new RowhookError('tries_exceeded', 'URLs were checked too often', {
        fix: `Ask again in ${seconds} s.`,
      });
      return problemResponse(problemOf(tooMany), { 'retry-after': String(seconds) }) as never;
    }
    const { url, dialect } = c.req.valid('json');
    refuseDialect(dialect);
    return c.json(await checkUrl(url, dialect ?? catalog.dialect, parts), 200);
  });
}
