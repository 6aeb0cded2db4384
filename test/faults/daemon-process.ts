import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { transform } from 'esbuild';
import { builtPackage } from '../cli/built-package.ts';
import { selfSigned } from '../delivery/self-signed.ts';
import { things } from '../relay/thing-reader.ts';
import { waitUntil } from '../support/wait.ts';

/** Deadline of each request, in ms. */
export const timeoutMs = 3_000;
/** How long a claim holds a delivery: the deadline, and 5 s before and behind it. */
export const leaseMs = timeoutMs + 10_000;

export interface DaemonOptions {
  /** Modules in TypeScript that are loaded before the program, and import nothing but Node's; their paths. */
  readonly before?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** `rowhook start` as it is published, in a process of its own. */
export interface DaemonProcess {
  readonly child: ChildProcess;
  /** Lines of its log so far. */
  lines(): ReadonlyArray<Record<string, unknown>>;
  /** Whether it has written this to its output. */
  said(text: string): boolean;
  /** Sends SIGKILL; resolves once it is gone. */
  kill(): Promise<void>;
  /** Sends SIGTERM; resolves with the exit code, once it is gone. */
  stop(): Promise<number | null>;
  freeze(): void;
  thaw(): void;
  readonly ended: Promise<number | null>;
}

/**
 * Starts a daemon; resolves once it says that it runs, or is killed.
 * @throws Error with what it said, where it ends by itself
 */
export async function startDaemon(url: string, options: DaemonOptions = {}): Promise<DaemonProcess> {
  const { before = [], env = {} } = options;
  const program = join(await builtPackage(), 'dist/cli/main.js');
  const folder = await mkdtemp(join(tmpdir(), 'rowhook-faults-'));
  const [config, certificate] = [join(folder, 'rowhook.config.json'), join(folder, 'cert.pem')];
  await writeFile(certificate, selfSigned.cert);
  const delivery = { allow: ['127.0.0.0/8', '::1', 'localhost'], timeoutMs };
  await writeFile(config, JSON.stringify({ catalog: things, database: url, delivery }));
  const scripts = await Promise.all(before.map((path) => asScript(path, folder)));
  const child = spawn(
    process.execPath,
    [...scripts.flatMap((path) => ['--import', path]), program, 'start', '--config', config],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate, ...env },
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = once(child, 'close').then(async ([code]) => {
    await rm(folder, { recursive: true, force: true });
    return code as number | null;
  });
  const lines = () =>
    output
      .slice(0, output.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const daemon: DaemonProcess = {
    child,
    lines,
    said: (text) => output.includes(text),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    ended,
  };
  const running = () => lines().some((line) => line.msg === 'rowhook is running');
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  await waitUntil(() => running() || isOver(), { what: 'a daemon to run', timeoutMs: 90_000 });
  if (!running() && child.signalCode === null)
    throw new Error(`the daemon ended with ${await ended}: ${output}`);
  return daemon;
}

/** The module as JavaScript in the folder: with tsx loaded for it a daemon would take three times as long to start. */
async function asScript(path: string, folder: string): Promise<string> {
  const { code } = await transform(await readFile(path, 'utf8'), { loader: 'ts', format: 'esm' });
  const file = join(folder, `${basename(path, '.ts')}.mjs`);
  await writeFile(file, code);
  return file;
}
