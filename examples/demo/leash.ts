// Loaded into the daemon's process before its own program (`node --import`): ends it when the demo is gone. The kernel closes
// the pipe that is our stdin for every way in which the demo can end, kill -9 included, which no exit handler could see.
import { isMainThread } from 'node:worker_threads';

const patienceMs = 5_000;

if (isMainThread) {
  const endMe = (): void => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), patienceMs).unref();
  };
  process.stdin.on('end', endMe).on('error', endMe).resume();
  // Waiting for it must not keep a process alive that is done.
  (process.stdin as typeof process.stdin & { unref(): void }).unref();
}
