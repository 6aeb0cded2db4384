import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RowhookError } from '../errors.ts';
import type { RowhookConfig } from './define.ts';

/** Where a config is looked for, in this order. */
export const fileNames = ['ts', 'mts', 'js', 'mjs', 'json'].map((extension) => `rowhook.config.${extension}`);

export interface LoadOptions {
  /** The folder to look in, and what relative paths start from. */
  readonly cwd: string;
  /** A path of its own, instead of the usual names. */
  readonly path?: string | undefined;
  /**
   * What a config imports under a name, such as `rowhook`: so it gets the very program that loads it, also where it lies in a
   * folder without node_modules. Asked for only where a config is code: to load a whole daemon takes longer than most commands.
   */
  modules(): Promise<Readonly<Record<string, unknown>>>;
}

/** As it was written, not checked. */
export interface LoadedConfig {
  readonly config: RowhookConfig;
  readonly path: string;
}

/**
 * Finds and reads the config file; undefined when there is none under the usual names and no path was given.
 * @throws RowhookError `config_not_found` for a path without a file, `config_invalid` when it cannot be read or run; and
 *   whatever RowhookError the config itself raises, such as `catalog_invalid`
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig | undefined> {
  const { cwd, path: given } = options;
  const usual = fileNames.map((name) => resolve(cwd, name));
  const path = given === undefined ? usual.find((each) => existsSync(each)) : resolve(cwd, given);
  if (path === undefined) return undefined;
  if (!existsSync(path)) {
    throw new RowhookError('config_not_found', `there is no file ${path}`, {
      where: path,
      fix: 'Correct --config.',
    });
  }
  try {
    return { path, config: (await readConfig(path, options)) as RowhookConfig };
  } catch (error) {
    if (error instanceof RowhookError) throw error;
    const reason = error instanceof Error ? error.message.trim() : String(error);
    throw new RowhookError('config_invalid', `cannot read ${path}: ${reason}`, {
      where: path,
      fix: 'Correct the file.',
      cause: error,
    });
  }
}

/** The error for commands that cannot do without a config. */
export function configNotFound(cwd: string): RowhookError {
  return new RowhookError('config_not_found', `there is none of ${fileNames.join(', ')} in ${cwd}`, {
    where: cwd,
    fix: 'Write one, run this where it is, or say where it is with --config.',
  });
}

async function readConfig(path: string, { modules }: LoadOptions): Promise<unknown> {
  if (extname(path) === '.json') return JSON.parse(await readFile(path, 'utf8'));
  const { createJiti } = await import('jiti');
  const jiti = createJiti(pathToFileURL(path).href, {
    virtualModules: { ...(await modules()) },
    // A config is small, and its folder need not be one to write to.
    fsCache: false,
    moduleCache: false,
  });
  const config = await jiti.import<unknown>(path, { default: true });
  // Without an export there is only the module itself.
  if (typeof config === 'object' && config !== null && Object.keys(config).length > 0) return config;
  throw new Error('it has no default export');
}
