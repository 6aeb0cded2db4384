import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { waitUntil } from '../support/wait.ts';

export interface RunOptions {
  /** The package's folder, see builtPackage. */
  readonly program: string;
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A command line that runs, with what it has written so far. */
export interface Running {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Waits for a line of the log with this message, and returns it. */
  logged(message: string): Promise<Record<string, unknown>>;
  /** Resolves with the exit code once it has ended and everything it wrote has come in. */
  readonly ended: Promise<number | null>;
}

const running = new Set<ChildProcess>();

/** Kills what a failed test has left running. */
export async function killRunning(): Promise<void> {
  await Promise.all(
    [...running].map((child) => {
      child.kill('SIGKILL');
      return once(child, 'close');
    }),
  );
}

/** The environment of this process, but for databases that whoever runs the tests has named for others. */
export function inheritedEnvironment(): NodeJS.ProcessEnv {
  const { ROWHOOK_DATABASE_URL: _, DATABASE_URL: __, ...inherited } = process.env;
  return inherited;
}

/** Starts the real command line in a process of its own. */
export function start(args: readonly string[], { program, cwd, env = {} }: RunOptions): Running {
  const child = spawn(process.execPath, [join(program, 'dist/cli/main.js'), ...args], {
    cwd,
    env: { ...inheritedEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    logged: (message) =>
      waitUntil(
        () => {
          const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
          const found = lines.map((line) => JSON.parse(line)).find((line) => line.msg === message);
          if (!found && child.exitCode !== null) throw new Error(`it has ended: ${stdout}${stderr}`);
          return found;
        },
        { what: `the log line "${message}"`, timeoutMs: 20_000 },
      ),
  };
}

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. */
export async function rowhook(args: readonly string[], options: RunOptions): Promise<Result> {
  const command = start(args, options);
  const code = await command.ended;
  return { code, stdout: command.stdout(), stderr: command.stderr() };
}
