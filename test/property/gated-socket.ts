import { Socket } from 'node:net';

/** Client messages that end a statement: Query, and the Sync of the extended protocol. */
const ending = new Set(['Q'.charCodeAt(0), 'S'.charCodeAt(0)]);
const goodbye = 'X'.charCodeAt(0);
const readyForQuery = 'Z'.charCodeAt(0);
const backendKey = 'K'.charCodeAt(0);

/** A look that finds nothing has no more statements: begin, read, end. */
const emptyLook = 4;

/** Lets statements through, one by one, or all. One gate serves the connections that follow each other. */
export class Gate {
  /** Statements that may still be sent. */
  permits = Number.POSITIVE_INFINITY;
  /** Closes once the session is between two transactions. */
  closing = false;
  /** The connection ends right behind the next statement that is sent. */
  severed = false;
  socket: GatedSocket | undefined;

  open(): void {
    this.closing = false;
    this.allow(Number.POSITIVE_INFINITY);
  }

  allow(statements: number): void {
    this.permits = statements;
    this.socket?.flush();
  }
}

/** A connection to Postgres that a gate holds up between two statements: what the client writes then waits. */
export class GatedSocket extends Socket {
  /** Process id of the server's backend, once it is known. */
  backend: number | undefined;
  /** The session is in a transaction. */
  inTransaction = false;
  readonly #gate: Gate;
  /** Before the first page everything passes: what a relay prepares is none of the history's business. */
  #reads = false;
  #waiting: Buffer[] = [];
  #awaits = false;
  /** Of the transaction, so far. */
  #statements = 0;
  /** What is left of the server's message being read, and the beginning of the next one's head. */
  #left = 0;
  #head: number[] = [];

  constructor(gate: Gate) {
    super();
    this.#gate = gate;
    gate.socket = this;
    this.on('data', (chunk: Buffer) => this.#follow(chunk));
  }

  override connect(...where: never[]): this {
    super.connect(...(where as unknown as [number, string]));
    // Which has put Node's own in its place.
    this.write = GatedSocket.prototype.write;
    return this;
  }

  override write(chunk: Uint8Array | string, ...rest: never[]): boolean {
    const bytes = Buffer.from(chunk as Uint8Array);
    this.#reads ||= bytes.includes('isolation level repeatable read');
    if (!this.#reads || bytes[0] === goodbye) return super.write(bytes, ...rest);
    this.#waiting.push(bytes);
    this.flush();
    return true;
  }

  /** Sends what waits, as far as the gate allows: one statement, until it is answered. */
  flush(): void {
    while (this.#waiting.length > 0 && !this.#awaits && this.#gate.permits > 0) {
      const end = this.#waiting.findIndex((bytes) => ending.has(bytes[0]!));
      const sent = this.#waiting.splice(0, end < 0 ? this.#waiting.length : end + 1);
      this.#awaits = end >= 0;
      if (this.#awaits) this.#gate.permits -= 1;
      super.write(Buffer.concat(sent));
      if (this.#awaits && this.#gate.severed) this.destroySoon();
    }
  }

  /** Whether a statement is under way. */
  get awaits(): boolean {
    return this.#awaits;
  }

  #follow(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at);
        this.#left -= taken;
        at += taken;
        continue;
      }
      this.#head.push(chunk[at]!);
      at += 1;
      const type = this.#head[0];
      // A ready message has a byte more to look at, a key has four.
      const wanted = type === readyForQuery ? 6 : type === backendKey ? 9 : 5;
      if (this.#head.length < wanted) continue;
      const head = Buffer.from(this.#head);
      this.#head = [];
      this.#left = head.readInt32BE(1) - (wanted - 1);
      if (type === backendKey) this.backend = head.readInt32BE(5);
      if (type === readyForQuery) this.#answered(head[5] === 'T'.charCodeAt(0));
    }
  }

  #answered(inTransaction: boolean): void {
    this.inTransaction = inTransaction;
    if (!this.#reads) return;
    this.#awaits = false;
    this.#statements += 1;
    const gate = this.#gate;
    if (!inTransaction) {
      // Held, it need not look again and again where there is nothing.
      if (gate.closing || (!gate.severed && this.#statements <= emptyLook && Number.isFinite(gate.permits)))
        gate.permits = 0;
      gate.closing = false;
      this.#statements = 0;
    }
    // After the client has heard of it.
    setImmediate(() => this.flush());
  }
}
