import type { Catalog } from '../catalog/types.ts';
import { validateCatalog } from '../catalog/validate.ts';
import { RowhookError } from '../errors.ts';
import { dialectNamed } from '../wire/dialects.ts';
import { type Environment, findDatabase } from './database-url.ts';
import type { LogLevel, RowhookConfig } from './define.ts';
import { describeIssues } from './mistakes.ts';
import { presetNamed } from './presets.ts';
import { configSchema } from './schema.ts';

/** A config that was checked, with the catalog in full. What it does not say keeps the default of the part that uses it. */
export interface ResolvedConfig {
  readonly databaseUrl: string;
  readonly catalog: Catalog;
  readonly relay: { readonly pollMs?: number };
  readonly delivery: {
    readonly concurrency?: number;
    readonly perEndpoint?: number;
    readonly timeoutMs?: number;
    readonly allow?: readonly string[];
  };
  readonly retentionDays?: number;
  readonly logLevel: LogLevel;
}

export interface ResolveOptions {
  /** Default: none, so that nothing but the config counts. */
  readonly env?: Environment;
  /** Goes before whatever else names a database. */
  readonly databaseUrl?: string | undefined;
  /** How messages call the config. Default: `config`. */
  readonly name?: string;
}

/**
 * Checks a config, and returns it with its catalog in full and its database found.
 * @throws RowhookError `config_invalid` with every mistake: where, what was expected, what was found; `catalog_invalid`
 */
export function resolveConfig(config: RowhookConfig, options: ResolveOptions = {}): ResolvedConfig {
  const { env = {}, name = 'config' } = options;
  const parsed = configSchema.safeParse(config);
  if (!parsed.success) {
    const mistakes = describeIssues(parsed.error.issues, config);
    const lines =
      mistakes.length === 1 ? ` ${mistakes[0]}` : mistakes.map((mistake) => `\n  ${mistake}`).join('');
    throw new RowhookError('config_invalid', `${name}:${lines}`, { where: name, fix: 'Correct the config.' });
  }
  const { database, catalog, relay, delivery, retentionDays, logLevel } = parsed.data;
  return {
    databaseUrl: findDatabase({ given: options.databaseUrl, configured: database?.url, env, name }),
    catalog: completeCatalog(catalog as Catalog | string, name),
    relay: withoutUndefined(relay ?? {}),
    delivery: withoutUndefined(delivery ?? {}),
    ...(retentionDays === undefined ? {} : { retentionDays }),
    logLevel: logLevel ?? 'info',
  };
}

function completeCatalog(catalog: Catalog | string, name: string): Catalog {
  if (typeof catalog === 'string') return presetNamed(catalog)!;
  const complete = { ...catalog, timestamps: catalog.timestamps ?? 'iso' };
  try {
    validateCatalog(complete);
    dialectNamed(complete.dialect);
    return complete;
  } catch (error) {
    if (error instanceof RowhookError) throw error;
    // In plain JavaScript or JSON it may be of any form.
    throw new RowhookError('catalog_invalid', `catalog of ${name}: ${String(error)}`, {
      fix: 'Make it with defineCatalog and its field functions.',
      cause: error,
    });
  }
}

/** A key with undefined would hide the default of whoever it is handed to. */
function withoutUndefined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
