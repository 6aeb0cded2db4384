import type { CatalogInput } from '../catalog/define.ts';
import type { Priority } from '../catalog/types.ts';
import type { PresetName } from './presets.ts';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What a config file says. Everything but the catalog has a default. */
export interface RowhookConfig {
  /** `postgres://user:password@host:5432/name`. Default: $ROWHOOK_DATABASE_URL, else $DATABASE_URL. */
  readonly database?: string | { readonly url?: string | undefined } | undefined;
  /** What the application's tables mean: written here, made by `defineCatalog`, or the name of a preset. */
  readonly catalog: CatalogInput | PresetName;
  readonly relay?: {
    /** Milliseconds that a change waits at most when its ring was lost; 10 to 60,000. Default: 1000. */
    readonly pollMs?: number | undefined;
  };
  readonly delivery?: {
    /** Requests at a time; 1 to 1000. Default: 64. */
    readonly concurrency?: number | undefined;
    /** Requests at a time to one endpoint; 1 to 1000. Default: 8. */
    readonly perEndpoint?: number | undefined;
    /** Milliseconds that a whole request may take; 100 to 600,000. Default: 15,000. */
    readonly timeoutMs?: number | undefined;
    /**
     * Where requests may go besides public addresses, and by plain http: addresses, networks and host names, each perhaps with a port
     * that alone is meant (`10.1.2.3:81`). Default: nowhere.
     */
    readonly allow?: readonly string[] | undefined;
    /** Let plain http go to public addresses too: whoever is on the way can read it. Default: false. */
    readonly allowHttp?: boolean | undefined;
    /** An endpoint that has failed for so many days is disabled, and its deliveries are held; 1 to 365. Default: 5. */
    readonly disableAfterDays?: number | undefined;
  };
  readonly secrets?: {
    /**
     * What secrets are sealed with while the database keeps them, as `rowhook secrets new-key` prints keys. The first one seals, all
     * of them open. Default: $ROWHOOK_SECRET_KEYS, with commas between; without any, secrets are kept as they are.
     */
    readonly keys?: readonly string[] | undefined;
  };
  /** Days for which events and attempts are kept; 1 to 3650. Default: 30. */
  readonly retentionDays?: number | undefined;
  /** `low`: give way to the application while the database is busy. Default: what the catalog says, else `normal`. */
  readonly priority?: Priority | undefined;
  /** Of the priority `low`. */
  readonly governor?: {
    /** Sessions of others at work at a time, on average, from which on the database is busy; 1 to 10,000. Default: 2. */
    readonly busyBackends?: number | undefined;
  };
  /** Metrics for Prometheus at `/metrics`, and `/health`. Default: nothing is served. */
  readonly metrics?: {
    /** `127.0.0.1:9464`; a port alone is one of the loopback address. */
    readonly listen: string;
  };
  /**
   * The admin page and its API. Where this is left out, `rowhook start` serves them at 127.0.0.1:8787, and `createDaemon` does not; false:
   * nobody does. People sign in with tokens of $ROWHOOK_ADMIN_TOKENS.
   */
  readonly admin?:
    | false
    | {
        /** Default: `127.0.0.1:8787`, or any free port where that is taken. A port alone is one of the loopback address. */
        readonly listen?: string | undefined;
        /** A path that everything is below: `/webhooks-admin`. Default: that of publicUrl, else none. */
        readonly basePath?: string | undefined;
        /** Where people reach it through a proxy: `https://hooks.example/webhooks-admin`. */
        readonly publicUrl?: string | undefined;
      }
    | undefined;
  /** Default: `info`. */
  readonly logLevel?: LogLevel | undefined;
}

/** Returns the config as it is. For the editor's sake: it knows the keys, and says which are wrong. */
export const defineConfig = (config: RowhookConfig): RowhookConfig => config;
