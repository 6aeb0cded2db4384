import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { waitUntil } from '../support/wait.ts';

/** A port that is listened on, and whose connections are made by nobody: a SYN that comes is dropped. */
export interface FullListener {
  readonly port: number;
  close(): Promise<void>;
}

/** A queue of one, which Linux lets two into, and nobody who takes anything out of it. */
const child = `
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));`;
const filling = 2;

/** A process that listens and stands still, as one does that hangs or has too much to do. Linux only. */
export async function startFullListener(): Promise<FullListener> {
  const listener = spawn(process.execPath, ['--eval', child], { stdio: ['ignore', 'pipe', 'inherit'] });
  const sockets: Socket[] = [];
  try {
    const [line] = (await once(createInterface({ input: listener.stdout }), 'line')) as [string];
    const port = Number(line);
    listener.kill('SIGSTOP');
    await waitUntil(() => isStopped(listener), { what: 'the listener to stand still' });
    for (let n = 0; n < filling; n += 1) {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      sockets.push(socket);
      await once(socket, 'connect');
    }
    return { port, close: () => close(listener, sockets) };
  } catch (error) {
    await close(listener, sockets);
    throw error;
  }
}

async function isStopped({ pid }: ChildProcess): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')')).startsWith(') T');
}

async function close(listener: ChildProcess, sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) socket.destroy();
  listener.kill('SIGKILL');
  if (listener.exitCode === null && listener.signalCode === null) await once(listener, 'exit');
}
