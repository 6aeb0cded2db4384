import type { OutboxRow } from './changes.ts';
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

/**
 * The truncations among outbox rows. Pure. The trigger of each relation writes a row of its own, first that of the captured table: those
 * that follow from its partitions, and from tables that inherit, belong to the same statement.
 * @param rows in the order of their seq
 */
export function truncationsOf(rows: readonly OutboxRow[]): Truncation[] {
  const found: Truncation[] = [];
  /** Of each transaction and capture, by index in `found`: the relations whose rows have not followed yet, and those that have. */
  const open = new Map<string, { at: number; awaited: Set<string>; followed: Set<string> }>();
  for (const row of rows) {
    if (row.op !== 't') continue;
    const id = `${row.xid} ${row.capture_id}`;
    const relation = row.vals?.[0] ?? '';
    const root = open.get(id);
    if (row.keys !== null) {
      open.set(id, { at: found.length, awaited: new Set(row.keys), followed: new Set() });
      found.push(truncation(row, row.keys.length === 0));
    } else if (root && !root.followed.has(relation)) {
      root.followed.add(relation);
      if (root.awaited.delete(relation) && root.awaited.size === 0)
        found[root.at] = { ...found[root.at]!, whole: true };
    } else found.push(truncation(row, false));
  }
  return found;
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
