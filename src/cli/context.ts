import type { Command } from 'commander';
import type pg from 'pg';
import { type Environment, findDatabase } from '../config/database-url.ts';
import { configNotFound, type LoadedConfig, loadConfig } from '../config/load.ts';
import { type ResolvedConfig, resolveConfig } from '../config/resolve.ts';
import { connect, explainLoss } from '../store/connect.ts';
import { explainPrivilege } from '../store/privilege.ts';
import { schemaOwner } from '../store/schema.ts';
import { createSealer, plainSealer, type Sealer } from '../store/sealer.ts';
import { type SecretKey, secretKeys } from '../wire/secret-key.ts';
import { createOutput, type Output } from './output.ts';
import type { Terminal } from './questions.ts';

/** What a command may use of the process that it runs in. */
export interface Surroundings {
  readonly cwd: string;
  readonly env: Environment;
  /** Where somebody sits who can be asked; undefined: nobody does. */
  readonly terminal: Terminal | undefined;
  /** What goes to stderr is read by somebody there and then, and kept nowhere. */
  readonly errorsSeen?: boolean;
  now(): Date;
  write(text: string): void;
  writeError(text: string): void;
}

/** What every command can do: read the config, connect, show what came of it. */
export interface Context {
  readonly output: Output;
  readonly env: Environment;
  readonly cwd: string;
  readonly terminal: Terminal | undefined;
  /** Notes are written to a terminal. */
  readonly notesSeen: boolean;
  now(): Date;
  /** What is not the answer itself: notes, and what must not get into a log. On stderr. */
  note(text: string): void;
  /** @throws RowhookError `config_not_found`, `config_invalid`, `catalog_invalid`, `database_unreachable` … */
  config(): Promise<ResolvedConfig>;
  /** The config in a file that is not where one is looked for. Throws as `config`. */
  configAt(path: string): Promise<ResolvedConfig>;
  /** The keys for secrets: of the config, or of the environment where there is no config. Throws as `config`, if there is one. */
  secretKeys(): Promise<readonly SecretKey[]>;
  /** Opens and seals with these keys. */
  sealer(): Promise<Sealer>;
  /** The same for commands that only show: a config that is wrong, or has no key, shows less. */
  sealerToShow(): Promise<Sealer>;
  /** One connection for as long as `work` takes. Needs no config when the database is known without one. */
  withDatabase<T>(work: (db: pg.Client) => Promise<T>): Promise<T>;
  /** The same with a database that no config is asked for: as the command line says, else the environment. */
  withGivenDatabase<T>(work: (db: pg.Client, url: string) => Promise<T>): Promise<T>;
}

/** Makes an action of a command from what it does, given the command's arguments and options. */
export type Act = <Given extends unknown[]>(
  work: (context: Context, ...given: Given) => Promise<void>,
) => (...given: [...Given, Command]) => Promise<void>;

/** The options that every command has. */
interface GlobalOptions {
  readonly config?: string;
  readonly database?: string;
  readonly json?: boolean;
}

/** Importable by configs, by the names under which the package exports them. */
const modules = async () => ({
  rowhook: await import('../index.ts'),
  'rowhook/migrations': await import('../migrations.ts'),
  'rowhook/presets/amplo': await import('../presets/amplo.ts'),
  'rowhook/presets/site-stacker': await import('../presets/site-stacker.ts'),
  'rowhook/verify': await import('../verify.ts'),
});

export function createContext(command: Command, surroundings: Surroundings): Context {
  const { cwd, env, terminal, write } = surroundings;
  const options = command.optsWithGlobals<GlobalOptions>();
  let loading: Promise<LoadedConfig | undefined> | undefined;
  const load = () => {
    loading ??= loadConfig({ cwd, path: options.config, modules });
    return loading;
  };

  const databaseUrl = async (): Promise<string> => {
    if (options.database !== undefined)
      return findDatabase({ given: options.database, env, name: '--database' });
    const loaded = await load();
    if (!loaded) return findDatabase({ env, name: 'rowhook' });
    return resolveConfig(loaded.config, { env, name: loaded.path }).databaseUrl;
  };

  const connected = async <T>(url: string, work: (db: pg.Client) => Promise<T>): Promise<T> => {
    const client = await connect(url);
    try {
      return await work(client);
    } catch (error) {
      throw await explained(error, client);
    } finally {
      await client.end().catch(() => {});
    }
  };

  const keys = async (): Promise<readonly SecretKey[]> => {
    const loaded = await load();
    if (!loaded) return secretKeys(env.ROWHOOK_SECRET_KEYS);
    return resolveConfig(loaded.config, { env, databaseUrl: options.database, name: loaded.path }).secretKeys;
  };

  return {
    output: createOutput(options.json ?? false, write),
    env,
    cwd,
    terminal,
    notesSeen: surroundings.errorsSeen ?? false,
    now: () => surroundings.now(),
    note: (text) => surroundings.writeError(`${text}\n`),
    async config() {
      const loaded = await load();
      if (!loaded) throw configNotFound(cwd);
      return resolveConfig(loaded.config, { env, databaseUrl: options.database, name: loaded.path });
    },
    async configAt(path) {
      const loaded = await loadConfig({ cwd, path, modules });
      if (!loaded) throw configNotFound(cwd);
      return resolveConfig(loaded.config, { env, databaseUrl: options.database, name: loaded.path });
    },
    secretKeys: keys,
    sealer: async () => createSealer(await keys()),
    sealerToShow: () => keys().then(createSealer, () => plainSealer),
    withDatabase: async (work) => connected(await databaseUrl(), work),
    async withGivenDatabase(work) {
      const url = findDatabase({ given: options.database, env, name: 'rowhook' });
      return connected(url, (db) => work(db, url));
    },
  };
}

/** A refusal of the server's, with the GRANT that is missing; a connection that broke, with where it led. */
async function explained(error: unknown, client: pg.Client): Promise<unknown> {
  const known = explainLoss(error, client);
  if (known !== error) return known;
  const owner = await schemaOwner(client).catch(() => undefined);
  return explainPrivilege(error, client.user ?? '', owner);
}
