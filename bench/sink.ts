import { startProcess } from './processes.ts';

/** A receiver in a process of its own, which costs so little that what is measured are the senders. */
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

// No HTTP parser: it looks for the end of the headers and counts the bytes of the body.
const sinkCode = `
import { createServer } from 'node:net';
const counts = new Array(128).fill(0);
const end = Buffer.from('\\r\\n\\r\\n');
const lengthName = 'content-length: ';
const answer = Buffer.from('HTTP/1.1 200 OK\\r\\nContent-Type: text/plain; charset=utf-8\\r\\nDate: Sun, 06 Nov 1994 08:49:37 GMT\\r\\n' +
  'Connection: keep-alive\\r\\nKeep-Alive: timeout=60\\r\\nContent-Length: 2\\r\\n\\r\\nok');
const server = createServer((socket) => {
  socket.setNoDelay(true);
  let missing = 0;
  let rest;
  socket.on('error', () => {});
  socket.on('data', (data) => {
    if (rest) data = Buffer.concat([rest, data]);
    rest = undefined;
    let at = 0;
    while (at < data.length) {
      if (missing === 0) {
        const headersEnd = data.indexOf(end, at);
        if (headersEnd < 0) {
          rest = data.subarray(at);
          return;
        }
        counts[data[at + 6]] += 1;
        const head = data.latin1Slice(at, headersEnd).toLowerCase();
        const from = head.indexOf(lengthName) + lengthName.length;
        missing = parseInt(head.slice(from, from + 10), 10);
        at = headersEnd + 4;
      }
      const taken = Math.min(missing, data.length - at);
      missing -= taken;
      at += taken;
      if (missing === 0) socket.write(answer);
    }
  });
});
server.listen(0, '127.0.0.1', () => {
  const tell = () => console.log(JSON.stringify({ port: server.address().port, counts, atMs: performance.now() }));
  tell();
  setInterval(tell, 20);
  process.stdout.on('error', () => process.exit());
});
`;
