import { meets } from '../../catalog/condition.ts';
import type { Decision, Test } from './roles.ts';

/** Values of a row, as a plan keeps them; undefined where there was, or is, no such row. */
export type RowValues = ReadonlyArray<string | null> | undefined;

/** A row that an event looks at, as one change, or several, saw it. */
export interface Seen {
  readonly decision: Decision;
  /** Tells the rows apart: a record may have several of a part. */
  readonly row: string;
  readonly before: RowValues;
  readonly after: RowValues;
}

/** Whether what became of a row is what the event waits for. Pure. */
export function holds({ decision, before, after }: Seen): boolean {
  const met = (values: RowValues, tests: readonly Test[]) =>
    tests.every(({ value, condition }) => meets(values?.[value], condition));
  switch (decision.on) {
    case 'insert':
    case 'assign':
      return before === undefined && after !== undefined && met(after, decision.new);
    case 'delete':
    case 'unassign':
      return before !== undefined && after === undefined && met(before, decision.old);
    case 'update':
      return met(before, decision.old) && met(after, decision.new);
    case 'transition':
      return (
        changed(before, after, decision.changed ?? -1) &&
        met(before, decision.old) &&
        met(after, decision.new)
      );
    case 'truncate':
      return false;
  }
}

function changed(before: RowValues, after: RowValues, value: number): boolean {
  return before !== undefined && after !== undefined && before[value] !== after[value];
}

/** Whether the column of a soft delete says that the record is there: null, false and 0 do. Pure. */
export function isAlive(text: string | null | undefined): boolean {
  return text == null || text === 'false' || text === '0';
}
