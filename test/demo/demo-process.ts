import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { waitUntil } from '../support/wait.ts';

const script = fileURLToPath(new URL('../../examples/demo.ts', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));

/** What a run of the demo has on the machine beside itself. */
export interface Belongings {
  /** Of Postgres, its guard, the daemon. */
  readonly pids: readonly number[];
  /** Of Postgres. */
  readonly folders: readonly string[];
}

/** `npm run demo` in a process group of its own, as a shell would start it, without npm. */
export class DemoProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown[]>;
  stdout = '';
  stderr = '';

  constructor(...args: string[]) {
    const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1' };
    this.#child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    // Not `exit`: the last output may still be on its way.
    this.#exited = once(this.#child, 'close');
  }

  /** Resolves with the exit code, or the signal that ended it. */
  async ended(): Promise<number | string> {
    const [code, signal] = (await this.#exited) as [number | null, string | null];
    return code ?? signal ?? '';
  }

  /** Waits until the output holds what is looked for, and returns it. */
  async says(what: RegExp, from: 'stdout' | 'stderr' = 'stdout'): Promise<RegExpMatchArray> {
    return waitUntil(() => this[from].match(what), {
      what: `${what} in ${this.stderr}${this.stdout}`,
      timeoutMs: 30_000,
    });
  }

  /** Sends a signal to the whole process group, as the terminal does at Ctrl-C. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-this.#child.pid!, signal);
  }

  /** What it has started by now. */
  async belongings(): Promise<Belongings> {
    const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,args=']);
    const all = [...stdout.matchAll(/^ *(\d+) +(\d+) +(.*)$/gm)].map(([, pid, parent, args = '']) => ({
      pid: Number(pid),
      parent: Number(parent),
      args,
    }));
    // `ps` itself is a child of ours, not of the demo's.
    const children = all.filter(({ parent }) => parent === this.#child.pid);
    const guards = children.map(({ args }) => args.match(/postgres-guard\.mjs (.*)$/)?.[1]?.split(' ') ?? []);
    return { pids: children.map(({ pid }) => pid), folders: guards.flat() };
  }

  /** For `afterEach`: a test that failed must not leave it running. */
  async kill(): Promise<void> {
    try {
      this.signalGroup('SIGKILL');
    } catch {
      // Already gone.
    }
    await this.#exited;
  }
}

/** Those of the belongings that are still there. */
export function left({ pids, folders }: Belongings): Array<number | string> {
  return [...pids.filter(isRunning), ...folders.filter((folder) => existsSync(folder))];
}

/** A zombie has ended too: in some containers nobody reaps the children of a process that was killed. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
