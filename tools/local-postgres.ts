import pg from 'pg';
import type { Guard } from './postgres-guard.ts';
import { type ServerProcess, superuser } from './postgres-server.ts';

export interface LocalPostgresParts {
  readonly server: ServerProcess;
  readonly guard: Guard;
  readonly port: number;
  readonly password: string;
  readonly version: string;
  readonly directory: string;
  readonly dataDirectory: string;
  readonly stopFollowing: (() => void) | undefined;
}

/** A Postgres server of our own on 127.0.0.1, gone with this process unless `keep` is called. */
export class LocalPostgres {
  readonly port: number;
  /** "18.4" */
  readonly version: string;
  /** Holds `server.log`, and the data unless they are in memory. */
  readonly directory: string;
  readonly dataDirectory: string;
  readonly #parts: LocalPostgresParts;
  #closing: Promise<void> | undefined;

  /** For `startPostgres` alone. */
  constructor(parts: LocalPostgresParts) {
    this.#parts = parts;
    this.port = parts.port;
    this.version = parts.version;
    this.directory = parts.directory;
    this.dataDirectory = parts.dataDirectory;
  }

  /** The postmaster's process id, undefined while stopped. */
  get pid(): number | undefined {
    return this.#parts.server.pid;
  }

  /** The database `postgres` as its superuser, password included. */
  get superuserUrl(): string {
    return this.url();
  }

  /** Returns a connection URL: with the superuser's password, or for another user with the one given. */
  url(database = superuser, user = superuser, password?: string): string {
    const secret = password ?? (user === superuser ? this.#parts.password : undefined);
    const url = new URL(`postgres://127.0.0.1:${this.port}/${encodeURIComponent(database)}`);
    url.username = encodeURIComponent(user);
    if (secret !== undefined) url.password = encodeURIComponent(secret);
    return url.href;
  }

  /** Creates a database, as a copy of `template` if given. @throws the server's error, as for a name in use. */
  async createDatabase(name: string, template?: string): Promise<void> {
    const source = template === undefined ? '' : ` template ${pg.escapeIdentifier(template)}`;
    await this.#query(`create database ${pg.escapeIdentifier(name)}${source}`);
  }

  /** Drops the database if it exists, ending the sessions in it. */
  async dropDatabase(name: string): Promise<void> {
    await this.#query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
  }

  async #query(sql: string): Promise<void> {
    await this.#parts.server.query(this.port, superuser, sql);
  }

  /**
   * Starts again on the same port and data, after `stop` or `kill`; nothing happens when it runs.
   * @throws Error with the tail of the server's log.
   */
  start(): Promise<void> {
    return this.#parts.server.start(this.port);
  }

  /**
   * Stops the server and keeps its data: `fast` ends sessions and writes a checkpoint, `immediate` aborts as in
   * a crash. Nothing happens when it does not run.
   * @throws Error with the tail of the server's log when it still runs after 30 seconds.
   */
  stop(mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
    return this.#parts.server.stop(mode);
  }

  /** Ends postmaster and backends with SIGKILL; resolves when all are gone. Data are kept. */
  kill(): Promise<void> {
    return this.#parts.server.kill();
  }

  /** Stops the server and deletes its folders. Safe to call twice. */
  close(): Promise<void> {
    this.#parts.stopFollowing?.();
    this.#closing ??= this.#parts.guard.cleanUp();
    return this.#closing;
  }

  /**
   * Leaves the server running when this process ends, and returns the superuser's URL. From then on ending it
   * is the caller's business: `close` still works, else SIGINT for `pid` and deleting the folders.
   */
  async keep(): Promise<string> {
    await this.#parts.guard.release();
    return this.superuserUrl;
  }
}
