import { quoteTable } from './table-name.ts';
import {
  type Catalog,
  type ColumnField,
  type Columns,
  type Conditions,
  type EventDefinition,
  type Field,
  type Fields,
  isBare,
  type ManyField,
  type OneField,
  type Part,
  type Resource,
} from './types.ts';

/** The key that a table has when nobody says otherwise. */
export const defaultKey = ['id'] as const;

/** The columns of its own row that a payload shows or follows; a payload without fields shows all. */
export function ownColumns(fields: Fields): Columns {
  const names = [...new Set(Object.entries(fields).flatMap(([name, field]) => columnsOf(name, field)))];
  return Object.keys(fields).length === 0 ? '*' : names;
}

function columnsOf(name: string, field: Field): string[] {
  switch (field.kind) {
    case 'column':
      return [field.column ?? name];
    case 'constant':
      return [];
    case 'deleted_at':
      return field.column === undefined ? [] : [field.column];
    case 'object':
      return Object.entries(field.fields).flatMap(([inner, each]) => columnsOf(inner, each));
    case 'one':
    case 'many':
      return [field.from].flat();
    case 'choice':
      return [field.column, ...Object.values(field.cases).flatMap((one) => [one.from].flat())];
  }
}

/** The columns of a part that the resource's payload shows, with the column that ties it to the record. */
export function partColumns(resource: Resource, part: Part): Columns {
  if (part.columns === '*') return '*';
  if (part.columns) return [...new Set([...part.columns, part.from])];
  const table = quoteTable(part.table);
  const shown = Object.values(resource.fields)
    .flatMap(linksOf)
    .flatMap((link) => linkColumns(link, table));
  return [...new Set([...shown, part.from])].filter((column) => column !== '');
}

/** The columns of a table that a link shows, follows, filters or orders by. */
function linkColumns(link: OneField | ManyField, table: string): string[] {
  const { through } = link;
  const between = through && quoteTable(through.table) === table;
  const own = quoteTable(link.table) === table;
  const order = (link.orderBy ?? []).map((each) => (typeof each === 'string' ? { column: each } : each));
  return [
    ...(between ? [through.from, through.to, Object.keys(through.where ?? {})].flat() : []),
    ...order.filter((each) => ('of' in each ? between : own)).map(({ column }) => column),
    ...(own ? [link.to, Object.keys(link.where ?? {}), shownColumns(link.fields)].flat(2) : []),
  ];
}

function shownColumns(fields: Fields | ColumnField): readonly string[] {
  return isBare(fields) ? [fields.column ?? ''] : listed(ownColumns(fields));
}

/** Columns as a list: what a payload without fields shows is not known by name. */
export const listed = (columns: Columns): readonly string[] => (columns === '*' ? [] : columns);

/** The links of a field to other tables, also of those within an object or a choice. */
export function linksOf(field: Field): ReadonlyArray<OneField | ManyField> {
  switch (field.kind) {
    case 'one':
    case 'many':
      return [field];
    case 'choice':
      return Object.values(field.cases);
    case 'object':
      return Object.values(field.fields).flatMap(linksOf);
    default:
      return [];
  }
}

/** What an event needs to see of one table. */
export interface Watch {
  readonly event: string;
  /** Quoted and schema-qualified. */
  readonly table: string;
  /** The table is looked at as this part of the resource; undefined: as its own. */
  readonly part: Part | undefined;
  /** A change of one of these may raise it. */
  readonly columns: Columns;
  /** Their values decide whether it is raised. */
  readonly conditions: readonly string[];
}

/** Every (event, table, columns) of a catalog whose change may make an event, or decide about one. */
export function watches(catalog: Catalog): Watch[] {
  return Object.entries(catalog.events).flatMap(([event, definition]) => {
    const resource = catalog.resources[definition.resource];
    return resource ? watchesOf(event, definition, resource) : [];
  });
}

function watchesOf(event: string, definition: EventDefinition, resource: Resource): Watch[] {
  const conditions = conditionColumns(definition);
  const own = (columns: Columns): Watch => ({
    event,
    table: quoteTable(resource.table),
    part: undefined,
    columns,
    conditions,
  });
  const ofParts = (table: string, columns: Columns): Watch[] =>
    (resource.parts ?? [])
      .filter((part) => quoteTable(part.table) === quoteTable(table))
      .map((part) => ({ event, table: quoteTable(table), part, columns, conditions }));
  switch (definition.on) {
    case 'insert':
    case 'delete':
    case 'truncate':
      return [own([])];
    case 'update':
      return [
        own(definition.columns ?? ownColumns(resource.fields)),
        ...(touches(definition) ? (resource.parts ?? []) : []).map((part) => ({
          event,
          table: quoteTable(part.table),
          part,
          columns: partColumns(resource, part),
          conditions: [],
        })),
      ];
    case 'transition': {
      const columns = [definition.transition.column];
      return definition.part === undefined ? [own(columns)] : ofParts(definition.part, columns);
    }
    case 'assign':
    case 'unassign':
      return ofParts(definition.part, []);
  }
}

/** Whether a change of a part raises an update: not where it names columns of its own, or looks at its own row's values. */
export function touches(definition: EventDefinition): boolean {
  return definition.on === 'update' && definition.columns === undefined && definition.when === undefined;
}

/** The columns whose values decide about an event. */
export function conditionColumns(definition: EventDefinition): string[] {
  const names = (conditions: Conditions | undefined) => Object.keys(conditions ?? {});
  const own = definition.on === 'transition' ? [definition.transition.column] : [];
  return [...new Set([...own, ...names(definition.when?.old), ...names(definition.when?.new)])];
}

/** The columns of a resource's own row that say whether it is there for the world. */
export const lifeColumns = (resource: Resource): readonly string[] =>
  resource.softDelete === undefined ? [] : [resource.softDelete];
