import type { Environment } from '../config/database-url.ts';
import { RowhookError } from '../errors.ts';

/**
 * What an environment variable holds that an option names: nobody else sees that in the process list.
 * @param where the part of an endpoint that it is for
 * @throws RowhookError `endpoint_invalid` when it is not set, or empty
 */
export function fromEnv(env: Environment, name: string, where: string): string {
  const found = env[name];
  if (found) return found;
  throw new RowhookError('endpoint_invalid', `the environment variable ${name} is not set`, {
    where,
    fix: `Set ${name}, or name another variable.`,
  });
}
