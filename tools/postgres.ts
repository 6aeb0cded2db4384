import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { followFile } from './follow-file.ts';
import { freePort } from './free-port.ts';
import { LocalPostgres } from './local-postgres.ts';
import { type Account, canReach, serverAccount } from './postgres-account.ts';
import { prepareBinaries } from './postgres-binaries.ts';
import { Guard } from './postgres-guard.ts';
import { ServerProcess, superuser } from './postgres-server.ts';

export type { LocalPostgres };

export interface PostgresOptions {
  /** Settings of postgresql.conf, over the defaults below. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Survive a crash of the machine (fsync). Slower; a crash of the server alone is survived either way. */
  readonly durable?: boolean;
  /**
   * Keep the data in memory (/dev/shm) where the machine has 2 GiB of it to spare: a new database is some 300
   * files, which with a slow disk is the better part of a test's time.
   */
  readonly inMemory?: boolean;
  /** Called with each line of the server's log, within a tenth of a second. */
  readonly onLog?: (line: string) => void;
}

const defaults = {
  max_connections: '200',
  shared_buffers: '256MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] %q%u@%d ',
  // In the data folder, which goes away, and not in /dev/shm, where a kill would leave it.
  dynamic_shared_memory_type: 'mmap',
};
const notDurable = { fsync: 'off', full_page_writes: 'off' };
const inMemory = { max_wal_size: '256MB' };
const memoryFolder = '/dev/shm';
const ampleMemory = 2 * 1024 ** 3;

/**
 * Starts a Postgres 18 server from the npm registry with fresh data on a free port of 127.0.0.1. As root, the
 * server runs as the user `postgres`, or else `nobody`. Sessions need the random password that the URLs hold.
 *
 * The server and its folders vanish with this process, however it ends. They keep no event loop alive.
 *
 * @throws Error saying which step failed, with the tail of the server's log.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<LocalPostgres> {
  if (process.platform === 'win32') throw new Error('a local Postgres runs on Linux and macOS only');
  const account = serverAccount();
  const temporary = account && !(await canReach(account, tmpdir())) ? '/tmp' : tmpdir();
  const useMemory = options.inMemory === true && (await isMemoryAmple());
  const directory = await mkdtemp(join(temporary, 'rowhook-postgres-'));
  const home = useMemory ? await mkdtemp(join(memoryFolder, 'rowhook-postgres-')) : directory;
  const data = join(home, 'data');
  const guard = new Guard(data, home, directory);
  try {
    await makeDataFolder(data, account, [home, directory]);
    const binaries = await prepareBinaries(account, directory);
    const password = randomBytes(16).toString('hex');
    const settings = {
      ...defaults,
      ...(options.durable ? {} : notDurable),
      ...(useMemory ? inMemory : {}),
      ...options.settings,
    };
    const server = new ServerProcess({ binaries, account, guard, directory, data, password, settings });
    await server.initialize();
    const port = await startOnFreePort(server);
    const [shown] = await server.query(port, superuser, 'show server_version');
    const version = String(shown?.server_version);
    const stopFollowing = options.onLog ? followFile(server.logFile, options.onLog) : undefined;
    return new LocalPostgres({
      server,
      guard,
      port,
      password,
      version,
      directory,
      dataDirectory: data,
      stopFollowing,
    });
  } catch (error) {
    await guard.cleanUp();
    throw error;
  }
}

async function isMemoryAmple(): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(memoryFolder);
    return bavail * bsize > ampleMemory;
  } catch {
    return false; // macOS has none
  }
}

async function makeDataFolder(
  data: string,
  account: Account | undefined,
  parents: readonly string[],
): Promise<void> {
  await mkdir(data, { mode: 0o700 });
  if (!account) return;
  // The parents stay ours, so that the server's account cannot plant links where we write.
  for (const parent of parents) await chmod(parent, 0o711);
  await chown(data, account.uid, account.gid);
}

/** Another process may take a free port before the server does. */
async function startOnFreePort(server: ServerProcess): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      await server.start(port);
      return port;
    } catch (error) {
      if (attempt === 10 || !/could not create any TCP\/IP sockets/.test(server.logTail())) throw error;
    }
  }
}
