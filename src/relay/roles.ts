import { quoteTable } from '../catalog/table-name.ts';
import type { Catalog, Part, Resource, Transition } from '../catalog/types.ts';
import { defaultKey, type Watch, watches } from '../catalog/watch.ts';
import type { CapturePlan } from '../store/captures.ts';

/** An event of a resource that waits for a bit of a mask. */
export interface MaskedEvent {
  readonly event: string;
  readonly mask: number;
}

export interface MaskedTransition extends MaskedEvent {
  readonly transition: Transition;
  /** Where the plan's values hold the column; -1 when the plan was made before the event was. */
  readonly value: number;
}

/** What a captured table is to one resource: its own, or a part of it. */
export interface Role {
  readonly resourceName: string;
  readonly resource: Resource;
  /** Undefined: the change is of the record's own row. */
  readonly part: PartRole | undefined;
  readonly updates: readonly MaskedEvent[];
  readonly transitions: readonly MaskedTransition[];
}

export interface PartRole {
  /** Where a change holds the value that leads to the record: its key (-1), or this place among its values. */
  readonly value: number;
  /** The value is the record's key; else records are looked up by this column of theirs. */
  readonly lookupColumn: string | undefined;
}

/** What the table of a plan is to each resource of the catalog. Pure; made once for each plan. */
export function rolesOf(plan: CapturePlan, catalog: Catalog): Role[] {
  const watched = watches(catalog).filter((watch) => watch.table === plan.table);
  const used = new Set(Object.values(catalog.events).map((event) => event.resource));
  return Object.entries(catalog.resources).flatMap(([name, resource]) => {
    if (!used.has(name)) return [];
    const own = quoteTable(resource.table) === plan.table ? [roleOf(name, resource, undefined)] : [];
    const parts = (resource.parts ?? [])
      .filter((part) => quoteTable(part.table) === plan.table)
      .map((part) => roleOf(name, resource, part));
    return [...own, ...parts];
  });

  function roleOf(name: string, resource: Resource, part: Part | undefined): Role {
    const mine = watched.flatMap((watch) => {
      const definition = catalog.events[watch.event];
      if (definition?.resource !== name) return [];
      if (definition.on === 'transition' && (definition.part === undefined) !== (part === undefined))
        return [];
      return [{ event: watch.event, mask: maskOf(watch, plan), definition }];
    });
    return {
      resourceName: name,
      resource,
      part: part && partRole(part, resource, plan),
      updates: mine.filter(({ definition }) => definition.on === 'update'),
      transitions: mine.flatMap(({ event, mask, definition }) =>
        definition.on === 'transition'
          ? [
              {
                event,
                mask,
                transition: definition.transition,
                value: plan.values.indexOf(definition.transition.column),
              },
            ]
          : [],
      ),
    };
  }
}

function maskOf(watch: Watch, plan: CapturePlan): number {
  return plan.classes.reduce(
    (mask, columns, bit) =>
      columns.some((column) => watch.columns.includes(column)) ? mask | (1 << bit) : mask,
    0,
  );
}

function partRole(part: Part, resource: Resource, plan: CapturePlan): PartRole {
  const key = resource.key ?? defaultKey;
  const isKey = key.length === 1 && key[0] === part.to;
  return {
    value: plan.values.indexOf(part.from),
    lookupColumn: isKey ? undefined : part.to,
  };
}
