import type { OpenAPIHono } from '@hono/zod-openapi';
import { cookieBaseName } from '../auth/cookies.ts';
import type { AdminEnv } from '../http/parts.ts';

/** Errors that every route may answer with. */
const common: Readonly<Record<string, string>> = {
  400: 'The request does not fit this description.',
  403: 'Whoever is signed in may not do this, or another site asks for it.',
  421: 'The page has another name.',
  500: 'It failed; the log says how.',
  503: 'The database does not answer, or something is not there.',
};
const ofSignedIn: Readonly<Record<string, string>> = { 401: 'Nobody is signed in.', 429: 'Too many tries.' };
const ofBodies: Readonly<Record<string, string>> = {
  413: 'The body is too large.',
  415: 'The body is not JSON.',
};

/** An operation of the document, as far as it is looked at here. */
interface Operation {
  operationId?: string;
  responses: Record<string, object>;
  requestBody?: unknown;
  security?: ReadonlyArray<object>;
}

/** `getEndpointsIdHeld`: for routes that have no name of their own. */
const idOf = (method: string, path: string): string =>
  method +
  path
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

/**
 * The OpenAPI 3.1 document of the API: what each route says of itself, with what goes for all of them.
 * @param url of the API, as a path or in full
 */
export function documentOf(api: OpenAPIHono<AdminEnv>, url: string, version: string): object {
  const document = api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'rowhook admin API',
      version,
      description:
        'All that the admin page does. Errors are application/problem+json with a stable `code` (docs/errors.md). Changes need the role operator; those made with the session’s cookie need the header `x-rowhook: 1`.',
    },
    servers: [{ url }],
    security: [{ session: [] }, { bearer: [] }],
  });
  const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  for (const [path, operations] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(operations as Record<string, Operation>)) {
      operation.operationId ??= idOf(method, path);
      const isOpen = operation.security?.length === 0;
      const added = {
        ...common,
        ...(isOpen ? {} : ofSignedIn),
        ...(operation.requestBody === undefined ? {} : ofBodies),
      };
      for (const [status, description] of Object.entries(added)) {
        operation.responses[status] ??= { description, content: problem };
      }
      if (isOpen) operation.responses['401'] ??= { description: 'The token is nobody’s.', content: problem };
    }
  }
  return {
    ...document,
    components: {
      ...document.components,
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: cookieBaseName,
          description: 'As POST /session sets it; with a port behind the name where the address has one.',
        },
        bearer: { type: 'http', scheme: 'bearer', description: 'A token of ROWHOOK_ADMIN_TOKENS.' },
      },
    },
  };
}
