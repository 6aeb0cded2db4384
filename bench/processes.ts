import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** Another Node process, whose lines are heard. */
export interface Process {
  readonly pid: number;
  /** Resolves with the first line, past or to come, for which this holds. Rejects when the process ends without it. */
  line(holds: (line: string) => boolean): Promise<string>;
  /** Asks it to end, and waits for that. */
  stop(): Promise<void>;
}

/** Lines are kept for `line`, and handed to `onLine`, if that is given. */
export function startProcess(
  parameters: readonly string[],
  onLine: (line: string) => void = () => {},
): Process {
  const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const waiting = new Set<(line: string) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (lines.length < 1_000) lines.push(line);
    onLine(line);
    for (const hear of waiting) hear(line);
  });
  return {
    pid: child.pid!,
    line(holds) {
      const known = lines.find(holds);
      if (known !== undefined) return Promise.resolve(known);
      return new Promise((resolve, reject) => {
        const hear = (line: string) => {
          if (!holds(line)) return;
          waiting.delete(hear);
          resolve(line);
        };
        waiting.add(hear);
        child.once('exit', (code) =>
          reject(new Error(`${parameters.join(' ').slice(0, 80)} ended: ${code}`)),
        );
      });
    },
    stop: () => stopProcess(child),
  };
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** The most memory that a process has held, in MB (10⁶ bytes): the kernel's VmHWM. Linux only. */
export async function peakMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return (Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) * 1_024) / 1e6;
}
