import { quoteTable } from './table-name.ts';
import {
  type Catalog,
  type EventDefinition,
  type Field,
  type Fields,
  isBare,
  type Part,
  type Resource,
} from './types.ts';

/** The key that a table has when nobody says otherwise. */
export const defaultKey = ['id'] as const;

/** The columns of its own row that a payload shows or follows. */
export function ownColumns(fields: Fields): string[] {
  return [...new Set(Object.entries(fields).flatMap(([name, field]) => columnsOf(name, field)))];
}

function columnsOf(name: string, field: Field): string[] {
  switch (field.kind) {
    case 'column':
      return [field.column ?? name];
    case 'one':
    case 'many':
      return [field.from];
    case 'choice':
      return [field.column, ...Object.values(field.cases).map((one) => one.from)];
  }
}

/** The columns of a part that the resource's payload shows, with the column that ties it to the record. */
export function partColumns(resource: Resource, part: Part): string[] {
  if (part.columns) return [...new Set([...part.columns, part.from])];
  const table = quoteTable(part.table);
  const shown = Object.values(resource.fields).flatMap((field) => {
    if (field.kind !== 'one' && field.kind !== 'many') return [];
    if (quoteTable(field.table) !== table) return [];
    return isBare(field.fields) ? [field.fields.column ?? ''] : ownColumns(field.fields);
  });
  return [...new Set([...shown, part.from])].filter((column) => column !== '');
}

/** Which columns of one table an event waits for. */
export interface Watch {
  readonly event: string;
  /** Quoted and schema-qualified. */
  readonly table: string;
  readonly columns: readonly string[];
}

/** Every (event, table, columns) of a catalog whose change makes an update or a transition. */
export function watches(catalog: Catalog): Watch[] {
  return Object.entries(catalog.events).flatMap(([event, definition]) => {
    const resource = catalog.resources[definition.resource];
    return resource ? watchesOf(event, definition, resource) : [];
  });
}

function watchesOf(event: string, definition: EventDefinition, resource: Resource): Watch[] {
  const own = quoteTable(resource.table);
  switch (definition.on) {
    case 'insert':
    case 'delete':
      return [];
    case 'update':
      if (definition.columns) return [{ event, table: own, columns: definition.columns }];
      return [
        { event, table: own, columns: ownColumns(resource.fields) },
        ...(resource.parts ?? []).map((part) => ({
          event,
          table: quoteTable(part.table),
          columns: partColumns(resource, part),
        })),
      ];
    case 'transition':
      return [
        {
          event,
          table: definition.part === undefined ? own : quoteTable(definition.part),
          columns: [definition.transition.column],
        },
      ];
  }
}
