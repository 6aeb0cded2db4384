import { z } from 'zod';
import { strict } from '../catalog/issues.ts';
import type { Priority } from '../catalog/types.ts';
import { parseAllowList } from '../delivery/guard/allow-list.ts';
import { parseSecretKey } from '../wire/secret-key.ts';
import { normalBasePath, normalPublicUrl } from './admin-place.ts';
import { logLevels } from './define.ts';
import { parseListen } from './listen.ts';
import { presetNames } from './presets.ts';

const priorities = ['normal', 'low'] as const satisfies readonly Priority[];

/** A refinement's `error` says what was expected; catalog/issues.ts makes mistakes of it. */
export const databaseUrl = z.string().refine((url) => /^postgres(ql)?:\/\//.test(url) && URL.canParse(url), {
  error: 'a URL like postgres://user:password@host:5432/name',
});
const database = strict({ url: databaseUrl.optional() });
const relay = strict({ pollMs: z.int().min(10).max(60_000).optional() });
const governor = strict({ busyBackends: z.number().min(1).max(10_000).optional() });
const delivery = strict({
  concurrency: z.int().min(1).max(1_000).optional(),
  perEndpoint: z.int().min(1).max(1_000).optional(),
  timeoutMs: z.int().min(100).max(600_000).optional(),
  allow: z
    .array(
      z.string().refine(isAllowed, {
        error: 'an address, a network or a host name, like 10.1.2.3, 127.0.0.0/8 or hooks.internal.example',
      }),
    )
    .optional(),
  allowHttp: z.boolean().optional(),
  disableAfterDays: z.int().min(1).max(365).optional(),
});

const secrets = strict({
  keys: z
    .array(
      z.string().refine((text) => !('problem' in parseSecretKey(text)), {
        error: 'a key as `rowhook secrets new-key` prints one: an id, a colon, 32 bytes in base64',
      }),
    )
    .refine((texts) => new Set(texts.map(idOf)).size === texts.length, { error: 'keys with different ids' })
    .optional(),
});

const metrics = strict({
  listen: z.string().refine((text) => parseListen(text) !== undefined, {
    error: 'an address and a port, like 127.0.0.1:9464, or a port',
  }),
});

const admin = strict({
  listen: z
    .string()
    .refine((text) => parseListen(text) !== undefined, {
      error: 'an address and a port, like 127.0.0.1:8787, or a port',
    })
    .optional(),
  basePath: z
    .string()
    .refine((text) => normalBasePath(text) !== undefined, { error: 'a path like /webhooks-admin' })
    .optional(),
  publicUrl: z
    .string()
    .refine((text) => normalPublicUrl(text) !== undefined, {
      error: 'a URL like https://hooks.example/webhooks-admin',
    })
    .optional(),
});

/** A preset's name, or a catalog, which completeCatalog looks at. */
const catalog = z.custom<object | string>(
  (value) =>
    typeof value === 'string'
      ? presetNames.some((name) => name === value)
      : typeof value === 'object' && value !== null,
  { error: `a catalog, or the name of a preset (${presetNames.join(', ')})` },
);

/** The config file's form. Optional parts stay undefined: their defaults live where they are used. */
export const configSchema = strict({
  database: z.preprocess(
    (value) => (typeof value === 'string' ? { url: value } : value),
    database.optional(),
  ),
  catalog,
  relay: relay.optional(),
  delivery: delivery.optional(),
  secrets: secrets.optional(),
  retentionDays: z.int().min(1).max(3_650).optional(),
  priority: z.enum(priorities).optional(),
  governor: governor.optional(),
  metrics: metrics.optional(),
  admin: z.union([z.literal(false), admin]).optional(),
  logLevel: z.enum(logLevels).optional(),
});

const idOf = (key: string): string => key.slice(0, key.indexOf(':')).trim();

function isAllowed(entry: string): boolean {
  try {
    parseAllowList([entry]);
    return true;
  } catch {
    return false;
  }
}
