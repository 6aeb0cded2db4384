import type { Logger } from 'pino';

/** Where everything that runs writes what it did. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
