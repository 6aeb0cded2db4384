import { randomBytes } from 'node:crypto';
import type { Catalog } from '../catalog/types.ts';
import { RowhookError } from '../errors.ts';
import { dayMs } from '../uuid-time.ts';
import { dialectNamed } from '../wire/dialects.ts';
import { endpointValues } from '../wire/endpoint-input.ts';
import { rotated } from '../wire/secrets.ts';
import { amend } from './endpoint-amend.ts';
import type { Endpoint, IfVersion, Sealing } from './endpoint-row.ts';
import type { Queryable } from './sql.ts';

const defaultOverlapMs = dayMs;
const longestOverlapMs = 36_525 * dayMs;

/**
 * A fresh random secret in the form of a dialect, for `createEndpoint` and the like.
 * @throws RowhookError `config_invalid` for a dialect that does not exist
 */
export function newSecret(dialect: string): string {
  return dialectNamed(dialect).newSecret(randomBytes, null);
}

/**
 * Gives an endpoint a new secret. The one that it had signs beside it until the overlap is over, in dialects whose signature
 * header has room for both (Standard Webhooks); in the others the new one signs alone, at once.
 * @param options.secret default: a fresh one in the dialect's form, of the same kind as the present one
 * @param options.overlapMs default 24 hours; with 0 the old one is worth nothing any more
 * @param options.ifVersion the version that it must still have
 * @param options.sealer as of updateEndpoint
 * @returns the endpoint, and the new secret, which nothing else will ever show
 * @throws RowhookError `endpoint_unknown`, `endpoint_invalid`, `version_conflict`, `secret_sealed`
 */
export async function rotateSecret(
  db: Queryable,
  catalog: Catalog,
  id: string,
  options: { readonly secret?: string | undefined; readonly overlapMs?: number | undefined } & Sealing &
    IfVersion = {},
): Promise<{ readonly endpoint: Endpoint; readonly secret: string }> {
  const { overlapMs = defaultOverlapMs, sealer, ifVersion } = options;
  if (!(Number.isFinite(overlapMs) && overlapMs >= 0 && overlapMs <= longestOverlapMs)) {
    throw invalid('the overlap is not a number of milliseconds from 0 to a hundred years', 'overlapMs');
  }
  let secret = '';
  const endpoint = await amend(db, id, { sealer, ifVersion }, ({ oldSecrets, ...before }, now) => {
    const dialect = dialectNamed(before.dialect ?? catalog.dialect);
    secret = options.secret ?? dialect.newSecret(randomBytes, before.secret);
    if (secret === before.secret) throw invalid('this is the secret that the endpoint has already', 'secret');
    const after = endpointValues(catalog, { ...before, secret }, before);
    return { ...after, oldSecrets: rotated({ secret: before.secret, oldSecrets }, secret, overlapMs, now) };
  });
  return { endpoint, secret };
}

function invalid(message: string, where: string): RowhookError {
  return new RowhookError('endpoint_invalid', message, { where, fix: 'Correct it; nothing was changed.' });
}
