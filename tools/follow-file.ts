import { closeSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

/**
 * Calls `onLine` for every line of a file that exists, then for each one appended to it, within 100 ms.
 * Keeps no event loop alive. Returns a function that delivers what is left and ends it; safe to call twice.
 */
export function followFile(path: string, onLine: (line: string) => void): () => void {
  const file = openSync(path, 'r');
  const decoder = new StringDecoder('utf8');
  const chunk = Buffer.alloc(16 * 1024);
  let open = true;
  let rest = '';

  const deliver = (): void => {
    for (let size = readSync(file, chunk); size > 0; size = readSync(file, chunk)) {
      const lines = (rest + decoder.write(chunk.subarray(0, size))).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    }
  };
  const timer = setInterval(deliver, 100);
  timer.unref();
  return () => {
    if (!open) return;
    open = false;
    clearInterval(timer);
    deliver();
    closeSync(file);
  };
}
