/** A message of Postgres's protocol 3.0. The one that opens a connection has no type: ''. */
export interface Message {
  readonly type: string;
  /** All of it, as it came. */
  readonly bytes: Buffer;
  /** Behind type and length. */
  readonly content: Buffer;
}

/** Cuts what comes on a connection, in pieces of any length, into messages. */
export class MessageReader {
  /** What came of messages that are not whole yet. */
  #pieces: Buffer[] = [];
  #length = 0;
  /** Before so much has come there is nothing to cut. */
  #needed = 0;
  #opened: boolean;

  /** @param from who sends: a client's first message has no type */
  constructor(from: 'client' | 'server') {
    this.#opened = from === 'server';
  }

  read(chunk: Buffer): Message[] {
    this.#pieces.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#needed) return [];
    const bytes = Buffer.concat(this.#pieces);
    const messages: Message[] = [];
    let at = 0;
    for (;;) {
      const lengthAt = at + (this.#opened ? 1 : 0);
      const headed = bytes.length >= lengthAt + 4;
      const end = headed ? lengthAt + bytes.readInt32BE(lengthAt) : lengthAt + 4;
      this.#needed = end - at;
      if (!headed || bytes.length < end) break;
      messages.push({
        type: this.#opened ? String.fromCharCode(bytes[at]!) : '',
        bytes: bytes.subarray(at, end),
        content: bytes.subarray(lengthAt + 4, end),
      });
      this.#opened = true;
      at = end;
    }
    this.#pieces = [bytes.subarray(at)];
    this.#length = bytes.length - at;
    return messages;
  }
}

/** A statement that a client has run. */
export interface Statement {
  /** '' for one without. */
  readonly name: string;
  readonly text: string;
  /** Names of those that it ran before in the same transaction. */
  readonly earlier: readonly string[];
}

/** Tells which statements a client runs, from the messages that it sends. */
export class StatementReader {
  readonly #texts = new Map<string, string>();
  #earlier: string[] = [];

  /** The statement that this message runs; undefined where it runs none. */
  read({ type, content }: Message): Statement | undefined {
    if (type === 'P') {
      const [name, after] = textAt(content, 0);
      this.#texts.set(name, textAt(content, after)[0]);
    }
    // The portal's name comes first.
    if (type === 'B') {
      const [name] = textAt(content, textAt(content, 0)[1]);
      return this.#run(name, this.#texts.get(name) ?? '');
    }
    return type === 'Q' ? this.#run('', textAt(content, 0)[0]) : undefined;
  }

  #run(name: string, text: string): Statement {
    if (/^\s*begin/i.test(text)) this.#earlier = [];
    const statement = { name, text, earlier: this.#earlier };
    this.#earlier = /^\s*(commit|rollback)/i.test(text) ? [] : [...this.#earlier, name];
    return statement;
  }
}

/** The text that ends with a zero, and where the next thing begins. */
function textAt(content: Buffer, from: number): [string, number] {
  const end = content.indexOf(0, from);
  return [content.toString('utf8', from, end), end + 1];
}
