import pg from 'pg';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';

/** An application that goes on writing to its tables, whatever becomes of them. */
export interface Writer {
  /** Resolves once it has been all round anew; rejects when one failed because of a trigger of ours. */
  wroteAgain(): Promise<void>;
  stop(): Promise<void>;
}

interface Column {
  name: string;
  type: string;
  kind: string;
  required: boolean;
}

/**
 * Writes to all tables of such names, from a connection of its own, one statement after the other: of one row and of several, with ON CONFLICT,
 * updates, deletes. It reads what the tables look like before each round, as an application knows its own; a statement that fails
 * because a table was another a moment before, or for a duplicate, is the application's own mistake. What a trigger of ours lets
 * fail is not: `wroteAgain` and `stop` reject with it.
 */
export async function startWriter(db: TestDatabase, tables: RegExp): Promise<Writer> {
  const client = new pg.Client({ connectionString: db.url });
  client.on('error', () => {});
  await client.connect();
  let n = 0;
  let rounds = 0;
  let ended = false;
  let fault: Error | undefined;

  async function write(): Promise<void> {
    while (!ended && !fault) {
      n += 10;
      let well = 0;
      for (const sql of await statements(client, n, tables)) {
        try {
          await client.query(sql);
          well += 1;
        } catch (error) {
          if (isOurs(error)) fault = new Error(`${sql}: ${(error as Error).message}`, { cause: error });
        }
      }
      if (well > 0) rounds += 1;
    }
  }
  const writing = write();
  return {
    async wroteAgain() {
      const before = rounds;
      // The round that is under way may have begun before.
      await waitUntil(() => fault !== undefined || rounds >= before + 2, {
        what: 'the application to write again',
      });
      if (fault) throw fault;
    },
    async stop() {
      ended = true;
      await writing;
      await client.end();
      if (fault) throw fault;
    },
  };
}

/** Raised within a function of ours, or about one. */
export const isOurs = (error: unknown): boolean =>
  /rowhook/.test(`${(error as pg.DatabaseError).where ?? ''} ${(error as Error).message}`);

/** One round of statements for all tables of such names as they are now, partitions and tables that inherit included. */
export async function statements(client: pg.Client, n: number, tables = /./): Promise<string[]> {
  const { rows } = await client.query<{ table: string; keyed: boolean; columns: Column[] }>(
    `select format('%I.%I', s.nspname, c.relname) as table,
       exists (select from pg_index i where i.indrelid = c.oid and i.indisunique) as keyed,
       json_agg(json_build_object('name', quote_ident(a.attname), 'type', format_type(a.atttypid, null),
         'kind', t.typcategory, 'required', a.attnotnull) order by a.attnum) as columns
     from pg_class c join pg_namespace s on s.oid = c.relnamespace
     join pg_attribute a on a.attrelid = c.oid join pg_type t on t.oid = a.atttypid
     where s.nspname in ('public', 'other') and c.relname ~ $1 and c.relkind in ('r', 'p')
       and a.attnum > 0 and not a.attisdropped and a.attidentity = '' and a.attgenerated = ''
     group by c.oid, 1 order by c.oid`,
    [tables.source],
  );
  return rows.flatMap(({ table, keyed, columns }) => {
    const names = columns.map(({ name }) => name).join(', ');
    const row = (i: number) => `(${columns.map((column) => value(table, column, i)).join(', ')})`;
    const free = columns.find(({ required, kind }) => !required && kind === 'S') ?? columns[0]!;
    return [
      `insert into ${table} (${names}) values ${row(n)}`,
      `insert into ${table} (${names}) values ${row(n + 1)}, ${row(n + 2)}, ${row(n + 3)}`,
      `insert into ${table} (${names}) values ${row(keyed ? n : n + 6)}, ${row(n + 4)} on conflict do nothing`,
      `update ${table} set ${free.name} = ${value(table, free, n + 5)} where ctid = (select max(ctid) from ${table})`,
      `update ${table} set ${columns.map(({ name }) => `${name} = ${name}`).join(', ')}`,
      `delete from ${table} where ctid = (select max(ctid) from ${table})`,
      `delete from ${table} where ctid in (select ctid from ${table} order by ctid desc limit 4)`,
    ];
  });
}

/** What the column takes; days lie in the partition that the table's name tells. */
function value(table: string, { kind, type }: Column, i: number): string {
  if (kind === 'N') return `${i}`;
  if (type === 'date')
    return table.includes('old') ? `'2025-03-03'` : table.includes('next') ? `'2027-03-03'` : `'2026-03-03'`;
  if (kind === 'D') return 'null';
  if (kind === 'B') return 'true';
  return `'v${i}'`;
}
