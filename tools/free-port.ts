import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Finds a TCP port of 127.0.0.1 nobody listens on. Another process may take it before the caller does, who
 * then asks again.
 *
 * The port lies below the range outgoing connections draw theirs from (32768 on Linux): while our server is
 * down, a client that retries could otherwise be given the very port it calls, be connected to itself and so
 * keep the server from coming back.
 *
 * @throws Error when none of 50 random ports is free.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = randomInt(20_000, 32_000);
    const server = createServer();
    try {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      server.close();
      await once(server, 'close');
      return port;
    } catch {
      // Taken: try the next.
    }
  }
  throw new Error('no free TCP port found on 127.0.0.1 between 20000 and 32000');
}
