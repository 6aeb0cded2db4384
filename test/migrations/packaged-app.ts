import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { builtPackage, root } from '../cli/built-package.ts';

const run = promisify(execFile);

/** A folder of an application that has rowhook, built from this source, and all else that it needs in node_modules. */
export interface PackagedApp {
  readonly directory: string;
  /** Writes files by their paths in the folder. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** Runs node in the folder; rejects with stdout and stderr in the error when it ends with another code than 0. */
  node(
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<{ stdout: string; stderr: string }>;
  remove(): Promise<void>;
}

export async function packagedApp(): Promise<PackagedApp> {
  const directory = await mkdtemp(join(tmpdir(), 'rowhook-app-'));
  const modules = join(directory, 'node_modules');
  await mkdir(modules);
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (!name.startsWith('.')) await symlink(join(root, 'node_modules', name), join(modules, name));
  }
  await symlink(await builtPackage(), join(modules, 'rowhook'));
  return {
    directory,
    async write(files) {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(directory, path)), { recursive: true });
        await writeFile(join(directory, path), text);
      }
    },
    node: (args, env = {}) =>
      run(process.execPath, [...args], {
        cwd: directory,
        env: { ...process.env, ...env },
        // A whole migration is longer than what is kept by default.
        maxBuffer: 16 * 2 ** 20,
      }),
    remove: () => rm(directory, { recursive: true }),
  };
}
