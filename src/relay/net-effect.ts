import type { Transition } from '../catalog/types.ts';
import { isValue } from './changes.ts';

/** A column that an event watches for a transition, as one change, or several, saw it. */
export interface SeenTransition {
  readonly event: string;
  readonly transition: Transition;
  readonly before: string | null | undefined;
  readonly after: string | null | undefined;
}

/** What one change means for one record: a change of its own row, or of a part of it (`touch`). */
export interface RecordChange {
  readonly resourceName: string;
  readonly key: string;
  readonly op: 'insert' | 'update' | 'delete' | 'touch';
  readonly seq: number;
  readonly xid: string;
  readonly changedAt: Date;
  readonly requestId: string | null;
  /** Update events whose columns changed. */
  readonly updates: readonly string[];
  readonly transitions: readonly SeenTransition[];
  /** Deletes: the last row as JSON text, null when it was not kept. */
  readonly image: string | null | undefined;
}

/** What the world could see that one transaction did to one record. */
export interface NetEffect {
  readonly resourceName: string;
  readonly key: string;
  readonly effect: 'insert' | 'update' | 'delete';
  /** Of the record's last change: transactions that met on a record follow each other in this order. */
  readonly seq: number;
  readonly changedAt: Date;
  readonly requestId: string | null;
  /** Update events whose columns changed; every one of the resource when the record was replaced. */
  readonly updates: ReadonlySet<string> | 'all';
  /** Events whose transition took place. */
  readonly transitions: ReadonlySet<string>;
  readonly image: string | null | undefined;
}

interface Fold {
  /** Known once a change of the record's own row is seen. */
  existedBefore: boolean | undefined;
  existsAfter: boolean;
  /** Deleted and inserted again: nobody knows which columns differ. */
  replaced: boolean;
  last: RecordChange;
  image: string | null | undefined;
  requestId: string | null;
  readonly updates: Set<string>;
  readonly transitions: Map<string, SeenTransition>;
}

/**
 * Folds the changes of each transaction and record into what was visible after it: insert and update is an insert, several
 * updates are one, insert and delete is nothing, update and delete is a delete, delete and insert is an update. Pure.
 *
 * @param changes in the order of their seq
 * @returns in the order of the records' last changes
 */
export function netEffects(changes: readonly RecordChange[]): NetEffect[] {
  const folds = new Map<string, Fold>();
  for (const change of changes) {
    const id = `${change.xid} ${change.resourceName} ${change.key}`;
    const fold = folds.get(id) ?? newFold(change);
    folds.set(id, fold);
    add(fold, change);
  }
  return [...folds.values()].flatMap(netEffect).sort((a, b) => a.seq - b.seq);
}

function newFold(change: RecordChange): Fold {
  return {
    existedBefore: undefined,
    existsAfter: true,
    replaced: false,
    last: change,
    image: undefined,
    requestId: null,
    updates: new Set(),
    transitions: new Map(),
  };
}

function add(fold: Fold, change: RecordChange): void {
  fold.last = change;
  fold.requestId = change.requestId ?? fold.requestId;
  if (change.op !== 'touch') fold.existedBefore ??= change.op !== 'insert';
  if (change.op === 'insert') {
    // A row trigger of the application's own that updates what is being inserted is captured before the insert is.
    if (fold.existsAfter) fold.existedBefore = false;
    fold.replaced ||= !fold.existsAfter;
    fold.existsAfter = true;
  }
  if (change.op === 'delete') {
    fold.existsAfter = false;
    fold.image = change.image;
  }
  for (const event of change.updates) fold.updates.add(event);
  for (const seen of change.transitions) {
    const first = fold.transitions.get(seen.event);
    fold.transitions.set(seen.event, first ? { ...seen, before: first.before } : seen);
  }
}

function netEffect(fold: Fold): NetEffect[] {
  const existedBefore = fold.existedBefore ?? true;
  if (!existedBefore && !fold.existsAfter) return [];
  const { last } = fold;
  return [
    {
      resourceName: last.resourceName,
      key: last.key,
      effect: !existedBefore ? 'insert' : fold.existsAfter ? 'update' : 'delete',
      seq: last.seq,
      changedAt: last.changedAt,
      requestId: fold.requestId,
      updates: fold.replaced ? 'all' : fold.updates,
      transitions: new Set([...fold.transitions.values()].filter(tookPlace).map((seen) => seen.event)),
      image: fold.image,
    },
  ];
}

function tookPlace({ transition, before, after }: SeenTransition): boolean {
  return isValue(before, transition.from) && isValue(after, transition.to);
}
