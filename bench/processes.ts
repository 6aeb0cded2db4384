import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** Another Node process, whose lines are heard. */
export interface Process {
  readonly pid: number;
  /** Resolves with the first line, past or to come, for which this holds. Rejects when the process ends without it. */
  line(holds: (line: string) => boolean): Promise<string>;
  /** Its further lines are read and thrown away. */
  ignore(): void;
  /**
   * Asks it to end, and waits for that.
   * @param hurried it may break off what is under way: it is asked twice
   */
  stop(hurried?: boolean): Promise<void>;
}

/** Lines are kept for `line`, and handed to `onLine`, if that is given. */
export function startProcess(
  parameters: readonly string[],
  onLine: (line: string) => void = () => {},
): Process {
  const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const waiting = new Set<(line: string) => void>();
  const reader = createInterface({ input: child.stdout }).on('line', (line) => {
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
    ignore() {
      reader.close();
      child.stdout.resume();
    },
    stop: (hurried = false) => stopProcess(child, hurried),
  };
}

async function stopProcess(child: ChildProcess, hurried: boolean): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  // Two signals at once would be one.
  const again = hurried ? setInterval(() => child.kill('SIGTERM'), 200) : undefined;
  await ended;
  clearInterval(again);
}

/** The most memory that a process has held, in MB (10⁶ bytes): the kernel's VmHWM. Linux only. */
export async function peakMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return (Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) * 1_024) / 1e6;
}

/** Milliseconds that these processes have spent on a processor so far, in user mode and in the kernel's. Linux only, whose clock ticks every 10 ms. */
export async function processorMs(pids: readonly number[]): Promise<number> {
  const each = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      // The name in the second field may hold blanks; what follows its bracket is the third field.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 10;
    }),
  );
  return each.reduce((sum, ms) => sum + ms, 0);
}

/** The processes that this one has started and that still run. Linux only. */
export async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}
