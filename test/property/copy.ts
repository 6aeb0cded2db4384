import pg from 'pg';
import type { Statement } from './statements.ts';

interface CopyConnection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** A query that answers the server's wish for data, which pg's own refuses. */
class CopyQuery extends pg.Query {
  readonly #data: Buffer;

  constructor(sql: string, data: Buffer, done: (error: Error | null) => void) {
    super(sql, undefined, done as never);
    this.#data = data;
  }

  /** Called by pg. */
  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFromChunk(this.#data);
    connection.endCopyFrom();
  }
}

/** Runs a statement, and sends the server what it reads from the client. */
export async function run(client: pg.Client, { sql, copied }: Statement): Promise<void> {
  if (copied === undefined) {
    await client.query(sql);
    return;
  }
  await new Promise<void>((resolve, reject) => {
    client.query(new CopyQuery(sql, Buffer.from(copied), (error) => (error ? reject(error) : resolve())));
  });
}
