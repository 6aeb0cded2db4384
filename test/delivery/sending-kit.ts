import type { AddressInfo, Server, Socket } from 'node:net';
import { parseAllowList, type Resolve } from '../../src/delivery/guard/guard.ts';
import type { Sent } from '../../src/delivery/request/exchange.ts';
import { createSender, type Sender, type Transport } from '../../src/delivery/request/send.ts';
import { type Receiver, type Script, startReceiver } from '../support/receiver.ts';
import { type ConnectProxy, type ConnectProxyOptions, startConnectProxy } from './connect-proxy.ts';
import { type RawServer, type RawServerOptions, startRawServer } from './raw-server.ts';

export const body = Buffer.from('{"id":"412"}');
export const headers = [
  ['Content-Type', 'application/json'],
  ['SiteStacker-Event', 'person_update'],
] as const;

const noTransport: Transport = { clientCertificate: null, clientKey: null, ca: null, proxy: null };

/** Senders and servers to send to, for the tests of one suite; all are closed after each test. */
export function sendingKit() {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  /** May call this machine unless told otherwise. */
  const sender = (options: { timeoutMs?: number; allow?: string[]; resolve?: Resolve } = {}): Sender => {
    const { timeoutMs = 5_000, allow = ['127.0.0.0/8', 'localhost'], ...rest } = options;
    const made = createSender({ allow: parseAllowList(allow), timeoutMs, connections: 4, ...rest });
    closing.push(() => made.close());
    return made;
  };
  const receiver = async (script?: Script): Promise<Receiver> => {
    const made = await startReceiver(script);
    closing.push(() => made.close());
    return made;
  };
  const raw = async (
    onRequest: (socket: Socket, chunk: Buffer) => void,
    options?: RawServerOptions,
  ): Promise<RawServer> => {
    const made = await startRawServer(onRequest, options);
    closing.push(() => made.close());
    return made;
  };
  const proxy = async (options?: ConnectProxyOptions): Promise<ConnectProxy> => {
    const made = await startConnectProxy(options);
    closing.push(() => made.close());
    return made;
  };
  /** Returns the port. */
  const listen = async (server: Server & { closeAllConnections(): void }): Promise<number> => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(async () => {
      server.closeAllConnections();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  };
  const post = (url: string, by: Sender = sender(), transport?: Partial<Transport>): Promise<Sent> =>
    by.send(url, headers, body, transport && { transport: { ...noTransport, ...transport } });
  return { sender, receiver, raw, proxy, listen, post };
}
