import pg from 'pg';

/** What one committed transaction did to one record: the `at`-th change of it. */
export interface Done {
  readonly record: number;
  readonly at: number;
  /** Of the event: `create`, `update`, `delete`. */
  readonly what: string;
  readonly request: string;
  /** The counter of a row that is gone. */
  readonly last?: number;
}

export interface Contention {
  /** Of all committed transactions. */
  readonly done: readonly Done[];
  /** How often a transaction failed, by its code. */
  readonly failed: ReadonlyMap<string, number>;
}

export const records = 5;
/** `tally` is not captured. It is written behind each change of a record, by whoever has locked it: it says the how-manieth it was. */
export const counterTables = `create table counter (id int primary key, n int not null);
  create table tally (id int primary key, n int not null);
  insert into tally select i, 0 from generate_series(0, ${records}) i`;

/** Two sessions waited for each other; a snapshot is older than what it would change; somebody else has inserted the row. */
const again = ['40P01', '40001', '23505'];
const isolations = ['read committed', 'read committed', 'repeatable read', 'serializable'];

const statements: Record<string, string> = {
  update: 'update counter set n = n + 1 where id = $1 returning n, false as came',
  upsert: `insert into counter values ($1, 0) on conflict (id) do update set n = counter.n + 1
    returning n, n = 0 as came`,
  insert: 'insert into counter values ($1, 0) returning n, true as came',
  delete: 'delete from counter where id = $1 returning n, false as came',
};
const choices = ['update', 'update', 'update', 'upsert', 'insert', 'delete'];

/**
 * Writers, each with a session of its own, that want the same few rows at once: they wait for each other, fail, and try again.
 * @param transactions that each of them commits
 */
export async function contend(
  url: string,
  random: (below: number) => number,
  { writers, transactions }: { writers: number; transactions: number },
): Promise<Contention> {
  const done: Done[] = [];
  const failed = new Map<string, number>();
  const pick = <T>(from: readonly T[]): T => from[random(from.length)]!;

  async function transaction(client: pg.Client, request: string): Promise<Done[]> {
    const made: Done[] = [];
    const step = async (): Promise<Done[]> => {
      const record = 1 + random(records);
      const choice = pick(choices);
      const { rows } = await client.query<{ n: number; came: boolean }>(statements[choice]!, [record]);
      const [row] = rows;
      if (!row) return [];
      const tallied = await client.query<{ n: number }>(
        'update tally set n = n + 1 where id = $1 returning n',
        [record],
      );
      const at = tallied.rows[0]!.n;
      if (choice === 'delete') return [{ record, at, what: 'delete', request, last: row.n }];
      return [{ record, at, what: row.came ? 'create' : 'update', request }];
    };
    await client.query(`begin isolation level ${pick(isolations)}`);
    await client.query(`select set_config('rowhook.request_id', $1, true)`, [request]);
    for (let i = 1 + random(3); i > 0; i--) made.push(...(await step()));
    if (random(8) === 0) {
      await client.query('savepoint undone');
      await step();
      await client.query('rollback to undone');
    }
    const isKept = random(10) !== 0;
    await client.query(isKept ? 'commit' : 'rollback');
    return isKept ? made : [];
  }

  async function writer(number: number): Promise<void> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      // Else a second is most of what a deadlock takes. Not every role may.
      await client.query(`set deadlock_timeout = '20ms'`).catch(() => {});
      for (let left = transactions, tries = 0; left > 0; tries++) {
        try {
          const made = await transaction(client, `${number}-${tries}`);
          done.push(...made);
          if (made.length > 0) left--;
        } catch (error) {
          const code = (error as { code?: string }).code ?? '';
          if (!again.includes(code)) throw error;
          failed.set(code, (failed.get(code) ?? 0) + 1);
          await client.query('rollback');
        }
      }
    } finally {
      await client.end();
    }
  }

  await Promise.all(Array.from({ length: writers }, (_, number) => writer(number)));
  return { done, failed };
}
