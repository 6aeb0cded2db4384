import type {
  Catalog,
  ChoiceField,
  ColumnField,
  Fields,
  ManyField,
  OneField,
  TimestampForm,
} from './types.ts';
import { validateCatalog } from './validate.ts';

/**
 * Checks a catalog and returns it.
 * @throws RowhookError `catalog_invalid`, naming every mistake with its path
 */
export function defineCatalog(
  catalog: Omit<Catalog, 'timestamps'> & { readonly timestamps?: TimestampForm },
): Catalog {
  const complete = { ...catalog, timestamps: catalog.timestamps ?? 'iso' };
  validateCatalog(complete);
  return complete;
}

function column(format: ColumnField['format'], name: string | undefined): ColumnField {
  return { kind: 'column', format, ...(name === undefined ? {} : { column: name }) };
}

/** The column's text as a JSON string (`"412"`), or null. Default column: the field's name. */
export const text = (name?: string): ColumnField => column('text', name);

/** A field of each of these columns, as text. */
export const texts = (...names: string[]): Record<string, ColumnField> =>
  Object.fromEntries(names.map((name) => [name, text()]));

/** A field of each of these columns, as Postgres makes JSON of it. */
export const jsons = (...names: string[]): Record<string, ColumnField> =>
  Object.fromEntries(names.map((name) => [name, json()]));

/** A field of each of these columns, as a timestamp. */
export const timestamps = (...names: string[]): Record<string, ColumnField> =>
  Object.fromEntries(names.map((name) => [name, timestamp()]));

/** The column as Postgres makes JSON of it: `true`, `12.5`, `["a"]`, or null. */
export const json = (name?: string): ColumnField => column('json', name);

/** A boolean column as `"1"` or `"0"`, or null. */
export const flag = (name?: string): ColumnField => column('flag', name);

/** A timestamp column in UTC, in the catalog's form, or null. */
export const timestamp = (name?: string): ColumnField => column('timestamp', name);

/** A number as a string with this many decimal places (`"75.00"`), or null. */
export const decimal = (places: number, name?: string): ColumnField => column({ places }, name);

type Where = NonNullable<OneField['where']>;

/** The row of `table` whose `to` column equals this row's `from` column, as an object; null when there is none. */
export function one(
  table: string,
  link: { from: string; to: string; where?: Where },
  fields: Fields | ColumnField,
): OneField {
  return { kind: 'one', table, ...link, fields };
}

/** All such rows, as an array. */
export function many(
  table: string,
  link: { from: string; to: string; where?: Where; orderBy: readonly string[] },
  fields: Fields,
): ManyField {
  return { kind: 'many', table, ...link, fields };
}

/** The record of the kind that `column` names; null for other kinds. */
export function choice(column: string, cases: Readonly<Record<string, OneField>>): ChoiceField {
  return { kind: 'choice', column, cases };
}
