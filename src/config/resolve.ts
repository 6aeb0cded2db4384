import { completeCatalog } from '../catalog/complete.ts';
import { type Mistake, mistake, shown } from '../catalog/mistake.ts';
import type { Catalog, Priority } from '../catalog/types.ts';
import { dialectProblem } from '../wire/dialects.ts';
import { parseSecretKeys, type SecretKey, secretKeys } from '../wire/secret-key.ts';
import { type AdminToken, adminTokens } from './admin-tokens.ts';
import { type Environment, findDatabase } from './database-url.ts';
import type { LogLevel, RowhookConfig } from './define.ts';
import { type Listen, parseListen } from './listen.ts';
import { configMistakes, invalid } from './mistakes.ts';
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
    readonly allowHttp?: boolean;
    readonly disableAfterDays?: number;
  };
  readonly priority: Priority;
  readonly governor: { readonly busyBackends?: number };
  /** Of the watch for drift, and nothing that people can set. */
  readonly drift?: { readonly intervalMs?: number };
  /** What secrets are sealed with: the first one seals, all of them open. Empty: they are kept as they are. */
  readonly secretKeys: readonly SecretKey[];
  readonly retentionDays?: number;
  /** Where metrics and health are served; undefined: nowhere. */
  readonly metrics?: Listen;
  /** Where the admin page is served; undefined: the config says nothing of it, false: nowhere. */
  readonly admin?: AdminPlace | false;
  /** Who may sign in to it. */
  readonly adminTokens?: readonly AdminToken[];
  readonly logLevel: LogLevel;
}

export interface AdminPlace {
  /** Undefined: at the usual place, or at any free port of this machine where that is taken. */
  readonly listen?: Listen;
  readonly basePath?: string;
  readonly publicUrl?: string;
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
  const { catalog, mistakes } = catalogOf(config?.catalog);
  const all = [...configMistakes(parsed.error?.issues ?? [], config), ...mistakes];
  if (!parsed.success || !catalog || all.length > 0) throw invalid(name, all);
  const { database, relay, delivery, priority, governor, secrets, retentionDays, metrics, admin, logLevel } =
    parsed.data;
  const listen = metrics && parseListen(metrics.listen);
  const tokens = adminTokens(env.ROWHOOK_ADMIN_TOKENS);
  return {
    databaseUrl: findDatabase({ given: options.databaseUrl, configured: database?.url, env, name }),
    catalog,
    relay: withoutUndefined(relay ?? {}),
    delivery: withoutUndefined(delivery ?? {}),
    priority: priority ?? catalog.priority ?? 'normal',
    governor: withoutUndefined(governor ?? {}),
    secretKeys: secrets?.keys ? keysIn(secrets.keys) : secretKeys(env.ROWHOOK_SECRET_KEYS),
    ...(retentionDays === undefined ? {} : { retentionDays }),
    ...(listen === undefined ? {} : { metrics: listen }),
    ...(admin === undefined ? {} : { admin: admin && adminPlace(admin) }),
    ...(tokens.length === 0 ? {} : { adminTokens: tokens }),
    logLevel: logLevel ?? 'info',
  };
}

/** Of texts that the schema has let through. */
function adminPlace({ listen, ...place }: Exclude<RowhookConfig['admin'], false | undefined>): AdminPlace {
  const parsed = listen === undefined ? undefined : parseListen(listen);
  return withoutUndefined({ ...place, listen: parsed });
}

/** Of texts that the schema has let through. */
function keysIn(texts: readonly string[]): readonly SecretKey[] {
  const parsed = parseSecretKeys(texts);
  return 'keys' in parsed ? parsed.keys : [];
}

/** A config's catalog in full; where it is neither a name nor an object, the config's own mistakes say so. */
function catalogOf(given: unknown): { catalog?: Catalog | undefined; mistakes: readonly Mistake[] } {
  if (typeof given === 'string') return { catalog: presetNamed(given), mistakes: [] };
  if (typeof given !== 'object' || given === null) return { mistakes: [] };
  const { catalog, mistakes } = completeCatalog(given);
  const { dialect = 'standard' } = given as { dialect?: unknown };
  const problem = typeof dialect === 'string' ? dialectProblem(dialect) : undefined;
  return {
    catalog,
    mistakes: [
      ...(problem ? [unknownDialect(problem, dialect)] : []),
      ...mistakes.map(({ code, path, expected, found }) =>
        mistake(code, path ? `catalog.${path}` : 'catalog', expected, found),
      ),
    ],
  };
}

function unknownDialect(problem: string, dialect: unknown): Mistake {
  const path = 'catalog.dialect';
  return {
    ...mistake('dialect_unknown', path, 'the name of a dialect', shown(dialect)),
    text: `${path}: ${problem}`,
  };
}

/** A key with undefined would hide the default of whoever it is handed to. */
function withoutUndefined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
