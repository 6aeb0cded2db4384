import { Pool, type PoolClient, types } from 'pg';

/** What a column holds once read. */
export type Value = string | boolean | Date | null;
export type Row = Record<string, Value>;
/** Columns to write. A key that is undefined is not written. */
export type Columns = Record<string, string | boolean | null | undefined>;

export type TimestampForm = 'iso' | 'sql';
export type Json = string | boolean | null | Json[] | { [key: string]: Json };
export type Body = { [key: string]: Json };

export interface CrmDatabase {
  /** One of the two; a given pool remains its owner's to close. */
  databaseUrl?: string;
  pool?: Pool;
}

// Only booleans and timestamps are parsed. All else stays the text that Postgres wrote: a bigint or a numeric would
// lose digits as a number, and a `date` would become midnight of the machine's own zone.
const PARSED_OIDS = new Set<number>([types.builtins.BOOL, types.builtins.TIMESTAMPTZ]);
const getTypeParser = (oid: number) => (PARSED_OIDS.has(oid) ? types.getTypeParser(oid) : String);

export function openPool({ databaseUrl, pool }: CrmDatabase): Pool {
  if (pool) return pool;
  if (!databaseUrl) throw new Error('The CRM needs a databaseUrl or a pool.');
  const opened = new Pool({ connectionString: databaseUrl, allowExitOnIdle: true });
  // A connection that the server closes is replaced on the next request; unheard, its error would end the process.
  opened.on('error', () => {});
  opened.on('connect', (client) => client.on('error', () => {}));
  return opened;
}

/** One request's view of the database: a single connection inside one transaction. */
export class Session {
  constructor(
    private readonly client: PoolClient,
    private readonly timestampForm: TimestampForm,
  ) {}

  async query(text: string, values: unknown[] = []): Promise<Row[]> {
    // The parsers are given with each query, because the pool may be the caller's.
    const result = await this.client.query<Row>({ text, values, types: { getTypeParser } });
    return result.rows;
  }

  /** The row with this id; null where there is none, and for a null reference. */
  async one(table: string, id: Value): Promise<Row | null> {
    return id === null ? null : this.first(`select * from ${table} where id = $1`, id);
  }

  /** The row of `table` that points at its owner with `column`, where at most one does. */
  async by(table: string, column: string, id: Value): Promise<Row | null> {
    return this.first(`select * from ${table} where ${column} = $1`, id);
  }

  async all(table: string, column: string, id: Value): Promise<Row[]> {
    return this.query(`select * from ${table} where ${column} = $1 order by id`, [id]);
  }

  /** The default email, address or phone of a person. */
  async defaultOf(table: string, personId: Value): Promise<Row | null> {
    return this.first(`select * from ${table} where person_id = $1 and "default"`, personId);
  }

  /**
   * Some columns of a row as they appear in a body: numbers are strings already, timestamps get the API's form.
   * @param columns names, each string one or several apart by blanks: `'id name'`
   */
  take(row: Row, ...columns: string[]): Body {
    const names = columns.join(' ').split(' ');
    return Object.fromEntries(names.map((name) => [name, this.json(row, name)]));
  }

  json(row: Row, column: string): string | boolean | null {
    const value = row[column];
    if (value === undefined) throw new Error(`The row has no column ${column}.`);
    return value instanceof Date ? this.timestamp(value) : value;
  }

  private timestamp(value: Date): string {
    // Cut to the second, not rounded: a record must not seem to be changed in the future.
    const iso = value.toISOString().slice(0, 19);
    return this.timestampForm === 'iso' ? `${iso}+00:00` : iso.replace('T', ' ');
  }

  private async first(text: string, value: Value): Promise<Row | null> {
    return (await this.query(text, [value]))[0] ?? null;
  }
}

/** Runs `work` in one transaction that begins with the statements given, and gives the connection back. */
export async function inTransaction<T>(
  pool: Pool,
  timestampForm: TimestampForm,
  mode: 'read only' | 'read write',
  requestId: string | undefined,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    // A body is read by several queries: repeatable read shows them all the same moment.
    await client.query(mode === 'read only' ? 'begin isolation level repeatable read read only' : 'begin');
    if (requestId !== undefined)
      await client.query("select set_config('rowhook.request_id', $1, true)", [requestId]);
    const result = await work(new Session(client, timestampForm));
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    // A connection that cannot even roll back is not fit for the next request.
    await client.query('rollback').then(
      () => client.release(),
      (broken: Error) => client.release(broken),
    );
    throw error;
  }
}
