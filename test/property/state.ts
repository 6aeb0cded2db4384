import type { TableName } from './tables.ts';

/** A row: each column as text. */
export type Row = Readonly<Record<string, string | null>>;

/** What one statement did to one row, as far as the row is concerned. */
export interface RowChange {
  readonly table: TableName;
  /** As events name it. */
  readonly key: string;
  readonly before: Row | null;
  readonly after: Row | null;
  /** False: through a partition that has no triggers yet. */
  readonly captured: boolean;
  /** A time of its own, later than all before. */
  readonly at: number;
  /** Row changes that the outbox holds for it. */
  readonly weight: number;
}

/**
 * A TRUNCATE that left nothing of these tables, or of none, as it was one of a part; what it did to each row are changes of their own,
 * which nobody captured.
 */
export interface Truncation {
  readonly truncated: readonly TableName[];
  readonly at: number;
  /** At most so many rows of the outbox tell of it: one for each table, and for each partition of it. */
  readonly weight: number;
}

export const isTruncation = (entry: RowChange | Truncation): entry is Truncation => 'truncated' in entry;

/** `share`: as of the row that a foreign key leads to. `update`: the key stays. `exclusive`: the key comes, goes, or changes. */
export type LockMode = 'share' | 'update' | 'exclusive';

export interface Lock {
  readonly table: TableName;
  readonly key: string;
  readonly mode: LockMode;
}

/** A transaction that is open: what it has done so far. Locks stay until it ends, also those of what was rolled back. */
export class Transaction {
  log: Array<RowChange | Truncation> = [];
  /** The length of the log at each savepoint. */
  readonly savepoints: number[] = [];
  readonly locks = new Map<string, LockMode>();
  readonly groups = new Map<string, 'shared' | 'exclusive'>();
}

const compatible = (a: LockMode, b: LockMode): boolean =>
  a === 'share' ? b !== 'exclusive' : a === 'update' && b === 'share';

const stronger = (a: LockMode, b: LockMode | undefined): LockMode =>
  a === 'exclusive' || b === 'exclusive'
    ? 'exclusive'
    : a === 'update' || b === 'update'
      ? 'update'
      : 'share';

/** What is committed, and the transactions that are open: READ COMMITTED, where nobody ever waits for a lock. */
export class State {
  readonly committed = new Map<TableName, Map<string, Row>>();
  readonly open = new Set<Transaction>();
  #clock = 0;

  now(): number {
    this.#clock += 1;
    return this.#clock;
  }

  /** What a transaction sees. */
  view(transaction: Transaction): View {
    const rows = new Map([...this.committed].map(([table, known]) => [table, new Map(known)]));
    const view = new View(rows);
    for (const entry of transaction.log) if (!isTruncation(entry)) view.apply(entry);
    return view;
  }

  commit(transaction: Transaction): void {
    const view = new View(this.committed);
    for (const entry of transaction.log) if (!isTruncation(entry)) view.apply(entry);
    this.open.delete(transaction);
  }

  /** Takes all of these locks, or none where another transaction is in the way. */
  lock(transaction: Transaction, locks: readonly Lock[]): boolean {
    const others = [...this.open].filter((one) => one !== transaction);
    const free = locks.every(({ table, key, mode }) =>
      others.every((other) => {
        const held = other.locks.get(`${table} ${key}`);
        return held === undefined || compatible(mode, held);
      }),
    );
    if (!free) return false;
    for (const { table, key, mode } of locks) {
      const id = `${table} ${key}`;
      transaction.locks.set(id, stronger(mode, transaction.locks.get(id)));
    }
    return true;
  }

  /** The same of a group of tables: all write to it, or one alone. */
  lockGroup(transaction: Transaction, group: string, mode: 'shared' | 'exclusive'): boolean {
    const others = [...this.open].filter((one) => one !== transaction);
    const free = others.every(({ groups }) =>
      mode === 'exclusive' ? !groups.has(group) : groups.get(group) !== 'exclusive',
    );
    if (free && transaction.groups.get(group) !== 'exclusive') transaction.groups.set(group, mode);
    return free;
  }

  /** Whether somebody keeps even readers out of a table: the relay may be waiting. */
  keepsReadersOut(except?: Transaction): boolean {
    return [...this.open].some((one) => one !== except && [...one.groups.values()].includes('exclusive'));
  }
}

/** Rows that can be changed. */
export class View {
  readonly #rows: Map<TableName, Map<string, Row>>;

  constructor(rows: Map<TableName, Map<string, Row>>) {
    this.#rows = rows;
  }

  row(table: TableName, key: string): Row | null {
    return this.#rows.get(table)?.get(key) ?? null;
  }

  rows(table: TableName): Array<[key: string, row: Row]> {
    return [...(this.#rows.get(table) ?? [])];
  }

  apply({ table, key, after }: Pick<RowChange, 'table' | 'key' | 'after'>): void {
    const rows = this.#rows.get(table) ?? new Map<string, Row>();
    this.#rows.set(table, rows);
    if (after) rows.set(key, after);
    else rows.delete(key);
  }
}
