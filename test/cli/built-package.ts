import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sharedFolder } from '../support/shared-folder.ts';
import { waitUntil } from '../support/wait.ts';

export const root = fileURLToPath(new URL('../../', import.meta.url));

// On the global object: mocha may load this module in two ways, each with an instance of its own.
const holder = globalThis as { [key: symbol]: Promise<string> | undefined };
const key = Symbol.for('rowhook.test.package');

/**
 * The folder of the package as it is published, made of this source once per run, whichever of its processes asks first: starting
 * it takes half as long as starting the source. Gone with the run.
 */
export function builtPackage(): Promise<string> {
  holder[key] ??= shared();
  return holder[key];
}

async function shared(): Promise<string> {
  const folder = join(sharedFolder(), 'package');
  const making = `${folder}-in-the-making`;
  const begun = await mkdir(making).then(
    () => true,
    () => false,
  );
  // It may have been made between two looks; then there is nothing in the making any more.
  if (begun && existsSync(folder)) await rm(making, { recursive: true });
  else if (begun) {
    await build(making).catch(async (error: unknown) => {
      await rm(making, { recursive: true });
      throw error;
    });
    await rename(making, folder);
  } else {
    const isOver = () => existsSync(folder) || !existsSync(making);
    await waitUntil(isOver, { what: 'another process to build the package', timeoutMs: 60_000 });
    if (!existsSync(folder)) throw new Error('another process could not build the package, and says why');
  }
  return folder;
}

async function build(folder: string): Promise<void> {
  if (await isBuilt()) await cp(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  else {
    // Types are checked elsewhere.
    const tsc = ['-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(folder, 'dist')];
    await promisify(execFile)(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...tsc], {
      cwd: root,
    });
  }
  await cp(join(root, 'package.json'), join(folder, 'package.json'));
  await symlink(join(root, 'sql'), join(folder, 'sql'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
}

/** Whether `dist` is this source: `npm test` builds it first, and whoever runs one file may have changed something since. */
async function isBuilt(): Promise<boolean> {
  const changedAt = (path: string): Promise<number> =>
    stat(join(root, path)).then(
      ({ mtimeMs }) => mtimeMs,
      () => Number.NaN,
    );
  const paths = await readdir(join(root, 'src'), { recursive: true });
  const sources = paths.filter((path) => path.endsWith('.ts')).map((path) => path.slice(0, -'.ts'.length));
  const isNewer = await Promise.all(
    sources.flatMap((path) =>
      ['js', 'd.ts'].map(
        async (kind) => (await changedAt(`dist/${path}.${kind}`)) > (await changedAt(`src/${path}.ts`)),
      ),
    ),
  );
  return isNewer.every(Boolean);
}
