import { isIP, type Socket } from 'node:net';
import type { Destination, Guard } from '../guard/guard.ts';
import { type Phases, toTenths } from './phases.ts';
import { startSocket, startTlsOver } from './sockets.ts';
import type { PreparedTransport, ProxySettings } from './transport.ts';
import { openTunnel } from './tunnel.ts';

export interface OpeningParts {
  readonly destination: Destination;
  readonly transport: PreparedTransport;
  /** That of endpoints without settings of their own: by it an https proxy is known. */
  readonly usual: PreparedTransport;
  readonly guard: Guard;
}

type Done = (error: Error | null, socket: Socket | null) => void;

/**
 * A connection on its way: the lookup of the name, TCP, the way through the proxy if there is one, TLS. It knows how far it has got, and can
 * be broken off at any point, after which no socket is left.
 */
export class Opening {
  readonly #parts: OpeningParts;
  readonly #startedAt = performance.now();
  #resolvedAt: number | undefined;
  #connectedAt: number | undefined;
  #endedAt: number | undefined;
  #socket: Socket | undefined;
  #done: Done | undefined;

  /** @param done is called once, unless the opening is broken off before */
  constructor(parts: OpeningParts, done: Done) {
    this.#parts = parts;
    this.#done = done;
    const { proxy } = parts.transport;
    if (proxy) this.#throughProxy(proxy).catch((error: Error) => this.#end(error, null));
    else this.#directly();
  }

  /** Where it is, for people. */
  get step(): string {
    if (this.#connectedAt !== undefined) return 'in the TLS handshake';
    return this.#resolvedAt === undefined && !this.#literal ? 'looking up the name' : 'connecting';
  }

  /** How long each step took; the one that is under way counts up to `now`. */
  phases(now: number): Phases {
    const until = this.#endedAt ?? now;
    const connectFrom = this.#resolvedAt ?? (this.#literal ? this.#startedAt : undefined);
    const phases: Phases = {};
    if (!this.#literal) phases.dns = toTenths((this.#resolvedAt ?? until) - this.#startedAt);
    if (connectFrom !== undefined) phases.connect = toTenths((this.#connectedAt ?? until) - connectFrom);
    if (this.#connectedAt !== undefined && this.#parts.destination.secure) {
      phases.tls = toTenths(until - this.#connectedAt);
    }
    return phases;
  }

  destroy(): void {
    this.#done = undefined;
    this.#socket?.destroy();
  }

  get #literal(): boolean {
    return isIP(this.#parts.destination.host) !== 0;
  }

  #directly(): void {
    const { destination, transport, guard } = this.#parts;
    const socket = startSocket(destination, guard, destination.secure ? transport.tls() : undefined);
    socket.once('lookup', () => this.#resolved());
    socket.once('connect', () => this.#connected());
    this.#await(socket, destination.secure ? 'secureConnect' : 'connect');
  }

  async #throughProxy(proxy: ProxySettings): Promise<void> {
    const { destination, transport, usual, guard } = this.#parts;
    const [target] = await guard.addresses(destination);
    this.#resolved();
    const tunnel = await openTunnel({
      proxy,
      guard,
      address: target?.address ?? '',
      port: destination.port,
      tls: usual.tls,
      onSocket: (socket) => this.#hold(socket),
    });
    this.#hold(tunnel);
    this.#connected();
    if (!destination.secure) this.#end(null, tunnel);
    else if (this.#done) this.#await(startTlsOver(tunnel, destination, transport.tls()), 'secureConnect');
  }

  #await(socket: Socket, ready: 'connect' | 'secureConnect'): void {
    this.#hold(socket);
    socket.once('error', (error) => this.#end(error, null));
    socket.once(ready, () => this.#end(null, socket));
  }

  #hold(socket: Socket): void {
    this.#socket = socket;
    // For as long as there is a socket: the error of one that was given up must not end the process.
    socket.on('error', () => {});
    // Broken off meanwhile: what comes now is not wanted any more.
    if (!this.#done) socket.destroy();
  }

  #resolved(): void {
    this.#resolvedAt ??= performance.now();
  }

  #connected(): void {
    this.#connectedAt ??= performance.now();
  }

  #end(error: Error | null, socket: Socket | null): void {
    const done = this.#done;
    if (!done) return;
    this.#done = undefined;
    this.#endedAt = performance.now();
    done(error, socket);
  }
}
