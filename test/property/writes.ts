import { changesOf, linksOf, locksOfEnd, locksOfLinks, locksOfUpdate } from './cascades.ts';
import { keyColumns, keyOf, newRow, rowKey, type Write, type WriteContext } from './rows.ts';
import type { Lock, Row, RowChange } from './state.ts';
import {
  copyStatement,
  deleteSql,
  insertSql,
  mergeSql,
  rekeySql,
  type Statement,
  sameSql,
  updateSql,
  upsertSql,
} from './statements.ts';
import { tables } from './tables.ts';
import { seenFrom, targetOf } from './targets.ts';

export interface Resolved {
  readonly statement: Statement;
  readonly changes: readonly RowChange[];
}

/**
 * What a write does in the state that it meets: which of its rows are there, which of them nobody else has locked, which key is
 * free. What is not possible is left out, or done in another way, so that no statement ever waits or fails. Undefined: nothing is left.
 */
export function resolveWrite(write: Write, context: WriteContext): Resolved | undefined {
  const { table } = write;
  const { view, state, transaction } = context;
  const { slots, group } = tables[table];
  const numbers = [...new Set(write.rows.map((row) => row % slots))].filter(
    (slot) => table !== 'seat' || slot < 6 || context.late !== 'none',
  );
  if (numbers.length === 0 || !state.lockGroup(transaction, group, 'shared')) return undefined;
  const there = (slot: number) => view.row(table, keyOf(table, context.base, slot)) !== null;
  const known = numbers.filter(there);
  const unknown = numbers.filter((slot) => !there(slot));
  const op = write.do === 'merge' && !context.hasMerge ? 'upsert' : write.do;
  switch (op) {
    case 'insert':
    case 'copy':
      return unknown.length > 0 ? put(op, unknown, write, context) : change('set', known, write, context);
    case 'upsert':
    case 'ignore':
    case 'merge':
      return put(op, numbers, write, context);
    case 'rekey':
      return known.length > 0 ? rekey(known, write, context) : put('insert', unknown, write, context);
    default:
      return known.length > 0 ? change(op, known, write, context) : put('insert', unknown, write, context);
  }
}

const rankOf = ({ before, after }: RowChange): number => (after === null ? 0 : before === null ? 2 : 1);

/** Statements that may bring rows. */
function put(
  op: 'insert' | 'copy' | 'upsert' | 'ignore' | 'merge',
  slots: readonly number[],
  write: Write,
  context: WriteContext,
): Resolved | undefined {
  const { table } = write;
  const { view } = context;
  const home = slots[0]! % 2;
  const first = view.row(table, keyOf(table, context.base, slots[0]!));
  const rows: Row[] = [];
  const changes: RowChange[] = [];
  const taken = new Set<number>();
  for (const slot of slots) {
    // Rows of the table that inherits are written to it.
    if (table === 'base' && slot % 2 !== home) continue;
    const row = newRow(slot, write, context);
    const before = row && view.row(table, keyOf(table, context.base, slot));
    if (!row || before === undefined) continue;
    // Postgres gives the triggers of a partitioned table the row that a MERGE inserted last in place of one that it updates later.
    if (op === 'merge' && table === 'seat' && (before === null) !== (first === null)) continue;
    const dies = op === 'merge' && before !== null && BigInt(before.n!) % 2n === 0n;
    const after = dies ? null : op === 'ignore' && before ? before : row;
    const locks = before && after ? locksOfUpdate(table, row) : locksOfEnd(table, before ?? row, context);
    if (!context.state.lock(context.transaction, [...locks, ...locksOfLinks(table, row)])) continue;
    rows.push(row);
    taken.add(slot);
    // What nobody changes is no change.
    if (after !== before) changes.push(...changesOf(table, before, after, context));
  }
  if (rows.length === 0) return undefined;
  // Each kind of change has a trigger of its own, and they fire in this order: it shows where a page ends between them.
  if (op === 'merge' || op === 'upsert') changes.sort((one, other) => rankOf(one) - rankOf(other));
  const target = targetOf(table, [...taken], write, context, true);
  const statement =
    op === 'copy'
      ? copyStatement(table, target, rows)
      : op === 'merge'
        ? { sql: mergeSql(table, target, rows) }
        : op === 'upsert'
          ? { sql: upsertSql(table, target, rows) }
          : { sql: insertSql(table, target, rows) + (op === 'ignore' ? ' on conflict do nothing' : '') };
  return { statement, changes: seenFrom(target, changes, context) };
}

