import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A TCP server for answers that no web server would give. */
export interface RawServer {
  readonly port: number;
  /** Everything that came in, of all connections. */
  received(): string;
  /** Connections open at present. */
  open(): number;
  onConnection(listener: () => void): void;
  url(path?: string): string;
  close(): Promise<void>;
}

/** @param onRequest called whenever something came in on a connection, with its socket to answer on */
export async function startRawServer(onRequest: (socket: Socket) => void): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let received = '';
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      onRequest(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    received: () => received,
    open: () => sockets.size,
    onConnection: (listener) => server.on('connection', listener),
    url: (path = '/') => `http://127.0.0.1:${port}${path}`,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      if (server.listening) await once(server, 'close');
    },
  };
}
