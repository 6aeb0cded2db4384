import { quoteTable } from '../catalog/table-name.ts';
import {
  type Catalog,
  type ColumnField,
  type Field,
  type Fields,
  isBare,
  type Link,
} from '../catalog/types.ts';
import { defaultKey, ownColumns } from '../catalog/watch.ts';

/** Quoted table name to the columns that are read of it. */
export type TableColumns = ReadonlyMap<string, ReadonlySet<string>>;

/** Every table that a catalog's payloads read, with the columns that they name, also in tables that are not captured. Pure. */
export function readColumns(catalog: Catalog): TableColumns {
  const found = new Map<string, Set<string>>();
  const note = (table: string, columns: Iterable<string>): void => {
    const name = quoteTable(table);
    found.set(name, new Set([...(found.get(name) ?? []), ...columns]));
  };
  for (const resource of Object.values(catalog.resources)) {
    note(resource.table, resource.key ?? defaultKey);
    noteFields(resource.table, resource.fields, note);
    for (const part of resource.parts ?? []) {
      note(part.table, [part.from]);
      note(resource.table, [part.to]);
    }
  }
  return found;
}

type Note = (table: string, columns: Iterable<string>) => void;

function noteFields(table: string, fields: Fields, note: Note): void {
  note(table, ownColumns(fields));
  for (const field of Object.values(fields)) {
    for (const link of linksOf(field)) {
      note(link.table, [link.to, ...Object.keys(link.where ?? {}), ...(link.orderBy ?? [])]);
      if (!isBare(link.fields)) noteFields(link.table, link.fields, note);
      else if (link.fields.column !== undefined) note(link.table, [link.fields.column]);
    }
  }
}

interface LinkedFields extends Link {
  readonly fields: Fields | ColumnField;
  readonly orderBy?: readonly string[];
}

function linksOf(field: Field): readonly LinkedFields[] {
  switch (field.kind) {
    case 'column':
      return [];
    case 'one':
    case 'many':
      return [field];
    case 'choice':
      return Object.values(field.cases);
  }
}
