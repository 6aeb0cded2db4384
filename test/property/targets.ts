import { keyOf, type Write, type WriteContext } from './rows.ts';
import { isTruncation, type RowChange } from './state.ts';
import { lateSeat, type TableName } from './tables.ts';

/** The relation that a statement names: the table, or a part of it that holds all of these rows. */
export function targetOf(
  table: TableName,
  slots: readonly number[],
  write: Write,
  context: WriteContext,
  brings: boolean,
): string {
  const { base } = context;
  if (table === 'base') {
    const isDerived = slots.every((slot) => slot % 2 === 1);
    if (brings) return isDerived ? 'derived' : 'base';
    if (write.value % 2 === 0) return 'base';
    return isDerived ? 'derived' : slots.every((slot) => slot % 2 === 0) ? 'only base' : 'base';
  }
  if (table !== 'seat' || write.value % 3 === 0) return table;
  // What one transaction does partly in silence nobody could tell.
  if (context.late === 'attached' && slots.some((slot) => isTouched(slot, context))) return table;
  const leaves = ['seat_a', 'seat_a', 'seat_b_low', 'seat_b_low', 'seat_b_high', 'seat_b_high'];
  const found = new Set(slots.map((slot) => leaves[slot] ?? lateSeat(base)));
  if (found.size === 1) return [...found][0]!;
  return [...found].every((leaf) => leaf.startsWith('seat_b')) ? 'seat_b' : 'seat';
}

const isTouched = (slot: number, { transaction, base }: WriteContext): boolean =>
  transaction.log.some(
    (entry) => !isTruncation(entry) && entry.table === 'seat' && entry.key === keyOf('seat', base, slot),
  );

/** A write straight to a partition without triggers is seen by nobody. */
export function seenFrom(target: string, changes: RowChange[], { late, base }: WriteContext): RowChange[] {
  if (target !== lateSeat(base) || late !== 'attached') return changes;
  return changes.map((each) => ({ ...each, captured: false }));
}
