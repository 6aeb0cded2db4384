import type { Row } from './state.ts';
import type { TableName } from './tables.ts';

/** A TRUNCATE, and what it takes. */
export interface TruncateSql {
  readonly sql: string;
  readonly empties: (name: TableName, row: Row) => boolean;
  /** Tables of which nothing is left; none where only a part of one is truncated. */
  readonly whole: readonly TableName[];
}

/** @param value chooses between a whole table and a part of it */
export function truncation(table: TableName, value: number): TruncateSql {
  const all = (sql: string, ...whole: TableName[]): TruncateSql => ({
    sql,
    whole,
    empties: (name) => whole.includes(name),
  });
  const isPart = value % 4 > 1;
  switch (table) {
    case 'parent':
      return all('truncate parent cascade', 'parent', 'child', 'guest', 'parent_label');
    case 'label':
      return all('truncate label cascade', 'label', 'parent_label');
    case 'seat':
      return isPart
        ? { sql: 'truncate seat_a', whole: [], empties: (name, row) => name === 'seat' && row.region === 'a' }
        : all('truncate seat', 'seat');
    case 'base':
      return isPart
        ? {
            sql: 'truncate derived',
            whole: [],
            empties: (name, row) => name === 'base' && Number(row.id) % 2 === 1,
          }
        : all('truncate base', 'base');
    default:
      return all(`truncate ${table}`, table);
  }
}
