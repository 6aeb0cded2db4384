import type pg from 'pg';
import type { QueryResultRow } from 'pg';
import type { Json } from './json.ts';
import type { Change, Entry, Expected, Ledger } from './ledger.ts';

/** Runs a statement in a transaction of the demo's. */
export type Query = (text: string, values?: readonly unknown[]) => Promise<Record<string, string>[]>;

export interface ApplicationParts {
  readonly apiUrl: string;
  /** Of the API: tells when its transactions are over. */
  readonly apiPool: pg.Pool;
  /** For changes by plain SQL, past the API. */
  readonly sqlPool: pg.Pool;
  readonly ledger: Ledger;
  /** Whether the API takes a Request-Id with a change, for its events to tell. */
  readonly hasRequestIds: boolean;
  /** Called with each change that has been committed, before the next one may be made. */
  readonly onChange: (change: Change, entries: readonly Entry[]) => Promise<void> | void;
}

/**
 * Makes changes in an application, by its API and by SQL, one at a time, and enters in the ledger what each must raise. Everything
 * `raises` says is about one transaction.
 */
export class Application {
  readonly #parts: ApplicationParts;
  readonly #remembered = new Map<string, Json | undefined>();
  #requests = 0;
  #lastCommitAt = 0;

  constructor(parts: ApplicationParts) {
    this.#parts = parts;
    // The API gives a connection back right after its COMMIT was answered.
    parts.apiPool.on('release', () => {
      this.#lastCommitAt = performance.now();
    });
  }

  /** Changes something by a call of the API, with a Request-Id where it takes one, and returns the body of the answer. */
  api(
    method: 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    path: string,
    input: object | undefined,
    raises: (body: Json) => readonly Expected[],
  ): Promise<Json> {
    const requestId = this.#parts.hasRequestIds ? `demo-${++this.#requests}` : undefined;
    const change: Change = { by: 'API', what: `${method} /api/${path}`, requestId };
    return this.#make(change, async () => {
      const response = await fetch(`${this.#parts.apiUrl}/api/${path}`, {
        method,
        headers: {
          'Content-Type': 'application/json',
          ...(requestId === undefined ? {} : { 'Request-Id': requestId }),
        },
        body: input === undefined ? null : JSON.stringify(input),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${change.what}: ${response.status} ${text}`);
      const body: Json = text ? JSON.parse(text) : null;
      return { result: body, expected: raises(body), committedAt: this.#lastCommitAt };
    });
  }

  /** Changes something by one statement. */
  sql(
    text: string,
    values: readonly unknown[],
    raises: (rows: Record<string, string>[]) => readonly Expected[],
  ): Promise<Record<string, string>[]> {
    return this.#make({ by: 'SQL', what: oneLine(text), requestId: undefined }, async () => {
      const { rows } = await this.#query(this.#parts.sqlPool, text, values);
      return { result: rows, expected: raises(rows), committedAt: performance.now() };
    });
  }

  /**
   * Changes something by several statements in one transaction; `work` returns what it must raise.
   * @param end what ends it; after a rollback it raises nothing, whatever `work` says
   */
  transaction(
    what: string,
    work: (query: Query) => Promise<readonly Expected[]>,
    end: 'commit' | 'rollback' = 'commit',
  ): Promise<readonly Expected[]> {
    return this.#make({ by: 'SQL', what, requestId: undefined }, async () => {
      const client = await this.#parts.sqlPool.connect();
      try {
        await client.query('begin');
        const raised = await work(
          async (text, values = []) => (await this.#query(client, text, values)).rows,
        );
        await client.query(end);
        const committedAt = performance.now();
        client.release();
        const expected = end === 'commit' ? raised : [];
        return { result: expected, expected, committedAt };
      } catch (error) {
        client.release(true); // which ends its transaction too
        throw error;
      }
    });
  }

  /** Rows of a query that changes nothing. */
  async read(text: string, values: readonly unknown[] = []): Promise<Record<string, string>[]> {
    return (await this.#query(this.#parts.sqlPool, text, values)).rows;
  }

  /** The API's own GET; undefined where there is no such record. */
  async get(path: string): Promise<Json | undefined> {
    const response = await fetch(`${this.#parts.apiUrl}/api/${path}`);
    const text = await response.text();
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`GET /api/${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  /** Keeps the GET bodies of records that are about to be deleted. */
  async remember(...paths: readonly string[]): Promise<void> {
    for (const path of paths) this.#remembered.set(path, await this.get(path));
  }

  rememberedBody(path: string): Json | undefined {
    return this.#remembered.get(path);
  }

  /** When the API last ended a transaction, if that was less than a second before this moment. */
  apiCommitBefore(at: number): number | undefined {
    return at - this.#lastCommitAt < 1_000 ? this.#lastCommitAt : undefined;
  }

  async #make<T>(
    change: Change,
    work: () => Promise<{ result: T; expected: readonly Expected[]; committedAt: number }>,
  ): Promise<T> {
    const { ledger, onChange } = this.#parts;
    ledger.begin();
    try {
      const { result, expected, committedAt } = await work();
      await onChange(change, ledger.enter(change, committedAt, expected));
      return result;
    } catch (error) {
      ledger.enter(change, 0, []);
      throw error;
    }
  }

  #query(db: pg.Pool | pg.PoolClient, text: string, values: readonly unknown[]) {
    // Ids and counts as text, as the bodies have them.
    return db.query<QueryResultRow & Record<string, string>>({
      text,
      values: [...values],
      types: { getTypeParser: () => String },
    });
  }
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
