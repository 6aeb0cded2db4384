import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { cp, mkdtemp, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = fileURLToPath(new URL('../../', import.meta.url));

// On the global object: mocha may load this module in two ways, each with an instance of its own.
const holder = globalThis as { [key: symbol]: Promise<string> | undefined };
const key = Symbol.for('rowhook.test.package');

/**
 * The folder of the package as it is published, built from this source once per run: starting it takes half as long as
 * starting the source. Gone with this process.
 */
export function builtPackage(): Promise<string> {
  holder[key] ??= build();
  return holder[key];
}

async function build(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rowhook-package-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  // Types are checked elsewhere.
  const tsc = ['-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(folder, 'dist')];
  await promisify(execFile)(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...tsc], {
    cwd: root,
  });
  await cp(join(root, 'package.json'), join(folder, 'package.json'));
  await symlink(join(root, 'sql'), join(folder, 'sql'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}
