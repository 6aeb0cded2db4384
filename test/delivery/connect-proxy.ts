import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';

export interface ConnectProxyOptions {
  /** Is spoken to by https. */
  readonly tls?: TlsOptions;
  /** What it answers instead of opening the way. */
  readonly refuse?: string;
}

/** A proxy that opens ways (CONNECT) to wherever it is asked, without a judgement of its own. */
export interface ConnectProxy {
  readonly port: number;
  /** What it was asked to connect to, with the headers of the asking. */
  readonly asked: readonly { readonly target: string; readonly headers: IncomingHttpHeaders }[];
  /** Connections to it that are open at present. */
  open(): number;
  close(): Promise<void>;
}

export async function startConnectProxy({ tls, refuse }: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const asked: { target: string; headers: IncomingHttpHeaders }[] = [];
  const sockets = new Set<Socket>();
  const server = tls ? createTlsServer(tls) : createServer();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('connect', (request, socket: Socket, head: Buffer) => {
    asked.push({ target: request.url ?? '', headers: request.headers });
    socket.on('error', () => {});
    if (refuse !== undefined) {
      socket.end(refuse);
      return;
    }
    const { hostname, port } = new URL(`http://${request.url}`);
    const onward = connect(Number(port || 80), hostname.replace(/^\[(.*)\]$/, '$1'), () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    socket.on('close', () => onward.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    open: () => sockets.size,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      if (server.listening) await once(server, 'close');
    },
  };
}
