import type { Catalog, EventDefinition } from '../catalog/types.ts';
import type { NetEffect } from './net-effect.ts';

/** A named event of a record, before its payload is known. */
export interface RecordEvent {
  readonly name: string;
  readonly resourceName: string;
  readonly key: string;
  readonly seq: number;
  readonly changedAt: string;
  readonly requestId: string | null;
  /** The record was deleted: its last row as JSON text, null when it was not kept. Undefined: the record as it is now. */
  readonly image: string | null | undefined;
}

/** The catalog's events that a net effect raises, in the catalog's order. Pure. */
export function eventsOf(effect: NetEffect, catalog: Catalog): RecordEvent[] {
  return Object.entries(catalog.events)
    .filter(([name, definition]) => raises(effect, name, definition))
    .map(([name]) => ({
      name,
      resourceName: effect.resourceName,
      key: effect.key,
      seq: effect.seq,
      changedAt: effect.changedAt.toISOString(),
      requestId: effect.requestId,
      image: effect.effect === 'delete' ? (effect.image ?? null) : undefined,
    }));
}

function raises(effect: NetEffect, name: string, definition: EventDefinition): boolean {
  if (definition.resource !== effect.resourceName) return false;
  switch (definition.on) {
    case 'insert':
    case 'delete':
      return effect.effect === definition.on;
    case 'update':
      return effect.effect === 'update' && (effect.updates === 'all' || effect.updates.has(name));
    case 'transition':
      return effect.effect === 'update' && effect.transitions.has(name);
  }
}
