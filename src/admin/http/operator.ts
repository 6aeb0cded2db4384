import type { MiddlewareHandler } from 'hono';
import { RowhookError } from '../../errors.ts';
import type { AdminEnv } from './parts.ts';

/**
 * Lets operators through only. The API puts it before every request that is no GET, so that no route can forget it; a route that only
 * operators may read names it itself.
 * @throws RowhookError `not_allowed`
 */
export const operator: MiddlewareHandler<AdminEnv> = async (c, next) => {
  const { name, role } = c.var.user;
  if (role !== 'operator') {
    throw new RowhookError('not_allowed', `${name} may look, and change nothing`, {
      fix: 'Ask an operator, or sign in with a token of the role operator.',
    });
  }
  await next();
};
