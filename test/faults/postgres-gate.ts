import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type Message, MessageReader, type Statement, StatementReader } from './messages.ts';

/** A way to a Postgres server on which a statement can be stopped: before the server sees it, or before its answer is seen. */
export interface PostgresGate {
  /** The server's URL with this as host and port. */
  readonly url: string;
  /** Stops the next statement that fits, and its connection with it. @throws Error when none comes within a minute */
  hold(fits: (statement: Statement) => boolean, moment: 'sent' | 'done'): Promise<Held>;
  /** From now on nothing gets through on the connections that there are, and neither side is told. New ones are not affected. */
  swallow(): void;
  close(): Promise<void>;
}

/** A statement that is stopped. 'sent': the server has not seen it. 'done': the server has answered, the client has not seen it. */
export interface Held {
  /** Goes on as if nothing had happened. */
  release(): void;
  /** The server gets it; resolves once it has answered. The answer is kept. */
  arrive(): Promise<void>;
  /** Is lost, with its connection. */
  drop(): Promise<void>;
}

interface Wanted {
  readonly fits: (statement: Statement) => boolean;
  readonly moment: 'sent' | 'done';
  readonly reached: (held: Held) => void;
}

/** @param target URL of the server, with a port */
export async function startPostgresGate(target: string): Promise<PostgresGate> {
  const url = new URL(target);
  const to = { host: url.hostname, port: Number(url.port) };
  const links = new Set<Link>();
  const wanted: Wanted[] = [];
  const take = (statement: Statement): Wanted | undefined => {
    const at = wanted.findIndex(({ fits }) => fits(statement));
    return at < 0 ? undefined : wanted.splice(at, 1)[0];
  };
  const server = createServer((client) => {
    const link = new Link(client, connect(to), take);
    links.add(link);
    link.closed.then(() => links.delete(link));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    hold: (fits, moment) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no statement came that fits ${fits}`)), 60_000);
        const reached = (held: Held): void => {
          clearTimeout(timer);
          resolve(held);
        };
        wanted.push({ fits, moment, reached });
      }),
    swallow() {
      for (const link of links) link.swallow();
    },
    async close() {
      server.close();
      for (const link of links) link.destroy();
      await once(server, 'close');
    },
  };
}

/** One connection through the gate. */
class Link {
  /** Both sides are gone. */
  readonly closed: Promise<unknown>;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #take: (statement: Statement) => Wanted | undefined;
  readonly #fromClient = new MessageReader('client');
  readonly #fromServer = new MessageReader('server');
  readonly #statements = new StatementReader();
  /** What the client sent since it was stopped; undefined: goes through. */
  #kept: Buffer[] | undefined;
  /** What the server answered since then; undefined: goes through. */
  #answers: Buffer[] | undefined;
  /** Called when the server is ready for the next statement. */
  #onReady: (() => void) | undefined;
  #swallows = false;

  constructor(client: Socket, server: Socket, take: (statement: Statement) => Wanted | undefined) {
    this.#client = client;
    this.#server = server;
    this.#take = take;
    client.on('data', (chunk) => {
      for (const message of this.#fromClient.read(chunk)) this.#toServer(message);
    });
    server.on('data', (chunk) => {
      for (const message of this.#fromServer.read(chunk)) this.#toClient(message);
    });
    for (const socket of [client, server]) socket.on('error', () => {});
    // A statement that is stopped outlives who sent it: whether it still arrives is up to whoever stopped it.
    client.on('close', () => {
      if (!this.#stopped) server.destroy();
    });
    server.on('close', () => client.destroy());
    // Not by once(), which fails where a process that is killed resets its connection.
    const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));
    this.closed = Promise.all([closed(client), closed(server)]);
  }

  get #stopped(): boolean {
    return this.#kept !== undefined || this.#answers !== undefined;
  }

  swallow(): void {
    this.#swallows = true;
  }

  destroy(): void {
    this.#client.destroy();
    this.#server.destroy();
  }

  #toServer(message: Message): void {
    if (this.#swallows) return;
    const statement = this.#statements.read(message);
    const wanted = statement && !this.#stopped ? this.#take(statement) : undefined;
    if (wanted?.moment === 'sent') {
      this.#kept = [];
      wanted.reached(this.#held());
    }
    if (wanted?.moment === 'done') {
      this.#answers = [];
      this.#onReady = () => wanted.reached(this.#held());
    }
    if (this.#kept) this.#kept.push(message.bytes);
    else this.#server.write(message.bytes);
  }

  #toClient({ type, bytes }: Message): void {
    if (this.#swallows) return;
    if (this.#answers) this.#answers.push(bytes);
    else this.#client.write(bytes);
    if (type !== 'Z') return;
    this.#onReady?.();
    this.#onReady = undefined;
  }

  #held(): Held {
    return {
      release: () => {
        for (const bytes of this.#kept ?? []) this.#server.write(bytes);
        for (const bytes of this.#answers ?? []) this.#client.write(bytes);
        this.#kept = undefined;
        this.#answers = undefined;
        if (this.#client.closed) this.#server.destroy();
      },
      arrive: async () => {
        const answered = new Promise<void>((resolve) => {
          this.#onReady = resolve;
        });
        this.#answers ??= [];
        for (const bytes of this.#kept ?? []) this.#server.write(bytes);
        this.#kept = undefined;
        await answered;
      },
      drop: async () => {
        this.destroy();
        await this.closed;
      },
    };
  }
}
