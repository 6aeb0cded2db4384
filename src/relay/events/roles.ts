import { quoteTable } from '../../catalog/table-name.ts';
import type { Catalog, Condition, Conditions, EventDefinition, Part, Resource } from '../../catalog/types.ts';
import { defaultKey, type Watch, watches } from '../../catalog/watch.ts';
import { type CapturePlan, everyColumn } from '../../store/captures.ts';

/** An update event that waits for bits of a mask. */
export interface MaskedEvent {
  readonly event: string;
  readonly mask: number;
}

/** What a value of a row must be. */
export interface Test {
  /** Where the plan's values hold the column; -1 when the plan was made before the event was. */
  readonly value: number;
  readonly condition: Condition;
}

/** An event that the values of a row decide about. */
export interface Decision {
  readonly event: string;
  readonly on: EventDefinition['on'];
  readonly old: readonly Test[];
  readonly new: readonly Test[];
  /** Of a transition: the value that must have changed. */
  readonly changed: number | undefined;
}

/** What a captured table is to one resource: its own, or a part of it. */
export interface Role {
  readonly resourceName: string;
  readonly resource: Resource;
  /** Undefined: the change is of the record's own row. */
  readonly part: PartRole | undefined;
  readonly updates: readonly MaskedEvent[];
  readonly decisions: readonly Decision[];
  /** Where the plan's values hold the column of a soft delete; -1: there is none. */
  readonly life: number;
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
      if (definition?.resource !== name || watch.part !== part) return [];
      return [{ event: watch.event, mask: maskOf(watch, plan), definition }];
    });
    return {
      resourceName: name,
      resource,
      part: part && partRole(part, resource, plan),
      updates: mine.filter(({ definition }) => definition.on === 'update'),
      decisions: mine.flatMap(({ event, definition }) => decisionsOf(event, definition, plan)),
      life: part || resource.softDelete === undefined ? -1 : plan.values.indexOf(resource.softDelete),
    };
  }
}

function maskOf(watch: Watch, plan: CapturePlan): number {
  const awaited = watch.columns === '*' ? [everyColumn] : watch.columns;
  return plan.classes.reduce(
    (mask, columns, bit) => (columns.some((column) => awaited.includes(column)) ? mask | (1 << bit) : mask),
    0,
  );
}

function decisionsOf(event: string, definition: EventDefinition, plan: CapturePlan): Decision[] {
  const { on, when } = definition;
  const decides = when !== undefined || on === 'transition' || on === 'assign' || on === 'unassign';
  if (!decides) return [];
  const tests = (conditions: Conditions = {}): Test[] =>
    Object.entries(conditions).map(([column, condition]) => test(column, condition));
  const test = (column: string, condition: Condition): Test => ({
    value: plan.values.indexOf(column),
    condition,
  });
  const transition = on === 'transition' ? definition.transition : undefined;
  const { column = '', from, to } = transition ?? {};
  return [
    {
      event,
      on,
      old: [...tests(when?.old), ...(from === undefined ? [] : [test(column, from)])],
      new: [...tests(when?.new), ...(to === undefined ? [] : [test(column, to)])],
      changed: transition && plan.values.indexOf(column),
    },
  ];
}

function partRole(part: Part, resource: Resource, plan: CapturePlan): PartRole {
  const key = resource.key ?? defaultKey;
  const isKey = key.length === 1 && key[0] === part.to;
  return {
    value: plan.values.indexOf(part.from),
    lookupColumn: isKey ? undefined : part.to,
  };
}
