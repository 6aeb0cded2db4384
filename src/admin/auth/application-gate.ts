import type { IncomingMessage } from 'node:http';
import { RowhookError } from '../../errors.ts';
import type { AdminUser } from '../http/parts.ts';
import type { Gate } from './gate.ts';

/**
 * Who asks, as the application knows it; null: nobody who may see this.
 * @param request with all headers, so also the application's cookie
 * @param incoming Node's own request, where it came through `node`: what the application has put on it (`req.user`, `req.session`) is there
 */
export type Authorize = (
  request: Request,
  incoming: IncomingMessage | undefined,
) => AdminUser | null | undefined | Promise<AdminUser | null | undefined>;

const longestName = 200;

/** Leaves it to the application that mounts the page. What it says is checked: anything else than a name and a role is nobody. */
export function createApplicationGate(authorize: Authorize): Gate {
  return {
    by: 'application',
    async identify({ request, incoming }) {
      const user = await asked(authorize, request, incoming);
      if (user === null || user === undefined) return null;
      const { name, role } = user;
      const isUser =
        typeof name === 'string' &&
        name !== '' &&
        name.length <= longestName &&
        (role === 'viewer' || role === 'operator');
      if (!isUser) throw failed('authorize returned neither null nor { name, role }');
      return { user: { name, role }, by: 'ambient' };
    },
  };
}

async function asked(
  authorize: Authorize,
  ...given: Parameters<Authorize>
): Promise<Awaited<ReturnType<Authorize>>> {
  try {
    return await authorize(...given);
  } catch (error) {
    throw failed('authorize failed', error);
  }
}

const failed = (message: string, cause?: unknown): RowhookError =>
  new RowhookError('authorize_failed', message, {
    where: 'authorize',
    fix: 'See the log; authorize is to return null, or a name and the role viewer or operator.',
    cause,
  });
