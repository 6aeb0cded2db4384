import type { Logger } from 'pino';
import { RowhookError } from '../errors.ts';

/** Where everything that runs writes what it did. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** The same logger, which writes of errors only what is known to hold no secrets. */
export function withSafeErrors(logger: Logger): Logger {
  return logger.child({}, { serializers: { err: loggedError, error: loggedError } });
}

/** What PostgreSQL and the system say of an error by name. Not `detail` and `where`: these repeat rows and parameters. */
const harmless = [
  'code',
  'severity',
  'schema',
  'table',
  'column',
  'constraint',
  'routine',
  'syscall',
] as const;
const deepest = 3;

/**
 * An error as it is logged: its kind, message, stack, and what is known by name. Errors carry more, for those who debug them: the
 * whole database client with its password, a request with its headers, the URL that could not be read.
 */
export function loggedError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error))
    return error instanceof Object ? Object.prototype.toString.call(error) : error;
  const { message, stack, cause } = error;
  const known = error as Error & Readonly<Record<string, unknown>>;
  const further = (each: unknown) =>
    depth < deepest && each instanceof Error ? loggedError(each, depth + 1) : undefined;
  return {
    type: error.constructor.name,
    message,
    stack,
    ...Object.fromEntries(
      harmless.filter((key) => isScalar(known[key])).map((key) => [key, known[key]] as const),
    ),
    ...(error instanceof RowhookError ? { where: error.where, fix: error.fix } : {}),
    cause: further(cause),
    errors: error instanceof AggregateError ? error.errors.slice(0, 10).map(further) : undefined,
  };
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number';
}
