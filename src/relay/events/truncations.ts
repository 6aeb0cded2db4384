import type { OutboxRow } from '../window/changes.ts';
import type { Decision, Role } from './roles.ts';

/** What a TRUNCATE did to a captured table. */
export interface Truncation {
  readonly captureId: number;
  readonly seq: number;
  readonly xid: string;
  readonly changedAt: Date;
  readonly requestId: string | null;
  /** It left nothing. Else only some of the table's partitions were truncated, or of the tables that inherit from it. */
  readonly whole: boolean;
}

/** A TRUNCATE that left nothing of a table, as it is to one resource. */
export interface Emptied {
  readonly resourceName: string;
  readonly seq: number;
  readonly xid: string;
  /** The table is the resource's own: all records are gone. Else it is a part of them. */
  readonly own: boolean;
  /** What the rows of this table decide about. */
  readonly decisions: ReadonlySet<Decision>;
}

/** What a transaction has truncated of one capture. */
interface Tree {
  /** The last truncation of the captured table itself, by index. */
  at: number | undefined;
  /** What must follow for the table to be empty, and what is empty. */
  awaited: Set<string>;
  followed: Set<string>;
  /** Something was inserted since. */
  filled: boolean;
  /** What was truncated, with nothing inserted since, before the captured table was: by index. */
  before: Map<string, number>;
}

/**
 * The truncations among outbox rows. Pure. The trigger of each relation writes a row of its own, in the order in which the statement
 * names them: partitions follow their table, but a table that inherits may come before. All of them belong to the one of the table.
 * @param rows in the order of their seq
 */
export function truncationsOf(rows: readonly OutboxRow[]): Truncation[] {
  const found: Array<Truncation | undefined> = [];
  const trees = new Map<string, Tree>();
  for (const row of rows) {
    if (row.op !== 't' && (row.op !== 'i' || trees.size === 0)) continue;
    const id = `${row.xid} ${row.capture_id}`;
    const tree = trees.get(id) ?? newTree();
    const relation = row.vals?.[0] ?? '';
    if (row.op === 'i') {
      tree.filled = true;
      tree.before.clear();
    } else if (row.keys !== null) {
      for (const index of tree.before.values()) found[index] = undefined;
      const awaited = new Set(row.keys.filter((each) => !tree.before.has(each)));
      const followed = new Set(tree.before.keys());
      trees.set(id, { ...newTree(), at: found.length, awaited, followed });
      found.push(truncation(row, awaited.size === 0));
    } else {
      follow(tree, relation, row, found);
      trees.set(id, tree);
    }
  }
  return found.filter((each) => each !== undefined);
}

const newTree = (): Tree => ({
  at: undefined,
  awaited: new Set(),
  followed: new Set(),
  filled: false,
  before: new Map(),
});

/** A relation below the captured table was truncated. */
function follow(tree: Tree, relation: string, row: OutboxRow, found: Array<Truncation | undefined>): void {
  const root = tree.at === undefined ? undefined : found[tree.at];
  if (root && !tree.followed.has(relation)) {
    tree.followed.add(relation);
    if (tree.awaited.delete(relation) && tree.awaited.size === 0) found[tree.at!] = { ...root, whole: true };
  } else if (!root || tree.filled) {
    // What is empty anyway has lost nothing.
    tree.before.set(relation, found.length);
    found.push(truncation(row, false));
  }
}

function truncation(row: OutboxRow, whole: boolean): Truncation {
  return {
    captureId: row.capture_id,
    seq: Number(row.seq),
    xid: row.xid,
    changedAt: row.changed_at,
    requestId: row.request_id,
    whole,
  };
}

/** What whole truncations are to the resources that a table has a role for. Pure. */
export function emptied(
  truncations: readonly Truncation[],
  roles: ReadonlyMap<number, readonly Role[]>,
): Emptied[] {
  return truncations
    .filter(({ whole }) => whole)
    .flatMap(({ captureId, seq, xid }) =>
      (roles.get(captureId) ?? []).map(({ resourceName, part, decisions }) => ({
        resourceName,
        seq,
        xid,
        own: part === undefined,
        decisions: new Set(decisions),
      })),
    );
}
