import { holds, type RowValues, type Seen } from './decide.ts';
import type { Emptied } from './truncations.ts';

/**
 * What one change means for one record: a change of its own row, the end of a row that nobody saw (`vanish`), an update of one (`unseen`),
 * or a change of a part (`touch`).
 */
export interface RecordChange {
  readonly resourceName: string;
  readonly key: string;
  readonly op: 'insert' | 'update' | 'delete' | 'vanish' | 'unseen' | 'touch';
  readonly seq: number;
  readonly xid: string;
  readonly changedAt: Date;
  readonly requestId: string | null;
  /** Update events whose columns changed. */
  readonly updates: readonly string[];
  readonly seen: readonly Seen[];
  /** Where the row is gone: as JSON text, null when it was not kept. Undefined: it is still there. */
  readonly image: string | null | undefined;
  /** The row was there before and is afterwards: where rows are deleted by a mark, also of a delete and an insert. */
  readonly sameRow?: boolean;
}

/** What the world could see that one transaction did to one record. */
export interface NetEffect {
  readonly resourceName: string;
  readonly key: string;
  readonly effect: 'insert' | 'update' | 'delete';
  /** Of the record's last change: transactions that met on a record follow each other in this order. */
  readonly seq: number;
  readonly xid: string;
  readonly changedAt: Date;
  readonly requestId: string | null;
  /** Update events whose columns changed; every one of the resource when the record was replaced. */
  readonly updates: ReadonlySet<string> | 'all';
  /** Events that the values of a row decide about, and for which they are right. */
  readonly held: ReadonlySet<string>;
  readonly image: string | null | undefined;
  /** Only parts of the record changed. */
  readonly touched: boolean;
}

interface Fold {
  /** Known once a change of the record's own row is seen. */
  existedBefore: boolean | undefined;
  existsAfter: boolean;
  /** Deleted and inserted again: nobody knows which columns differ. */
  replaced: boolean;
  /** It does not exist, but its row does. */
  marked: boolean;
  /** A row that the world did not see any more has ended, or was updated. */
  vanished: boolean;
  last: RecordChange;
  image: string | null | undefined;
  requestId: string | null;
  readonly updates: Set<string>;
  /** By event and row: what was before the first change, and after the last. */
  readonly seen: Map<string, Seen>;
}

/**
 * Folds the changes of each transaction and record into what was visible after it: insert and update is an insert, several
 * updates are one, insert and delete is nothing, update and delete is a delete, delete and insert is an update. Pure.
 *
 * A TRUNCATE parts what came before it from what follows: a record of before it that is gone by it has no effect of its own.
 *
 * @param changes in the order of their seq
 * @param truncations that left nothing of a table, in the order of their seq
 * @returns in the order of the records' last changes
 */
export function netEffects(
  changes: readonly RecordChange[],
  truncations: readonly Emptied[] = [],
): NetEffect[] {
  const folds = new Map<string, Fold>();
  const ended: Fold[] = [];
  let next = 0;
  const truncateBefore = (seq: number) => {
    for (; next < truncations.length && truncations[next]!.seq < seq; next++)
      ended.push(...truncate(folds, truncations[next]!));
  };
  for (const change of changes) {
    truncateBefore(change.seq);
    const id = `${change.xid} ${change.resourceName} ${change.key}`;
    const fold = folds.get(id) ?? newFold(change);
    folds.set(id, fold);
    add(fold, change);
  }
  truncateBefore(Number.POSITIVE_INFINITY);
  return [...ended, ...folds.values()].flatMap(netEffect).sort((a, b) => a.seq - b.seq);
}

/** Takes the records out that a TRUNCATE of the same transaction has parted from what follows; returns those that were deleted before. */
function truncate(folds: Map<string, Fold>, { xid, resourceName, own, decisions }: Emptied): Fold[] {
  const deleted: Fold[] = [];
  for (const [id, fold] of folds) {
    if (fold.last.xid !== xid || fold.last.resourceName !== resourceName) continue;
    if (own) {
      folds.delete(id);
      if (!fold.existsAfter) deleted.push(fold);
      continue;
    }
    // Of a part's row that is gone by it nobody says that it came, or changed.
    for (const [row, seen] of fold.seen)
      if (decisions.has(seen.decision) && seen.after !== undefined) fold.seen.delete(row);
  }
  return deleted;
}

function newFold(change: RecordChange): Fold {
  return {
    existedBefore: undefined,
    existsAfter: true,
    replaced: false,
    marked: false,
    vanished: false,
    last: change,
    image: undefined,
    requestId: null,
    updates: new Set(),
    seen: new Map(),
  };
}

function add(fold: Fold, change: RecordChange): void {
  const { op } = change;
  fold.last = change;
  fold.requestId = change.requestId ?? fold.requestId;
  if (change.image !== undefined) fold.image = change.image;
  if (op === 'vanish') {
    fold.vanished = true;
    fold.marked = false;
    return;
  }
  if (op === 'unseen') {
    fold.vanished = true;
    // What the world sees of it comes with the mark's end.
    for (const event of change.updates) fold.updates.add(event);
    return;
  }
  // A row trigger of the application's own that updates what is being inserted is captured before the insert is.
  const tooLate = op === 'insert' && fold.existsAfter && fold.existedBefore !== undefined;
  if (op !== 'touch') fold.existedBefore ??= op !== 'insert';
  if (tooLate) fold.existedBefore = false;
  if (op === 'insert') {
    // A mark that was set and is taken away leaves the row that it was.
    fold.replaced ||= !fold.existsAfter && !(fold.marked && change.sameRow === true);
    fold.existsAfter = true;
  }
  if (op === 'delete') fold.existsAfter = false;
  if (op !== 'touch') fold.marked = op === 'delete' && change.sameRow === true;
  for (const event of change.updates) fold.updates.add(event);
  for (const seen of change.seen) {
    const id = `${seen.decision.event} ${seen.row}`;
    const first = fold.seen.get(id);
    fold.seen.set(id, first ? joined(first, seen, tooLate) : seen);
  }
}

/**
 * What was before both and is after both. The later one was captured later, but may have happened earlier: a row trigger of the
 * application's own that changes the row again is captured before the statement that fired it.
 */
function joined(first: Seen, seen: Seen, inserted: boolean): Seen {
  if (inserted) return { ...first, before: undefined };
  // A row that was deleted and is inserted again came later, whatever its values: there is nothing between the two to compare.
  const isOneRow = first.after !== undefined || seen.before !== undefined;
  const goesBefore = isOneRow && !same(first.after, seen.before) && same(seen.after, first.before);
  return goesBefore ? { ...first, before: seen.before } : { ...seen, before: first.before };
}

function same(a: RowValues, b: RowValues): boolean {
  return a !== undefined && b !== undefined && a.every((value, i) => value === b[i]);
}

function netEffect(fold: Fold): NetEffect[] {
  const { last } = fold;
  const touched = fold.existedBefore === undefined;
  if (touched && fold.vanished) return [];
  const existedBefore = fold.existedBefore ?? true;
  if (!existedBefore && !fold.existsAfter) return [];
  return [
    {
      resourceName: last.resourceName,
      key: last.key,
      effect: !existedBefore ? 'insert' : fold.existsAfter ? 'update' : 'delete',
      seq: last.seq,
      xid: last.xid,
      changedAt: last.changedAt,
      requestId: fold.requestId,
      updates: fold.replaced ? 'all' : fold.updates,
      held: new Set([...fold.seen.values()].filter(holds).map(({ decision }) => decision.event)),
      image: fold.image,
      touched,
    },
  ];
}
