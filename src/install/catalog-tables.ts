import { quoteTable } from '../catalog/table-name.ts';
import {
  type Catalog,
  type ColumnField,
  type Conditions,
  type Fields,
  isBare,
  type ManyField,
  type OneField,
  type Tenant,
} from '../catalog/types.ts';
import { defaultKey, linksOf, listed, ownColumns } from '../catalog/watch.ts';

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
    // One that is misspelt would leave by its right name.
    note(table, resource.exclude ?? []);
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

function noteLink(table: string, link: OneField | ManyField, note: Note): void {
  const { through } = link;
  note(table, [link.from].flat());
  note(link.table, [...[link.to].flat(), ...namedBy(link.where)]);
  if (through) note(through.table, [...[through.to, through.from].flat(2), ...namedBy(through.where)]);
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
  if (typeof tenant === 'string') {
    note(table, [tenant]);
    return;
  }
  note(table, [tenant.from]);
  note(tenant.table, [tenant.to]);
  noteTenant(tenant.table, tenant.tenant, note);
}

const namedBy = (conditions: Conditions = {}): string[] => Object.keys(conditions);
