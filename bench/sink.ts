import { startProcess } from './processes.ts';

/** A receiver in a process of its own. */
export interface Sink {
  readonly url: string;
  /** Requests so far to paths that begin with this letter, or all, and when that was: milliseconds of the sink's own clock. */
  told(letter?: string): { readonly count: number; readonly atMs: number };
  stop(): Promise<void>;
}

export async function startSink(): Promise<Sink> {
  let last: { counts: readonly number[]; atMs: number } = { counts: [], atMs: 0 };
  const child = startProcess(['--input-type=module', '-e', sinkCode], (line) => {
    last = JSON.parse(line);
  });
  const { port } = JSON.parse(await child.line(() => true)) as { port: number };
  return {
    url: `http://127.0.0.1:${port}/`,
    told(letter) {
      const { counts, atMs } = last;
      const count = letter
        ? (counts[letter.charCodeAt(0)] ?? 0)
        : counts.reduce((sum, each) => sum + each, 0);
      return { count, atMs };
    },
    stop: () => child.stop(),
  };
}

/**
 * Waits until so many more requests have come.
 * @returns what it told first when they had
 */
export async function reached(
  sink: Sink,
  count: number,
  letter?: string,
): Promise<{ count: number; atMs: number }> {
  for (;;) {
    const told = sink.told(letter);
    if (told.count >= count) return told;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

// What most receivers are: an ordinary server of Node's that reads the body and answers.
const sinkCode = `
import { createServer } from 'node:http';
const counts = new Array(128).fill(0);
const space = 32;
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    counts[request.url.charCodeAt(1) || space] += 1;
    response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': 2 }).end('ok');
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const tell = () => console.log(JSON.stringify({ port: server.address().port, counts, atMs: performance.now() }));
  tell();
  setInterval(tell, 20);
  process.stdout.on('error', () => process.exit());
});
`;
