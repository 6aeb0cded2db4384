import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A way to a server on which each statement of a client waits until the test has done what is to come before it. */
export interface SteppedConnection {
  /** The target's URL with this as host and port. */
  readonly url: string;
  /** Called with each statement's number, from 0 since `restart`; the statement goes on when it resolves. */
  before: (statement: number) => Promise<void>;
  /** Counts anew. */
  restart(): void;
  /** Resolves once nothing has been on the way for so long, in ms. */
  silent(ms: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * For one client that sends a statement only after the answer to the last one: then what it sends at once is a statement.
 * @param target URL of the server, with a port
 */
export async function steppedConnection(target: string): Promise<SteppedConnection> {
  const url = new URL(target);
  const { hostname: host, port } = url;
  const sockets = new Set<Socket>();
  let count = 0;
  let lastAt = performance.now();
  let onTheWay = 0;
  const moved = () => {
    lastAt = performance.now();
  };

  const server = createServer((client) => {
    const upstream = connect({ host, port: Number(port) });
    let sending = Promise.resolve();
    let answered = true;
    client.on('data', (chunk) => {
      moved();
      const begins = answered;
      answered = false;
      onTheWay += 1;
      sending = sending
        .then(() => (begins ? stepped.before(count++) : undefined))
        .then(() => {
          onTheWay -= 1;
          moved();
          upstream.write(chunk);
        });
    });
    upstream.on('data', (chunk) => {
      moved();
      // ReadyForQuery ends every answer: 'Z', the length 5, and the state of the transaction.
      answered = chunk.subarray(-6, -1).equals(Buffer.from([0x5a, 0, 0, 0, 5]));
      client.write(chunk);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url.host = `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;

  const stepped: SteppedConnection = {
    url: url.href,
    before: async () => {},
    restart() {
      count = 0;
    },
    async silent(ms) {
      while (onTheWay > 0 || performance.now() - lastAt < ms) {
        await new Promise((resolve) => setTimeout(resolve, Math.max(1, ms - (performance.now() - lastAt))));
      }
    },
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
  return stepped;
}
