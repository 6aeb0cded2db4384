import type { Change } from '../window/changes.ts';
import { isAlive, type RowValues, type Seen } from './decide.ts';
import type { RecordChange } from './net-effect.ts';
import type { PartRole, Role } from './roles.ts';

const noEvents: readonly string[] = [];
const nothingSeen: readonly Seen[] = [];

/** A change of a part whose records must be looked up by the part's value. */
export interface Lookup {
  readonly role: Role;
  readonly change: Change;
  readonly values: readonly string[];
}

export interface Routed {
  readonly recordChanges: RecordChange[];
  readonly lookups: Lookup[];
}

/**
 * Which records a change is a change of. Pure. Parts that do not name their record by its key come back as lookups, to be
 * turned into record changes by `touches` once the records are known.
 */
export function route(change: Change, roles: readonly Role[]): Routed {
  const routed: Routed = { recordChanges: [], lookups: [] };
  for (const role of roles) {
    if (!role.part) {
      const own = ownChange(change, role);
      if (own) routed.recordChanges.push(own);
      continue;
    }
    const values = partValues(change, role.part);
    if (role.part.lookupColumn === undefined) {
      routed.recordChanges.push(...values.map((value) => touch(change, role, value, value)));
    } else if (values.length > 0) {
      routed.lookups.push({ role, change, values });
    }
  }
  return routed;
}

/** A change of a part as a change of each of these records. */
export function touches(
  lookup: Lookup,
  records: ReadonlyArray<{ readonly key: string; readonly value: string }>,
): RecordChange[] {
  return records.map(({ key, value }) => touch(lookup.change, lookup.role, key, value));
}

/**
 * A change of the record's own row. Where rows are deleted by a mark, the world sees the record go when the mark is set and come
 * when it is taken away, and nothing of what happens in between; `vanish` is the end of a row that nobody saw any more.
 */
function ownChange(change: Change, role: Role): RecordChange | undefined {
  const op = lifeOp(change, role);
  if (op === undefined) return undefined;
  const before = op === 'insert' ? undefined : change.before;
  const after = op === 'delete' ? undefined : change.after;
  // Written out: it is done for every change, and a spread costs more than all the rest.
  return {
    resourceName: role.resourceName,
    key: change.key,
    op,
    seq: change.seq,
    xid: change.xid,
    changedAt: change.changedAt,
    requestId: change.requestId,
    updates: change.op === 'update' ? maskedUpdates(change, role) : noEvents,
    seen: op === 'vanish' || op === 'unseen' ? nothingSeen : seenBy(role, '', before, after),
    image: change.image,
    sameRow: change.op === 'update',
  };
}

function lifeOp(change: Change, role: Role): RecordChange['op'] | undefined {
  if (role.life < 0) return change.op;
  const alive = (values: RowValues) => values !== undefined && isAlive(values[role.life]);
  const [before, after] = [alive(change.before), alive(change.after)];
  if (before) return after ? 'update' : 'delete';
  if (after) return 'insert';
  if (change.op === 'insert') return undefined;
  return change.op === 'delete' ? 'vanish' : 'unseen';
}

/** A change of a part's row as a change of the record that `value` leads, or led, to. */
function touch(change: Change, role: Role, key: string, value: string): RecordChange {
  // A part that came or went is a change of the record, whichever of its columns count.
  const whole = change.op !== 'update';
  const belongs = (values: RowValues) =>
    values !== undefined && (role.part!.value < 0 || values[role.part!.value] === value) ? values : undefined;
  return {
    resourceName: role.resourceName,
    key,
    op: 'touch',
    seq: change.seq,
    xid: change.xid,
    changedAt: change.changedAt,
    requestId: change.requestId,
    updates: whole ? role.updates.map(({ event }) => event) : maskedUpdates(change, role),
    seen: seenBy(role, change.key, belongs(change.before), belongs(change.after)),
    image: undefined,
  };
}

function maskedUpdates(change: Change, role: Role): readonly string[] {
  const events: string[] = [];
  for (const { event, mask } of role.updates) if ((change.mask & mask) !== 0) events.push(event);
  return events;
}

function seenBy(role: Role, row: string, before: RowValues, after: RowValues): readonly Seen[] {
  if (role.decisions.length === 0) return nothingSeen;
  return role.decisions.map((decision) => ({ decision, row, before, after }));
}

/** What leads from a part's row to its record: before and after, where the row moved from one to another. */
function partValues(change: Change, part: PartRole): string[] {
  if (part.value < 0) return [change.key];
  const values = [change.before?.[part.value], change.after?.[part.value]];
  return [...new Set(values.filter((value): value is string => value != null))];
}
