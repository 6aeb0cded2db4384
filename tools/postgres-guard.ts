import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./postgres-guard.mjs', import.meta.url));

/** The owner's end of `postgres-guard.mjs`: tells it which process to end, and when. */
export class Guard {
  readonly #folders: readonly string[];
  #process: ChildProcess;
  #pid = 0;

  /**
   * Starts watching: when this process ends in whatever way, the folders are deleted.
   * @param data the server's data folder, which need not exist yet
   */
  constructor(data: string, ...others: readonly string[]) {
    this.#folders = [data, ...others];
    this.#process = this.#spawn();
  }

  /** Names the process to end before the folders may go; it must lead its own process group. 0: none runs. */
  watch(pid: number): void {
    this.#pid = pid;
    this.#tell(`pid ${pid}`);
  }

  /**
   * Kills the watched server with all its backends (SIGKILL).
   * @throws Error when the guard itself has been killed.
   */
  async killServer(): Promise<void> {
    const child = this.#process;
    child.ref();
    await new Promise<void>((resolve) => {
      const done = (): void => {
        child.stdout?.off('data', done);
        child.off('exit', done);
        resolve();
      };
      child.stdout?.on('data', done);
      child.on('exit', done);
      if (this.#hasExited()) done();
      else this.#tell('kill');
    });
    child.unref();
    if (this.#hasExited()) throw new Error('the process that guards the local Postgres has gone');
  }

  /** Ends the guard without harm to server and folder. */
  async release(): Promise<void> {
    await this.#end(() => this.#tell('keep'));
  }

  /**
   * Stops the server and deletes the folders.
   * @throws Error when that did not work, naming the folders.
   */
  async cleanUp(): Promise<void> {
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      // It was released, or somebody has killed it: another one does the work.
      if (this.#hasExited()) {
        this.#process = this.#spawn();
        this.watch(this.#pid);
      }
      const code = await this.#end(() => this.#process.stdin?.end());
      if (code === 0) return;
    }
    throw new Error(`could not stop the local Postgres and delete ${this.#folders.join(' and ')}`);
  }

  #spawn(): ChildProcess {
    const child = spawn(process.execPath, [script, ...this.#folders], {
      // A session of its own: the terminal's Ctrl-C is not for the guard.
      detached: true,
      cwd: '/',
      // Loaders and inspectors asked for in the owner's NODE_OPTIONS are not for the guard either.
      env: { PATH: process.env.PATH ?? '' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    // A guard that was killed shows in its exit code; writing to it must not throw.
    child.on('error', () => {});
    child.stdin?.on('error', () => {});
    child.unref();
    (child.stdin as Socket).unref();
    (child.stdout as Socket).unref();
    return child;
  }

  #tell(line: string): void {
    if (this.#process.stdin?.writable) this.#process.stdin.write(`${line}\n`);
  }

  #hasExited(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  async #end(how: () => void): Promise<number | null> {
    this.#process.ref();
    const exited = this.#hasExited() ? undefined : once(this.#process, 'exit');
    how();
    await exited;
    return this.#process.exitCode;
  }
}
