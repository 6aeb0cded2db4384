import { isIP, isIPv6, type Socket } from 'node:net';
import { BlockedAddress, type Guard } from '../guard/guard.ts';
import { startSocket, type TlsSettings } from './sockets.ts';
import type { ProxySettings } from './transport.ts';

export interface TunnelParts {
  readonly proxy: ProxySettings;
  /** Where the way is to lead: an address that the guard has judged, never a name. */
  readonly address: string;
  readonly port: number;
  /** Judges the proxy's own address. */
  readonly guard: Guard;
  /** For a proxy that is spoken to by https. */
  readonly tls: () => TlsSettings;
  /** Is told the socket to the proxy, to be able to break off. */
  onSocket(socket: Socket): void;
}

/** The proxy could not be reached, or did not open the way. */
export class ProxyFailed extends Error {
  override readonly name = 'ProxyFailed';
}

/**
 * A way through a proxy (CONNECT, RFC 9110, 9.3.6). The proxy is asked for an address, in the Host header too, so that it has no name to
 * resolve in its own way: it leads nowhere that the guard has not judged (invariant 10).
 * @throws BlockedAddress where the proxy itself may not be called; ProxyFailed
 */
export async function openTunnel(parts: TunnelParts): Promise<Socket> {
  const { proxy, guard } = parts;
  const target = `${isIPv6(parts.address) ? `[${parts.address}]` : parts.address}:${parts.port}`;
  // Only where there is a proxy: it takes 10 MB of memory.
  const { Client } = await import('undici');
  const client = new Client(proxy.origin, {
    connect: (_options, callback) => {
      const socket = startSocket(proxy.destination, guard, proxy.https ? parts.tls() : undefined);
      parts.onSocket(socket);
      const failed = (error: Error): void => callback(error, null);
      socket.once('error', failed);
      socket.once(proxy.https ? 'secureConnect' : 'connect', () => {
        // From here on the client hears of errors by itself. Told of one as if there were no connection yet, it could throw.
        socket.off('error', failed);
        callback(null, socket);
      });
    },
    headersTimeout: 0,
  });
  try {
    // No lookup is made for a literal, so that the guard has to be asked apart.
    if (isIP(proxy.destination.host)) await guard.addresses(proxy.destination);
    const { socket, statusCode } = await client.connect({
      path: target,
      headers: {
        host: target,
        ...(proxy.authorization !== undefined && { 'proxy-authorization': proxy.authorization }),
      },
    });
    if (statusCode >= 200 && statusCode <= 299) return socket as Socket;
    socket.on('error', () => {}).destroy();
    throw new ProxyFailed(`the proxy answered ${statusCode}`);
  } catch (error) {
    if (error instanceof ProxyFailed) throw error;
    const detail = (error as Error).message || (error as NodeJS.ErrnoException).code;
    if (error instanceof BlockedAddress)
      throw new BlockedAddress({ reason: error.code, detail: `the proxy: ${detail}` });
    throw new ProxyFailed(`the proxy: ${detail}`, { cause: error });
  }
}
