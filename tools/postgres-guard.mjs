// The guard of one local Postgres: ends the server and deletes its folders once the owner is gone.
//
// Usage: node postgres-guard.mjs <data folder> <folder>..., with commands as lines on stdin:
//   pid <n>   the process to end is now <n>, the leader of its own process group (0: none runs)
//   kill      SIGKILL that server and all its backends; answers `killed` on stdout when they are gone
//   keep      leave server and folders alone, and exit
// The end of stdin is what it waits for. The kernel closes a pipe for every way a process can end, kill -9
// included, which no exit handler of the owner could see.
//
// Plain JavaScript, because it must start fast and without the owner's loaders.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const [data, ...others] = process.argv.slice(2);
if (!data) throw new Error('usage: postgres-guard.mjs <data folder> <folder>...');
let pid = 0;

// A Ctrl-C or a session's hangup is for the owner; the guard has to outlive it.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => {});
// The owner may be gone when `killed` is written.
process.stdout.on('error', () => {});

let queue = Promise.resolve();
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const [command, argument] = line.split(' ');
  if (command === 'keep') process.exit(0);
  if (command === 'pid') pid = Number(argument);
  if (command === 'kill') queue = queue.then(killServer).then(() => process.stdout.write('killed\n'));
});
lines.on('close', () => {
  queue = queue.then(cleanUp);
});

async function cleanUp() {
  if (pid > 0) await stopServer();
  removeSharedMemory();
  for (const folder of [data, ...others]) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

/** Ends the server in the mildest way that works: SIGINT closes sessions, SIGQUIT aborts, SIGKILL is last. */
async function stopServer() {
  for (const [name, patience] of [
    ['SIGINT', 5000],
    ['SIGQUIT', 7000],
  ]) {
    signal(pid, name);
    signal(pid, 'SIGCONT'); // a stopped process would never see it
    if (await isGone([pid], patience)) break;
  }
  if (isRunning(pid)) await killServer();
  // What an initdb has started is in its group; backends of a postmaster are in groups of their own.
  signal(-pid, 'SIGKILL');
}

/** Kills the postmaster and its backends; resolves when none of them runs any more. */
async function killServer() {
  if (pid <= 0) return;
  // Stopped, it can neither start backends behind our back nor clean up after those we kill.
  signal(pid, 'SIGSTOP');
  const doomed = [pid, ...processes().flatMap((each) => (each.parent === pid ? [each.pid] : []))];
  for (const each of doomed) signal(each, 'SIGKILL');
  await isGone(doomed, 10_000);
}

/**
 * A server that could not say goodbye leaves a System V segment behind, whose id is in its lock file.
 * Best effort: the next start on the same data would remove it, but here there will be no next start.
 */
function removeSharedMemory() {
  try {
    const id = readFileSync(join(data, 'postmaster.pid'), 'utf8').match(/^ *\d+ +(\d+)$/m)?.[1];
    const { uid, gid } = statSync(data);
    // As the server's own user, so that a forged lock file cannot make root remove another's segment.
    if (id)
      execFileSync(
        'ipcrm',
        ['-m', id],
        process.getuid() === 0 ? { uid, gid, stdio: 'ignore' } : { stdio: 'ignore' },
      );
  } catch {
    // No lock file: it ended properly.
  }
}

function signal(target, name) {
  try {
    process.kill(target, name);
  } catch {
    // Already gone.
  }
}

async function isGone(pids, patienceMs) {
  const deadline = Date.now() + patienceMs;
  while (pids.some(isRunning)) {
    if (Date.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

/** A zombie answers signals, but is gone: some containers have no init that would reap it. */
function isRunning(target) {
  try {
    process.kill(target, 0);
  } catch {
    return false;
  }
  return processes().some((each) => each.pid === target && !/^[ZX]/.test(each.state));
}

function processes() {
  if (process.platform !== 'linux') {
    const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' });
    return [...table.matchAll(/(\d+) +(\d+) +(\S+)/g)].map(([, id, parent, state]) => ({
      pid: Number(id),
      parent: Number(parent),
      state,
    }));
  }
  // Not `ps`: slim container images come without it.
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      // "pid (name, which may hold blanks and brackets) state parent ..."
      const [state, parent] = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1).split(' ');
      return [{ pid: Number(name), parent: Number(parent), state }];
    } catch {
      return []; // ended meanwhile
    }
  });
}
