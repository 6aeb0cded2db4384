import type { Write as Step } from './history.ts';
import type { Row, State, Transaction, View } from './state.ts';
import { keyText, type TableName, tables } from './tables.ts';

/** A write with the table that it is to. */
export type Write = Omit<Step, 'table' | 'do'> & {
  readonly table: TableName;
  readonly do: Exclude<Step['do'], 'replace'>;
};

export interface WriteContext {
  readonly state: State;
  readonly transaction: Transaction;
  readonly view: View;
  /** Where the history's keys begin. */
  readonly base: number;
  /** The value of `n` that the statement sets. */
  readonly n: string;
  readonly hasMerge: boolean;
  /** Of the partition that is attached later. */
  readonly late: 'none' | 'attached' | 'mended';
}

const states = ['draft', 'open', 'paid'];
const markedAt = '2020-01-01 00:00:00+00';

export const keyOf = (table: TableName, base: number, slot: number): string =>
  keyText(tables[table].keyOf(base, slot));
export const rowKey = (table: TableName, row: Row): string =>
  keyText(tables[table].key.map((column) => row[column]!));

export function keyColumns(table: TableName, base: number, slot: number): Row {
  const values = tables[table].keyOf(base, slot);
  return Object.fromEntries(tables[table].key.map((column, i) => [column, values[i]!]));
}

/** The row that a statement brings; undefined where what it must lead to is not there. */
export function newRow(
  slot: number,
  { table, value }: Write,
  { base, n, view }: WriteContext,
): Row | undefined {
  const row = { ...keyColumns(table, base, slot), n };
  const isThere = (name: TableName, key: string) => view.row(name, key) !== null;
  switch (table) {
    case 'plain':
      return { ...row, state: states[value % 3]! };
    case 'note':
      return { ...row, deleted_at: value % 3 === 0 ? markedAt : null };
    case 'child':
    case 'guest': {
      const parent = keyOf('parent', base, value % 4);
      return { ...row, parent_id: value % 4 < 3 && isThere('parent', parent) ? parent : null };
    }
    case 'parent_label': {
      const { parent_id, label_id } = row as unknown as Record<string, string>;
      return isThere('parent', parent_id!) && isThere('label', label_id!) ? row : undefined;
    }
    default:
      return row;
  }
}
