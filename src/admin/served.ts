import type { Hono } from 'hono';
import type { AdminToken } from '../config/admin-tokens.ts';
import { RowhookError } from '../errors.ts';
import { isLoopback } from '../loopback.ts';
import { adminWith, type SharedOptions } from './admin.ts';
import { createTokenGate } from './auth/token-gate.ts';
import { createTries } from './auth/tries.ts';
import { placeOf } from './http/place.ts';
import { type AdminServer, createAdminServer } from './server.ts';

export interface ServedOptions extends SharedOptions {
  readonly host: string;
  readonly port: number;
  readonly anyPort: boolean;
  readonly tokens: readonly AdminToken[];
  readonly metricsApp: Hono;
  readonly tellsMetrics: boolean;
  readonly log: NonNullable<SharedOptions['log']>;
}

/**
 * The admin page with a listener of its own, where people sign in by tokens.
 * @throws RowhookError `config_invalid` where others than this machine could reach it and there are no tokens
 */
export function createServedAdmin(options: ServedOptions): AdminServer {
  const { host, port, anyPort, tokens, metricsApp, tellsMetrics, log } = options;
  if (tokens.length === 0 && !isLoopback(host)) {
    throw new RowhookError(
      'config_invalid',
      `admin.listen: expected tokens for an address that others can reach (${host}), found none`,
      {
        where: 'admin.listen',
        fix: 'Set ROWHOOK_ADMIN_TOKENS (see `rowhook admin new-token`), or listen at 127.0.0.1.',
      },
    );
  }
  if (tokens.length === 0) log.warn('nobody can sign in to the admin page: ROWHOOK_ADMIN_TOKENS is not set');
  const place = placeOf(options);
  const gate = createTokenGate({
    tokens,
    tries: createTries(() => performance.now()),
    basePath: place.basePath,
    secure: place.publicUrl?.protocol === 'https:',
    now: () => new Date(),
  });
  const admin = adminWith(options, place, gate);
  return createAdminServer({ admin, host, port, anyPort, ...place, metrics: metricsApp, tellsMetrics, log });
}
