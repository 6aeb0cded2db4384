import { Connection, type ConnectionParts } from './connection.ts';

export interface ConnectionsOptions {
  /** Sockets in all, those of requests under way included; these alone may be more. */
  readonly max: number;
  /** An older one is not kept, so that a receiver that moves to another address is followed. Default 5 minutes. */
  readonly ageMs?: number;
}

/** How often idle ones are looked at. */
const sweepMs = 500;

/**
 * Keeps connections for the next request to the same origin (by the same transport). What is idle is bounded over all origins: where there is no
 * room, the one that has been idle for longest goes, so that ten thousand endpoints with little traffic do not hold
 * a socket each. An origin without a connection costs nothing.
 */
export class Connections {
  readonly #options: ConnectionsOptions;
  /** By key; of each, the one that was used last is at the end and is taken first. */
  readonly #idleOf = new Map<string, Connection[]>();
  /** The same ones, longest idle first. */
  readonly #idle = new Set<Connection>();
  readonly #all = new Set<Connection>();
  /** Until when each of those may be idle, in milliseconds of performance.now(). */
  readonly #until = new Map<Connection, number>();
  #sweep: NodeJS.Timeout | undefined;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** All that are there, busy or idle. */
  get size(): number {
    return this.#all.size;
  }

  /** One for a request now: an idle one, or one that will open. Give it back. */
  take(key: string, partsOf: () => Omit<ConnectionParts, 'key'>): Connection {
    for (let known = this.#idleOf.get(key)?.at(-1); known; known = this.#idleOf.get(key)?.at(-1)) {
      const until = this.#until.get(known) ?? 0;
      this.#leaveIdle(known);
      if (known.open && performance.now() < until) return known;
      this.#drop(known);
    }
    if (this.#all.size >= this.#options.max) this.#dropOldest();
    const made = new Connection({ key, ...partsOf() });
    made.onClose = () => {
      if (this.#idle.has(made)) this.#drop(made);
    };
    this.#all.add(made);
    return made;
  }

  /** The request is over: keeps the connection, if it can be used again. */
  giveBack(connection: Connection): void {
    const { max, ageMs = 300_000 } = this.#options;
    const old = performance.now() - connection.openedAt >= ageMs;
    if (!connection.open || old || this.#all.size > max) {
      this.#drop(connection);
      return;
    }
    const others = this.#idleOf.get(connection.key);
    if (others) others.push(connection);
    else this.#idleOf.set(connection.key, [connection]);
    this.#idle.add(connection);
    this.#until.set(connection, performance.now() + connection.keepsMs);
    this.#sweep ??= setInterval(() => this.#dropExpired(), sweepMs).unref();
  }

  close(): void {
    for (const connection of this.#all) connection.destroy();
    this.#all.clear();
    this.#idle.clear();
    this.#idleOf.clear();
    this.#until.clear();
    this.#stopSweep();
  }

  #dropExpired(): void {
    const now = performance.now();
    for (const connection of this.#idle) {
      if ((this.#until.get(connection) ?? 0) <= now) this.#drop(connection);
    }
    if (this.#idle.size === 0) this.#stopSweep();
  }

  #stopSweep(): void {
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  #dropOldest(): void {
    for (const oldest of this.#idle) {
      this.#drop(oldest);
      return;
    }
  }

  #drop(connection: Connection): void {
    if (this.#idle.has(connection)) this.#leaveIdle(connection);
    this.#all.delete(connection);
    connection.destroy();
  }

  #leaveIdle(connection: Connection): void {
    this.#idle.delete(connection);
    this.#until.delete(connection);
    const others = this.#idleOf.get(connection.key) ?? [];
    others.splice(others.lastIndexOf(connection), 1);
    if (others.length === 0) this.#idleOf.delete(connection.key);
  }
}
