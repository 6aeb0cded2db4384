import type { Catalog, EventDefinition } from '../../catalog/types.ts';
import { type NetEffect, netEffects, type RecordChange } from './net-effect.ts';
import type { Emptied } from './truncations.ts';

/** A named event of a record, before its payload is known. */
export interface RecordEvent {
  readonly name: string;
  readonly resourceName: string;
  readonly key: string;
  readonly seq: number;
  readonly xid: string;
  readonly changedAt: string;
  readonly requestId: string | null;
  /** It says that the record is gone. */
  readonly deleted: boolean;
  /** The record's last row as JSON text, null when it was not kept. Undefined: the row is there, as far as this event knows. */
  readonly image: string | null | undefined;
  /** Only parts of the record changed. */
  readonly touched: boolean;
  /** It has waited for what was still to be read, and nothing came. */
  readonly overdue: boolean;
  /** A row that was there was deleted, and inserted, by what was captured of a transaction; which came first in truth, the record shows. */
  readonly replaced?: boolean;
  /** Its payload, where it speaks of the resource and of no record: then the key is empty. */
  readonly body?: string;
}

type NamedDefinition = readonly [name: string, definition: EventDefinition];

/** A catalog's events by resource, in the catalog's order: made once, looked into for each effect. */
export type EventTable = ReadonlyMap<string, readonly NamedDefinition[]>;

export function eventTable(catalog: Catalog): EventTable {
  const table = new Map<string, NamedDefinition[]>();
  for (const [name, definition] of Object.entries(catalog.events)) {
    table.set(definition.resource, [...(table.get(definition.resource) ?? []), [name, definition]]);
  }
  return table;
}

/**
 * The events that changes raise: those of the net effect of a transaction on a record, and those of each single change. In the
 * order of the changes that they speak of. Pure.
 * @param changes in the order of their seq
 * @param truncations that left nothing of a table, in the order of their seq
 */
export function eventsOf(
  changes: readonly RecordChange[],
  table: EventTable,
  truncations: readonly Emptied[] = [],
): RecordEvent[] {
  const events = netEffects(changes, truncations).flatMap((effect) => raisedBy(effect, table, 'transaction'));
  const single = new Set(
    [...table].flatMap(([name, all]) => (all.some(([, { per }]) => per === 'change') ? [name] : [])),
  );
  if (single.size === 0) return events;
  const each = changes
    .filter(({ resourceName }) => single.has(resourceName))
    .flatMap((change) => netEffects([change]).flatMap((effect) => raisedBy(effect, table, 'change')));
  return [...events, ...each].sort((a, b) => a.seq - b.seq);
}

function raisedBy(effect: NetEffect, table: EventTable, per: 'transaction' | 'change'): RecordEvent[] {
  return (table.get(effect.resourceName) ?? [])
    .filter(
      ([name, definition]) => (definition.per ?? 'transaction') === per && raises(effect, name, definition),
    )
    .map(([name]) => ({
      name,
      resourceName: effect.resourceName,
      key: effect.key,
      seq: effect.seq,
      xid: effect.xid,
      changedAt: effect.changedAt.toISOString(),
      requestId: effect.requestId,
      deleted: effect.effect === 'delete',
      image: effect.effect === 'delete' ? effect.image : undefined,
      touched: effect.touched,
      overdue: false,
      replaced: effect.effect === 'update' && effect.updates === 'all',
    }));
}

function raises(effect: NetEffect, name: string, definition: EventDefinition): boolean {
  const held = definition.when === undefined || effect.held.has(name);
  switch (definition.on) {
    case 'insert':
    case 'delete':
      return effect.effect === definition.on && held;
    case 'update':
      return effect.effect === 'update' && (effect.updates === 'all' || effect.updates.has(name)) && held;
    case 'transition':
      return effect.effect === 'update' && effect.held.has(name);
    case 'assign':
    case 'unassign':
      // Of a record that is gone nobody needs to hear what left it.
      return effect.effect !== 'delete' && effect.held.has(name);
    case 'truncate':
      // Of no record.
      return false;
  }
}
