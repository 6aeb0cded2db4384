import pg from 'pg';

interface Writer {
  client: pg.Client;
  open: boolean;
  /** Of the open transaction. */
  statements: number;
  /** Whether each thing that this transaction touched was there before, and is there now. */
  touched: Map<number, { before: boolean; after: boolean }>;
}

export interface MovingHistory {
  /** The events of each thing, in their order. */
  readonly expected: ReadonlyMap<string, readonly string[]>;
  /** One random statement of one random writer. */
  step(): Promise<void>;
  /** The writers go on in another database; what they had open is lost. */
  moveTo(url: string): Promise<void>;
  /** Commits what is open. */
  finish(): Promise<void>;
}

/** In changes. Half a page must hold more, for a transaction to have one net effect. */
export const longestTransaction = 5;

/** The table that the histories are of, and one that has nothing to do with it. */
export const thingTable = `create table thing (id int primary key, name text not null);
  create table note (id int primary key, body text)`;

/**
 * Concurrent transactions on a handful of things, one statement at a time, and the model of what they must raise: the net effect of
 * each commit on each thing, in the order of commits. The database may be moved meanwhile.
 */
export async function createMovingHistory(
  url: string,
  random: (below: number) => number,
): Promise<MovingHistory> {
  const committed = new Map<number, boolean>();
  const expected = new Map<string, string[]>();
  const connect = async (at: string): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: at });
    client.on('error', () => {});
    await client.connect();
    // Meeting on a row must not block the only thread that could commit the other one.
    await client.query(`set lock_timeout = '10ms'`);
    return client;
  };
  const writers: Writer[] = [];
  for (let i = 0; i < 4; i++)
    writers.push({ client: await connect(url), open: false, statements: 0, touched: new Map() });

  async function end(writer: Writer, how: 'commit' | 'rollback'): Promise<void> {
    await writer.client.query(how);
    for (const [id, { before, after }] of how === 'commit' ? writer.touched : []) {
      committed.set(id, after);
      const effect = before ? (after ? 'update' : 'delete') : after ? 'create' : undefined;
      if (effect) expected.set(String(id), [...(expected.get(String(id)) ?? []), `thing_${effect}`]);
    }
    writer.open = false;
    writer.statements = 0;
    writer.touched = new Map();
  }

  async function write(writer: Writer): Promise<void> {
    if (!writer.open) await writer.client.query('begin');
    writer.open = true;
    writer.statements++;
    const id = random(16);
    const before = writer.touched.get(id)?.before ?? committed.get(id) ?? false;
    const exists = writer.touched.get(id)?.after ?? before;
    const [after, sql] = !exists
      ? [true, 'insert into thing (id, name) values ($1, $2)']
      : random(3) === 0
        ? [false, 'delete from thing where id = $1 and $2::text is not null']
        : [true, 'update thing set name = $2 where id = $1'];
    try {
      const { rowCount } = await writer.client.query(sql, [id, `n${random(1e9)}`]);
      if (rowCount !== 1) throw new Error('the model has lost the row');
      writer.touched.set(id, { before, after });
    } catch (error) {
      // Met another writer: the whole transaction is void.
      if (!['55P03', '23505', '40P01'].includes((error as { code?: string }).code ?? '')) throw error;
      await end(writer, 'rollback');
    }
  }

  return {
    expected,
    async step() {
      const writer = writers[random(writers.length)]!;
      const ends = writer.statements === longestTransaction || random(4) === 0;
      if (writer.open && ends) await end(writer, random(5) === 0 ? 'rollback' : 'commit');
      else await write(writer);
    },
    async moveTo(to) {
      for (const writer of writers) {
        if (writer.open) await end(writer, 'rollback');
        await writer.client.end();
        writer.client = await connect(to);
      }
    },
    async finish() {
      for (const writer of writers) {
        if (writer.open) await end(writer, 'commit');
        await writer.client.end();
      }
    },
  };
}
