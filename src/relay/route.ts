import type { Change } from './changes.ts';
import type { RecordChange, SeenTransition } from './net-effect.ts';
import type { PartRole, Role } from './roles.ts';

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
      routed.recordChanges.push({
        ...recordChange(change, role, change.key),
        op: change.op,
        image: change.image,
      });
      continue;
    }
    const values = partValues(change, role.part);
    if (role.part.lookupColumn === undefined) {
      routed.recordChanges.push(...values.map((key) => recordChange(change, role, key)));
    } else if (values.length > 0) {
      routed.lookups.push({ role, change, values });
    }
  }
  return routed;
}

/** A change of a part as a change of each of these records. */
export function touches(lookup: Lookup, keys: readonly string[]): RecordChange[] {
  return keys.map((key) => recordChange(lookup.change, lookup.role, key));
}

function recordChange(change: Change, role: Role, key: string): RecordChange {
  // A part that came or went is a change of the record, whichever columns its update events name.
  const whole = role.part !== undefined && change.op !== 'update';
  return {
    resourceName: role.resourceName,
    key,
    op: 'touch',
    seq: change.seq,
    xid: change.xid,
    changedAt: change.changedAt,
    requestId: change.requestId,
    updates: role.updates.filter(({ mask }) => whole || (change.mask & mask) !== 0).map(({ event }) => event),
    transitions: change.op === 'update' ? seenTransitions(change, role) : [],
    image: undefined,
  };
}

function seenTransitions(change: Change, role: Role): SeenTransition[] {
  return role.transitions
    .filter(({ mask, value }) => value >= 0 && (change.mask & mask) !== 0)
    .map(({ event, transition, value }) => ({
      event,
      transition,
      before: change.before?.[value],
      after: change.after?.[value],
    }));
}

/** What leads from a part's row to its record: before and after, where the row moved from one to another. */
function partValues(change: Change, part: PartRole): string[] {
  if (part.value < 0) return [change.key];
  const values = [change.before?.[part.value], change.after?.[part.value]];
  return [...new Set(values.filter((value): value is string => value != null))];
}
