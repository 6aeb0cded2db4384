import { quoteTable } from '../catalog/table-name.ts';
import {
  type Catalog,
  type ColumnField,
  type Columns,
  type Conditions,
  type Field,
  type Fields,
  isBare,
  type ManyField,
  type OneField,
  type Tenant,
} from '../catalog/types.ts';
import { defaultKey, ownColumns } from '../catalog/watch.ts';

/** Quoted table name to the columns that are read of it. */
export type TableColumns = ReadonlyMap<string, ReadonlySet<string>>;

type Note = (table: string, columns: Iterable<string>) => void;

/** Every table that a catalog's payloads read, with the columns that they name, also in tables that are not captured. Pure. */
export function readColumns(catalog: Catalog): TableColumns {
  const found = new Map<string, Set<string>>();
  const note: Note = (table, columns) => {
    const name = quoteTable(table);
    found.set(name, new Set([...(found.get(name) ?? []), ...columns]));
  };
  for (const { table, key, fields, deletedFields = {}, ...resource } of Object.values(catalog.resources)) {
    note(table, [
      ...(key ?? defaultKey),
      ...(resource.softDelete === undefined ? [] : [resource.softDelete]),
    ]);
    noteFields(table, fields, note);
    noteFields(table, deletedFields, note);
    if (resource.tenant !== undefined) noteTenant(table, resource.tenant, note);
    for (const part of resource.parts ?? []) {
      note(part.table, [part.from]);
      note(table, [part.to]);
    }
  }
  return found;
}

function noteFields(table: string, fields: Fields, note: Note): void {
  note(table, listed(ownColumns(fields)));
  for (const link of Object.values(fields).flatMap(linksOf)) noteLink(table, link, note);
}

const listed = (columns: Columns): readonly string[] => (columns === '*' ? [] : columns);

function noteLink(table: string, link: OneField | ManyField, note: Note): void {
  const { through } = link;
  note(table, [link.from].flat());
  note(link.table, [...[link.to].flat(), ...conditionColumns(link.where)]);
  if (through)
    note(through.table, [...[through.to, through.from].flat(2), ...conditionColumns(through.where)]);
  for (const order of link.orderBy ?? []) {
    if (typeof order === 'string') note(link.table, [order]);
    else note(order.of === 'through' && through ? through.table : link.table, [order.column]);
  }
  noteShown(link.table, link.fields, note);
}

function noteShown(table: string, fields: Fields | ColumnField, note: Note): void {
  if (!isBare(fields)) noteFields(table, fields, note);
  else if (fields.column !== undefined) note(table, [fields.column]);
}

function noteTenant(table: string, tenant: Tenant, note: Note): void {
  if (typeof tenant === 'string') return note(table, [tenant]);
  note(table, [tenant.from]);
  note(tenant.table, [tenant.to]);
  noteTenant(tenant.table, tenant.tenant, note);
}

const conditionColumns = (conditions: Conditions = {}): string[] => Object.keys(conditions);

/** The links of a field to other tables, also of those within an object. */
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