/** Statements that change rows which are there, or delete them. */
function change(
  op: 'update' | 'same' | 'quiet' | 'set' | 'delete',
  slots: readonly number[],
  write: Write,
  context: WriteContext,
): Resolved | undefined {
  const { table } = write;
  const { view, n } = context;
  const column = tables[table].column;
  const rows: Row[] = [];
  const taken: number[] = [];
  const changes: RowChange[] = [];
  for (const slot of slots) {
    const before = view.row(table, keyOf(table, context.base, slot))!;
    const value = newRow(slot, write, context);
    const set = op === 'set' && column !== undefined && value ? { [column]: value[column]! } : {};
    const number = setsN(op, write) ? { n } : {};
    const after =
      op === 'delete' ? null : op === 'same' || op === 'quiet' ? before : { ...before, ...set, ...number };
    const locks = after ? locksOfUpdate(table, before) : locksOfEnd(table, before, context);
    const links = after ? locksOfLinks(table, after) : [];
    if (!context.state.lock(context.transaction, [...locks, ...links])) continue;
    rows.push(before);
    taken.push(slot);
    if (after !== before) changes.push(...changesOf(table, before, after, context));
  }
  if (rows.length === 0) return undefined;
  const target = targetOf(table, taken, write, context, false);
  const valueSet = (): Record<string, string | null> => {
    if (op === 'quiet') return { quiet: n };
    const set = op === 'set' && column !== undefined ? newRow(taken[0]!, write, context) : undefined;
    return {
      ...(setsN(op, write) ? { n } : {}),
      ...(set && column !== undefined ? { [column]: set[column] ?? null } : {}),
    };
  };
  const sql =
    op === 'delete'
      ? deleteSql(table, target, rows)
      : op === 'same'
        ? sameSql(table, target, rows)
        : updateSql(table, target, rows, valueSet());
  return {
    statement: { sql },
    changes: seenFrom(target, changes, context),
  };
}

/** Or nothing but the table's own column, where it has one. */
const setsN = (op: string, { table, value }: Write): boolean =>
  op !== 'set' || tables[table].column === undefined || value < 6;

/** One row, or two at once, take other keys. */
function rekey(slots: readonly number[], write: Write, context: WriteContext): Resolved | undefined {
  const { table } = write;
  const { view, n, base } = context;
  const count = tables[table].slots;
  const pairs: Array<readonly [Row, Row]> = [];
  const taken: number[] = [];
  const changes: RowChange[] = [];
  for (const [i, from] of slots.slice(0, 2).entries()) {
    const to = (write.to + i) % count;
    const isFree =
      view.row(table, keyOf(table, base, to)) === null && !taken.includes(to) && !taken.includes(from);
    if (!isFree || (table === 'seat' && to >= 6 && context.late === 'none')) continue;
    if (table === 'base' && [from, to, ...taken].some((slot) => slot % 2 !== slots[0]! % 2)) continue;
    // What a link leads to has to be there.
    if (!newRow(to, write, context)) continue;
    const before = view.row(table, keyOf(table, base, from))!;
    const after = { ...before, ...keyColumns(table, base, to), n };
    const ends = table === 'label' && linksOf('label_id', before.id!, view).length > 0;
    const locks = locksOfEnd(table, before, context, after);
    if (ends) continue;
    const own: Lock = { table, key: rowKey(table, after), mode: 'exclusive' };
    if (!context.state.lock(context.transaction, [...locks, own, ...locksOfLinks(table, after)])) continue;
    pairs.push([before, after]);
    taken.push(from, to);
    changes.push(...changesOf(table, before, after, context));
  }
  if (pairs.length === 0) return undefined;
  const target = targetOf(table, taken, write, context, false);
  return {
    statement: { sql: rekeySql(table, target, pairs) },
    changes: seenFrom(target, changes, context),
  };
}
