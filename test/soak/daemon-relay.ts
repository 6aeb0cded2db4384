import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { SteeredRelay } from '../property/steered-relay.ts';

const program = fileURLToPath(new URL('daemon.ts', import.meta.url));

/** The relay of a whole daemon: it is frozen where others are held, and dies by SIGKILL whatever is asked for. */
export async function steerDaemon(url: string): Promise<SteeredRelay> {
  let daemon: ChildProcess;
  let isFrozen = false;
  const start = (): void => {
    daemon = spawn(process.execPath, ['--import', 'tsx', program, url], { stdio: 'ignore' });
    isFrozen = false;
  };
  const end = async (): Promise<void> => {
    if (daemon.exitCode !== null || daemon.signalCode !== null) return;
    const gone = once(daemon, 'exit');
    daemon.kill('SIGKILL');
    await gone;
  };
  const freeze = (freezes: boolean): Promise<void> => {
    isFrozen = freezes;
    daemon.kill(freezes ? 'SIGSTOP' : 'SIGCONT');
    return Promise.resolve();
  };
  const restart = async (): Promise<void> => {
    await end();
    start();
  };
  start();
  return {
    pageSize: 0,
    get isWithinPage() {
      return isFrozen;
    },
    free: () => void freeze(false),
    hold: () => freeze(true),
    // How far it gets meanwhile is up to it.
    advance: () => freeze(false),
    endPage: () => freeze(false),
    kill: restart,
    restart,
    stop: end,
  };
}
