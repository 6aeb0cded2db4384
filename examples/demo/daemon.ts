import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** Milliseconds for each step of stopping: to drain, to break off. */
const patienceMs = 8_000;
const keptLines = 40;

/** `rowhook start` in a process of its own, as beside any application. */
export class DaemonProcess {
  readonly #child: ChildProcess;
  readonly #tail: string[] = [];
  #stopping: Promise<void> | undefined;
  /** Rejects when the daemon ends without having been asked to. Never resolves. */
  readonly failed: Promise<never>;
  /** Of its admin page, with the token that signs in. Never resolves when the daemon ends before. */
  readonly adminUrl: Promise<string>;

  /** @param environment what its process gets beside ours */
  constructor(config: URL, environment: Readonly<Record<string, string>>) {
    const args = ['--import', 'tsx', '--import', pathOf('./leash.ts'), pathOf('../../src/cli/main.ts')];
    const start = ['start', '--config', fileURLToPath(config), '--print-admin-url'];
    // Tokens that the user has for another daemon would keep this one from making its own.
    const { ROWHOOK_ADMIN_TOKENS: _, ...inherited } = process.env;
    this.#child = spawn(process.execPath, [...args, ...start], {
      // tsx is looked for from here.
      cwd: pathOf('../../'),
      env: { ...inherited, ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own: the terminal's Ctrl-C is for the demo, which then stops things in order.
      detached: true,
    });
    let toldUrl: (url: string) => void;
    this.adminUrl = new Promise((resolve) => {
      toldUrl = resolve;
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.#tail.push(line);
        if (this.#tail.length > keptLines) this.#tail.shift();
        const [, url] = /^admin page: (http\S+)$/.exec(line) ?? [];
        if (url) toldUrl(url);
      });
    }
    this.#child.stdin!.on('error', () => {}); // it has ended, as `failed` says
    this.failed = new Promise((_, reject) => {
      this.#child.once('error', reject);
      // Not `exit`: the last lines may still be on their way.
      this.#child.once('close', (code, signal) => {
        if (this.#stopping) return;
        reject(new Error(`the daemon has ended (${signal ?? `exit code ${code}`}); ${this.lastWords()}`));
      });
    });
    this.failed.catch(() => {}); // whoever waits for it hears of it
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The end of its log, for a message. */
  lastWords(): string {
    return ['it said last:', ...this.#tail.map((line) => `  ${line}`)].join('\n');
  }

  /** Asks it to finish what it has in hand, then to break off, then kills it. Resolves when it is gone. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const child = this.#child;
    if (child.pid === undefined) return;
    for (const signal of ['SIGTERM', 'SIGTERM', 'SIGKILL'] as const) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill(signal);
      const timer = new AbortController();
      await Promise.race([exited, sleep(patienceMs, undefined, { signal: timer.signal })]);
      timer.abort();
    }
  }
}
