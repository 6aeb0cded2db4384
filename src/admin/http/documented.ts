import { z } from '@hono/zod-openapi';
import { problem } from '../shapes/common.ts';

type Schema = z.ZodType;

/** An answer in JSON, for `responses` of createRoute. */
export const answer = <S extends Schema>(schema: S, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

/** An answer in JSON with the version that If-Match wants. */
export const versionedAnswer = <S extends Schema>(schema: S, description: string) => ({
  ...answer(schema, description),
  headers: z.object({
    ETag: z.string().openapi({ description: 'The version, for If-Match.', example: '"4711"' }),
  }),
});

/** A body in JSON, for `request` of createRoute: whatever else comes is refused. */
export const jsonBody = <S extends Schema>(schema: S) => ({
  required: true as const,
  content: { 'application/json': { schema } },
});

const problemWords = {
  404: 'There is nothing of this id.',
  409: 'It cannot be done now.',
  412: 'Somebody else has changed it since.',
  422: 'What was given cannot be taken.',
  428: 'If-Match is missing.',
  429: 'Too many tries.',
  503: 'Something that it needs is not there now.',
} as const;

/**
 * Errors that a route has of its own, to be spread into `responses`. Those that all have (400, 401, 403, 413, 415, 421, 500, 503) are added to
 * the document by itself.
 */
export const problems = <Status extends keyof typeof problemWords>(...statuses: readonly Status[]) =>
  Object.fromEntries(statuses.map((status) => [status, problemAnswer(problemWords[status])])) as Record<
    Status,
    ReturnType<typeof problemAnswer>
  >;

export const problemAnswer = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problem } },
});
