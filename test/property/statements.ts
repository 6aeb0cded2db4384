import pg from 'pg';
import type { Row } from './state.ts';
import { type TableName, tables } from './tables.ts';

/** A statement of an application; with `copied`, what it reads from the client. */
export interface Statement {
  readonly sql: string;
  readonly copied?: string;
}

const types: Readonly<Record<string, string>> = {
  b: 'text',
  code: 'text',
  region: 'text',
  state: 'text',
  n: 'bigint',
  deleted_at: 'timestamptz',
};
const typeOf = (column: string): string => types[column] ?? 'int';
const literal = (value: string | null | undefined): string =>
  value == null ? 'null' : pg.escapeLiteral(value);
const tuple = (values: readonly string[]): string => `(${values.join(', ')})`;

/** The columns that an insert names. */
export function columnsOf(table: TableName): string[] {
  const { key, column } = tables[table];
  return [...key, 'n', ...(column === undefined ? [] : [column])];
}

const setColumns = (table: TableName): string[] =>
  columnsOf(table).filter((column) => !tables[table].key.includes(column));

const rowsSql = (table: TableName, rows: readonly Row[]): string =>
  rows.map((row) => tuple(columnsOf(table).map((column) => literal(row[column])))).join(', ');

const among = (table: TableName, rows: readonly Row[]): string => {
  const { key } = tables[table];
  return `${tuple(key)} in ${tuple(rows.map((row) => tuple(key.map((column) => literal(row[column])))))}`;
};

/** @param target the relation that the statement names: the table, or a part of it */
export const insertSql = (table: TableName, target: string, rows: readonly Row[]): string =>
  `insert into ${target} ${tuple(columnsOf(table))} values ${rowsSql(table, rows)}`;

export function upsertSql(table: TableName, target: string, rows: readonly Row[]): string {
  const set = setColumns(table).map((column) => `${column} = excluded.${column}`);
  return `${insertSql(table, target, rows)} on conflict ${tuple(tables[table].key)} do update set ${set.join(', ')}`;
}

/** @param set column to SQL expression */
export const updateSql = (
  table: TableName,
  target: string,
  rows: readonly Row[],
  set: Readonly<Record<string, string | null>>,
): string =>
  `update ${target} set ${Object.entries(set)
    .map(([column, value]) => `${column} = ${literal(value)}`)
    .join(', ')} where ${among(table, rows)}`;

/** Sets what is there already. */
export const sameSql = (table: TableName, target: string, rows: readonly Row[]): string =>
  `update ${target} set ${columnsOf(table)
    .map((column) => `${column} = ${column}`)
    .join(', ')} where ${among(table, rows)}`;

export const deleteSql = (table: TableName, target: string, rows: readonly Row[]): string =>
  `delete from ${target} where ${among(table, rows)}`;

/** Gives rows other keys, all in one statement. */
export function rekeySql(
  table: TableName,
  target: string,
  pairs: ReadonlyArray<readonly [Row, Row]>,
): string {
  const { key } = tables[table];
  const n = literal(pairs[0]![1].n);
  const whens = (column: string) =>
    pairs.map(([from, to]) => `when ${among(table, [from])} then ${literal(to[column])}::${typeOf(column)}`);
  const set = key.map((column) => `${column} = case ${whens(column).join(' ')} end`);
  return `update ${target} set ${set.join(', ')}, n = ${n} where ${among(
    table,
    pairs.map(([from]) => from),
  )}`;
}

/** Deletes what is there with an even `n`, updates what is there else, inserts what is not. */
export function mergeSql(table: TableName, target: string, rows: readonly Row[]): string {
  const columns = columnsOf(table);
  const values = rows.map((row) =>
    tuple(columns.map((column) => `${literal(row[column])}::${typeOf(column)}`)),
  );
  const on = tables[table].key.map((column) => `t.${column} = v.${column}`);
  const set = setColumns(table).map((column) => `${column} = v.${column}`);
  return `merge into ${target} t using (values ${values.join(', ')}) v ${tuple(columns)} on ${on.join(' and ')}
    when matched and t.n % 2 = 0 then delete when matched then update set ${set.join(', ')}
    when not matched then insert ${tuple(columns)} values ${tuple(columns.map((column) => `v.${column}`))}`;
}

/** In COPY's text form. */
export function copyStatement(table: TableName, target: string, rows: readonly Row[]): Statement {
  const columns = columnsOf(table);
  const field = (value: string | null | undefined) =>
    value == null
      ? '\\N'
      : value.replace(/[\\\t\n]/g, (found) => `\\${found === '\t' ? 't' : found === '\n' ? 'n' : '\\'}`);
  return {
    sql: `copy ${target} ${tuple(columns)} from stdin`,
    copied: rows.map((row) => `${columns.map((column) => field(row[column])).join('\t')}\n`).join(''),
  };
}
