import pg from 'pg';
import type { TestDatabase } from '../support/database.ts';

/** Small and repeatable; Math.random could not be run again. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Op = 'insert' | 'update' | 'delete';

interface Writer {
  readonly client: pg.Client;
  open: boolean;
  /** First and last state of each tag that this transaction touched: whether it exists. */
  touched: Map<number, { before: boolean; after: boolean }>;
}

/**
 * Concurrent transactions on a handful of tags, one statement at a time, and the model of what they must raise: the net effect of
 * each commit on each tag, in the order of commits.
 */
export async function createHistory(db: TestDatabase, random: (below: number) => number) {
  const writers: Writer[] = [];
  const committed = new Map<number, boolean>();
  const expected = new Map<string, string[]>();
  for (let i = 0; i < 4; i++) {
    const client = new pg.Client({ connectionString: db.url });
    client.on('error', () => {});
    await client.connect();
    // Meeting on a row must not block the only thread that could commit the other one.
    await client.query(`set lock_timeout = '10ms'`);
    writers.push({ client, open: false, touched: new Map() });
  }

  const reset = (writer: Writer) => {
    writer.open = false;
    writer.touched = new Map();
  };

  async function end(writer: Writer, how: 'commit' | 'rollback'): Promise<void> {
    await writer.client.query(how);
    if (how === 'commit') {
      for (const [id, { before, after }] of writer.touched) {
        committed.set(id, after);
        const effect = before ? (after ? 'tag_update' : 'tag_delete') : after ? 'tag_create' : undefined;
        if (effect) expected.set(String(id), [...(expected.get(String(id)) ?? []), effect]);
      }
    }
    reset(writer);
  }

  async function write(writer: Writer): Promise<void> {
    if (!writer.open) await writer.client.query('begin');
    writer.open = true;
    const id = 5000 + random(12);
    const before = writer.touched.get(id)?.before ?? committed.get(id) ?? false;
    const exists = writer.touched.get(id)?.after ?? before;
    const op: Op = exists ? (random(3) === 0 ? 'delete' : 'update') : 'insert';
    const sql = {
      insert: 'insert into tags (id, name) values ($1, $2)',
      update: 'update tags set name = $2 where id = $1',
      delete: 'delete from tags where id = $1 and $2::text is not null',
    };
    try {
      const { rowCount } = await writer.client.query(sql[op], [id, `n${random(1e9)}`]);
      if (rowCount !== 1) throw new Error('the model has lost the row');
      writer.touched.set(id, { before, after: op !== 'delete' });
    } catch (error) {
      // Met another writer: the whole transaction is void.
      if (!['55P03', '23505', '40P01'].includes((error as { code?: string }).code ?? '')) throw error;
      await end(writer, 'rollback');
    }
  }

  return {
    expected,
    /** One random statement of one random writer. */
    async step(): Promise<void> {
      const writer = writers[random(writers.length)]!;
      if (writer.open && random(4) === 0) await end(writer, random(5) === 0 ? 'rollback' : 'commit');
      else await write(writer);
    },
    async finish(): Promise<void> {
      for (const writer of writers) {
        if (writer.open) await end(writer, 'commit');
        await writer.client.end();
      }
    },
  };
}
