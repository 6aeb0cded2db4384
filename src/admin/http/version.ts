import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { RowhookError } from '../../errors.ts';

/** RFC 9110: the entity tag of a version. */
export const etagOf = (version: string): string => `"${version}"`;

/** For `request.headers` of createRoute: documents If-Match; `matchedVersion` reads it. */
export const ifMatch = z.object({
  'if-match': z
    .string()
    .max(200)
    .optional()
    .openapi({ description: 'The ETag of what was read: whoever changed it since is not overwritten.' }),
});

/**
 * The version in If-Match; undefined: there is none, or `*`, so that any will do.
 * @throws RowhookError `version_missing` where it is required and missing, `request_invalid` where it is no tag
 */
export function matchedVersion(c: Context, { required }: { readonly required: boolean }): string | undefined {
  const given = c.req.header('if-match')?.trim();
  if (given === undefined || given === '') {
    if (!required) return undefined;
    throw new RowhookError('version_missing', 'the request has no If-Match', {
      where: 'if-match',
      fix: 'Send the ETag that the endpoint was read with, so that nobody else’s change is undone; or * for any.',
    });
  }
  if (given === '*') return undefined;
  // Proxies that compress make tags weak; the version in it is the same.
  const [, version] = /^(?:W\/)?"([\x21\x23-\x7e]{1,100})"$/.exec(given) ?? [];
  if (version !== undefined) return version;
  throw new RowhookError('request_invalid', 'If-Match is not one entity tag', {
    where: 'if-match',
    fix: 'Send the ETag as it came, with its quotes.',
  });
}
