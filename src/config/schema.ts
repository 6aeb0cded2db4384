import { z } from 'zod';
import { parseAllowList } from '../delivery/guard.ts';
import { logLevels } from './define.ts';
import { presetNames } from './presets.ts';

/** A refinement's `error` says what was expected; mistakes.ts makes sentences of it. */
export const databaseUrl = z.string().refine((url) => /^postgres(ql)?:\/\//.test(url) && URL.canParse(url), {
  error: 'a URL like postgres://user:password@host:5432/name',
});
const database = z.strictObject({ url: databaseUrl.optional() });
const relay = z.strictObject({ pollMs: z.int().min(10).max(60_000).optional() });
const delivery = z.strictObject({
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
});

/** What it says beyond this is checked where catalogs are: see validateCatalog. */
const catalog = z.custom<object | string>(
  (value) =>
    typeof value === 'string' ? presetNames.some((name) => name === value) : looksLikeCatalog(value),
  { error: `a catalog made by defineCatalog, or the name of a preset (${presetNames.join(', ')})` },
);

/** The config file's form. Optional parts stay undefined: their defaults live where they are used. */
export const configSchema = z.strictObject({
  database: z.preprocess(
    (value) => (typeof value === 'string' ? { url: value } : value),
    database.optional(),
  ),
  catalog,
  relay: relay.optional(),
  delivery: delivery.optional(),
  retentionDays: z.int().min(1).max(3_650).optional(),
  logLevel: z.enum(logLevels).optional(),
});

/** The keys that there are at a path, for suggestions. */
export const knownKeys: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(configSchema.shape),
  database: Object.keys(database.shape),
  relay: Object.keys(relay.shape),
  delivery: Object.keys(delivery.shape),
};

function looksLikeCatalog(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { name, dialect, resources, events } = value as Record<string, unknown>;
  return [name, dialect].every((text) => typeof text === 'string') && [resources, events].every(isRecord);
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAllowed(entry: string): boolean {
  try {
    parseAllowList([entry]);
    return true;
  } catch {
    return false;
  }
}
