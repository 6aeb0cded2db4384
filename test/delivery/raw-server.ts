import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

/** A TCP server for answers that no web server would give. */
export interface RawServer {
  readonly port: number;
  /** Everything that came in, of all connections. */
  received(): string;
  /** Connections open at present. */
  open(): number;
  /** Connections made so far. */
  connections(): number;
  /** `http://127.0.0.1:<port><path>`, or `https://localhost:…` with TLS */
  url(path?: string): string;
  close(): Promise<void>;
}

export interface RawServerOptions {
  /** Speaks TLS before anything else. */
  readonly tls?: TlsOptions;
  /** Called for each connection; with TLS, once that stands. */
  onOpen?(socket: Socket): void;
}

/** @param onRequest called whenever something came in on a connection, with its socket to answer on */
export async function startRawServer(
  onRequest: (socket: Socket, chunk: Buffer) => void,
  { tls, onOpen }: RawServerOptions = {},
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let received = '';
  const onSocket = (socket: Socket): void => {
    socket.on('error', () => {});
    onOpen?.(socket);
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      onRequest(socket, chunk);
    });
  };
  const server: Server = tls ? createTlsServer(tls, onSocket) : createServer(onSocket);
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    received: () => received,
    open: () => sockets.size,
    connections: () => connections,
    url: (path = '/') => `${tls ? 'https://localhost' : 'http://127.0.0.1'}:${port}${path}`,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      if (server.listening) await once(server, 'close');
    },
  };
}
