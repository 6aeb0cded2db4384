import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Account, runAs } from './postgres-account.ts';
import type { Binaries } from './postgres-binaries.ts';
import type { Guard } from './postgres-guard.ts';

export const superuser = 'postgres';
const startPatienceMs = 60_000;
const stopPatienceMs = 30_000;

/** Everything a server process is made of. */
export interface ServerParts {
  readonly binaries: Binaries;
  readonly account: Account | undefined;
  readonly guard: Guard;
  /** For the logs; not writable for the server's account. */
  readonly directory: string;
  /** Empty at first, and owned by the server's account. */
  readonly data: string;
  readonly password: string;
  /** Of postgresql.conf. */
  readonly settings: Readonly<Record<string, string>>;
}

/** One Postgres server on one data folder: its process comes and goes. */
export class ServerProcess {
  readonly #parts: ServerParts;
  #process: ChildProcess | undefined;

  constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  /** The postmaster's process id, undefined while no server runs. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get logFile(): string {
    return join(this.#parts.directory, 'server.log');
  }

  /** Makes the data folder. @throws Error with initdb's output when that fails. */
  async initialize(): Promise<void> {
    const { binaries, account, directory, data, password } = this.#parts;
    const passwordFile = join(directory, 'password');
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (account) await chown(passwordFile, account.uid, account.gid);
    const log = join(directory, 'initdb.log');
    const child = this.#spawn(binaries.initdb, log, [
      `--pgdata=${data}`,
      `--username=${superuser}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      // The password is random; more iterations would only make every connection slower.
      ...(binaries.major >= 16 ? ['--set=scram_iterations=1'] : []),
      '--encoding=UTF8',
      // Built in, so that sorting does not depend on the locales of the machine.
      '--locale=C',
      ...(binaries.major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : []),
      '--no-sync',
    ]);
    await ended(child);
    await rm(passwordFile);
    if (child.exitCode !== 0) throw new Error(`initdb failed:\n${tail(log)}`);
  }

  /**
   * Starts the server and resolves once a client gets an answer.
   * @throws Error with the tail of the log when the server ends or does not answer within a minute.
   */
  async start(port: number): Promise<void> {
    if (this.#process) return;
    const { binaries, data, settings } = this.#parts;
    const all = {
      ...settings,
      port: String(port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
    };
    const child = this.#spawn(binaries.postgres, this.logFile, [
      `-D${data}`,
      ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ]);
    this.#process = child;
    child.on('exit', () => {
      if (this.#process === child) this.#process = undefined;
    });
    const deadline = Date.now() + startPatienceMs;
    let problem: unknown;
    while (this.#process === child && Date.now() < deadline) {
      try {
        await this.query(port, superuser, 'select 1');
        return;
      } catch (error) {
        problem = error;
        await sleep(25);
      }
    }
    throw new Error(`the local Postgres does not answer:\n${this.logTail()}`, { cause: problem });
  }

  /**
   * Stops the server: `fast` ends sessions and writes a checkpoint, `immediate` aborts as if it had crashed.
   * @throws Error when the process still runs after 30 seconds.
   */
  async stop(mode: 'fast' | 'immediate'): Promise<void> {
    const child = this.#process;
    if (!child) return;
    child.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    if (!(await ended(child, stopPatienceMs))) {
      throw new Error(`the local Postgres does not stop (${mode}):\n${this.logTail()}`);
    }
  }

  /** Kills postmaster and backends with SIGKILL. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (!child) return;
    await this.#parts.guard.killServer();
    await ended(child);
  }

  /** Runs one statement on a connection of its own, and returns its rows. */
  async query(port: number, database: string, sql: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: superuser,
      password: this.#parts.password,
      database,
      connectionTimeoutMillis: 5000,
    });
    client.on('error', () => {}); // what breaks also fails connect() or query()
    try {
      await client.connect();
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** The last 30 lines of the server's log. */
  logTail(): string {
    return tail(this.logFile);
  }

  #spawn(program: string, logFile: string, args: readonly string[]): ChildProcess {
    const { account, guard } = this.#parts;
    // Opened by us, so that no path needs to be writable for the account.
    const log = openSync(logFile, 'a', 0o600);
    const child = spawn(program, args, {
      ...runAs(account),
      // A process group of its own: a Ctrl-C in the terminal must not end the database before its clients.
      detached: true,
      // None of the PG* variables, and messages in English.
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    child.on('error', () => {}); // shows in the missing pid
    if (child.pid === undefined) throw new Error(`could not run ${program}`);
    guard.watch(child.pid);
    child.on('exit', () => guard.watch(0));
    child.unref();
    return child;
  }
}

function tail(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-30).join('\n');
}

/**
 * Waits for the end of a process that otherwise does not keep ours alive; false when it takes longer.
 * @throws Error when it could not be started at all.
 */
async function ended(child: ChildProcess, patienceMs?: number): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null) return true;
  child.ref();
  try {
    await once(child, 'exit', patienceMs ? { signal: AbortSignal.timeout(patienceMs) } : {});
    return true;
  } catch (error) {
    if ((error as Error).name === 'AbortError') return false;
    throw error;
  } finally {
    child.unref();
  }
}
