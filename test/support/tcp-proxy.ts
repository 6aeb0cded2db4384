import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../../tools/free-port.ts';

/** A TCP connection that can be made to fail: clients connect to it in place of its target. */
export interface TcpProxy {
  readonly port: number;
  /** The target's URL with this proxy as host and port. */
  readonly url: string;
  /** Connections open at present. */
  readonly connections: number;
  /**
   * Lets nothing through in either direction, like a network that drops packets: connections stay open, new
   * ones are accepted, both sides see silence. As TCP would send it again, nothing is lost after `resume`.
   */
  pause(): void;
  /** Ends `pause` or `cut`. */
  resume(): Promise<void>;
  /** Destroys all connections, and refuses new ones until `resume`. */
  cut(): Promise<void>;
  /** New connections lead to another target from now on, as after a failover. */
  redirect(target: string): void;
  /** Ends the proxy and its connections. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Starts a proxy on a free port of 127.0.0.1.
 * @param target URL of the target, with a port: "postgres://...", "http://..."
 */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const url = new URL(target);
  const upstream = { host: url.hostname, port: Number(url.port) };
  const port = await freePort();
  const links = new Set<Link>();
  let paused = false;
  let server: Server | undefined;

  const listen = async (): Promise<void> => {
    server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
      const link = new Link(client, upstream);
      links.add(link);
      link.onClose = () => links.delete(link);
      if (!paused) link.resume();
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const cut = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    closing?.close();
    for (const link of links) link.destroy();
    links.clear();
    if (closing) await once(closing, 'close');
  };
  await listen();
  url.host = `127.0.0.1:${port}`;

  return {
    port,
    url: url.href,
    get connections() {
      return links.size;
    },
    pause() {
      paused = true;
      for (const link of links) link.pause();
    },
    async resume() {
      paused = false;
      if (!server) await listen();
      for (const link of links) link.resume();
    },
    cut,
    redirect(to) {
      const { hostname, port: toPort } = new URL(to);
      upstream.host = hostname;
      upstream.port = Number(toPort);
    },
    close: cut,
  };
}

/** One connection through the proxy. */
class Link {
  onClose: () => void = () => {};
  readonly #client: Socket;
  readonly #target: { host: string; port: number };
  #upstream: Socket | undefined;
  #paused = true;

  constructor(client: Socket, target: { host: string; port: number }) {
    this.#client = client;
    this.#target = target;
    this.#watch(client);
  }

  resume(): void {
    this.#paused = false;
    // Not sooner: while nothing gets through, the target does not learn of the connection either.
    if (!this.#upstream) {
      this.#upstream = connect({ ...this.#target, allowHalfOpen: true });
      this.#watch(this.#upstream);
      this.#forward(this.#client, this.#upstream);
      this.#forward(this.#upstream, this.#client);
    }
    this.#client.resume();
    this.#upstream.resume();
  }

  pause(): void {
    this.#paused = true;
    this.#client.pause();
    this.#upstream?.pause();
  }

  destroy(): void {
    this.#client.destroy();
    this.#upstream?.destroy();
  }

  #watch(socket: Socket): void {
    socket.on('error', () => this.destroy());
    socket.on('close', () => {
      // An orderly end has been passed on by `end`, and what is still on its way to the other side may arrive.
      if (this.#client.closed && (this.#upstream?.closed ?? true)) this.onClose();
    });
  }

  #forward(from: Socket, to: Socket): void {
    from.on('data', (chunk) => {
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => {
      if (!this.#paused) from.resume();
    });
    from.on('end', () => to.end());
  }
}
