import { OpenAPIHono } from '@hono/zod-openapi';
import { HTTPException } from 'hono/http-exception';
import { RowhookError } from '../../errors.ts';
import type { AdminEnv, AdminParts } from './parts.ts';
import { knownError, problemOf, problemResponse, TriesExceeded, unexpectedProblem } from './problem.ts';

export { type Audited, audited } from './audited.ts';
export { answer, jsonBody, problems, versionedAnswer } from './documented.ts';
export { operator } from './operator.ts';
export type { AdminDatabase, AdminEnv, AdminParts, AdminUser } from './parts.ts';
export { problemOf } from './problem.ts';
export { etagOf, ifMatch, matchedVersion } from './version.ts';

/** The API without its routes: what is thrown in them, and what does not fit their schemas, is told as problem+json. */
export function adminApi(parts: Pick<AdminParts, 'log'>): OpenAPIHono<AdminEnv> {
  const api = new OpenAPIHono<AdminEnv>({
    defaultHook: (result) => {
      if (!result.success) throw mismatch(result.target, result.error.issues);
    },
  });
  api.onError((error) => errorResponse(error, parts.log));
  return api;
}

/** Whatever a handler throws, as a response; what nobody foresaw is logged. */
export function errorResponse(error: unknown, log: AdminParts['log']): Response {
  if (error instanceof HTTPException) return problemResponse(problemOf(ofKit(error)));
  const known = knownError(error);
  const problem = known ? problemOf(known) : unexpectedProblem;
  if (problem.status >= 500 && problem.code !== 'live_full')
    log.warn({ err: error }, 'a request of the admin API failed');
  return problemResponse(
    problem,
    known instanceof TriesExceeded ? { 'retry-after': String(Math.ceil(known.waitMs / 1_000)) } : {},
  );
}

/** What the server kit itself refuses. */
function ofKit({ status, message }: HTTPException): RowhookError {
  if (status === 415) {
    return new RowhookError('media_type_wrong', 'the body is not declared as JSON', {
      where: 'content-type',
      fix: 'Send JSON with content-type: application/json.',
    });
  }
  return new RowhookError('request_invalid', message || 'the request cannot be read', {
    fix: 'Send JSON as openapi.json describes it.',
  });
}

/** What was given where the schema of a route wants something else. Values are not repeated: secrets may be among them. */
function mismatch(
  target: string,
  issues: ReadonlyArray<{ readonly path: readonly PropertyKey[]; readonly message: string }>,
): RowhookError {
  const places = { json: 'the body', query: 'the query', param: 'the path', header: 'the headers' };
  const place = places[target as keyof typeof places] ?? 'the request';
  const [first] = issues;
  const where = (first?.path ?? []).map(String).join('.');
  const told = issues
    .slice(0, 10)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`));
  return new RowhookError('request_invalid', `${place}: ${told.join('; ')}`, {
    ...(where === '' ? {} : { where }),
    fix: 'Correct it; nothing was changed.',
  });
}
