import { startProcess } from './processes.ts';

/** A receiver in a process of its own, which answers 200. */
export interface CountingReceiver {
  readonly url: string;
  /** Requests so far, at most 50 ms ago. */
  count(): number;
  /** When the bodies with these names came, in milliseconds since 1970. */
  arrivals(): ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

/**
 * @param delayMs before each answer
 * @param names whether it reads the bodies, and tells the names of people in them
 */
export async function startCountingReceiver({ delayMs = 0, names = false } = {}): Promise<CountingReceiver> {
  let count = 0;
  const arrivals = new Map<string, number>();
  const child = startProcess(
    ['--input-type=module', '-e', receiverCode, String(delayMs), names ? 'names' : ''],
    (line) => {
      const told = JSON.parse(line) as { count: number; names: ReadonlyArray<[string, number]> };
      count = told.count;
      for (const [name, at] of told.names) arrivals.set(name, at);
    },
  );
  const { port } = JSON.parse(await child.line(() => true)) as { port: number };
  return {
    url: `http://127.0.0.1:${port}/`,
    count: () => count,
    arrivals: () => arrivals,
    stop: () => child.stop(),
  };
}

const receiverCode = `
import { createServer } from 'node:http';
const [delayMs, wantsNames] = process.argv.slice(1);
let count = 0;
let names = [];
const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => wantsNames && chunks.push(chunk)).on('end', () => {
    const at = performance.timeOrigin + performance.now();
    count += 1;
    if (wantsNames) names.push([JSON.parse(Buffer.concat(chunks)).fullname, at]);
    if (delayMs === '0') response.end();
    else setTimeout(() => response.end(), Number(delayMs));
  });
});
server.listen(0, '127.0.0.1', () => {
  const tell = () => {
    console.log(JSON.stringify({ port: server.address().port, count, names }));
    names = [];
  };
  tell();
  setInterval(tell, 50);
  process.stdout.on('error', () => process.exit());
});
`;
