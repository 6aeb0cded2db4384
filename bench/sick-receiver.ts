import { startProcess } from './processes.ts';

/** Receivers that are alive and of no use, in a process of their own. */
export interface SickReceiver {
  /** Answers at once, a byte a second. */
  readonly dripUrl: string;
  /** Answers after 14 seconds: in time, by a second. */
  readonly slowUrl: string;
  stop(): Promise<void>;
}

export async function startSickReceiver(): Promise<SickReceiver> {
  const child = startProcess(['--input-type=module', '-e', code]);
  const url = `http://127.0.0.1:${await child.line(() => true)}`;
  return { dripUrl: `${url}/drip`, slowUrl: `${url}/slow`, stop: () => child.stop() };
}

const code = `
import { createServer } from 'node:http';
const server = createServer((request, response) => {
  request.resume();
  if (request.url === '/slow') {
    setTimeout(() => response.end(), 14_000);
    return;
  }
  const drip = setInterval(() => response.write('.'), 1_000);
  response.on('close', () => clearInterval(drip));
  response.write('.');
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;
