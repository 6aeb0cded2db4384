import { RowhookError } from '../errors.ts';
import { completeCatalog } from './complete.ts';
import type {
  Catalog,
  ChoiceField,
  ColumnField,
  ConstantField,
  DeletedAtField,
  EventDefinition,
  Fields,
  Link,
  ManyField,
  ObjectField,
  OneField,
  Resource,
  TimestampForm,
} from './types.ts';

/** A catalog as it is written: what has a default may be left out, and events may be a list. */
export interface CatalogInput extends Omit<Catalog, 'dialect' | 'timestamps' | 'resources' | 'events'> {
  /** Default: `standard`, that of Standard Webhooks. */
  readonly dialect?: string;
  /** Default: `iso`. */
  readonly timestamps?: TimestampForm;
  readonly resources: Readonly<Record<string, ResourceInput>>;
  readonly events: Readonly<Record<string, EventDefinition>> | readonly NamedEvent[];
}

/** With a source of its own a resource may do without fields: then it is shown as its row is. */
export type ResourceInput = Omit<Resource, 'fields'> & { readonly fields?: Fields };

export type NamedEvent = EventDefinition & { readonly name: string };

/**
 * Checks a catalog and returns it, complete.
 * @throws RowhookError `catalog_invalid`, with every mistake: its code, its path, what was expected, what was found
 */
export function defineCatalog(input: CatalogInput): Catalog {
  const { catalog, mistakes } = completeCatalog(input);
  if (catalog) return catalog;
  const lines = mistakes.map(({ text }) => `\n  ${text}`).join('');
  throw new RowhookError('catalog_invalid', `catalog "${input.name}":${lines}`, {
    fix: 'Correct the catalog; nothing was installed or started.',
    mistakes,
  });
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

/** The column as Postgres makes JSON of it: `true`, `12.50`, `["a"]`, or null. */
export const json = (name?: string): ColumnField => column('json', name);

/** A boolean column as `"1"` or `"0"`, or null. */
export const flag = (name?: string): ColumnField => column('flag', name);

/** A timestamp column in UTC, in the catalog's form, or null. */
export const timestamp = (name?: string): ColumnField => column('timestamp', name);

/** A number as a JSON number without needless zeros (`35`, `12.5`), or null. */
export const number = (name?: string): ColumnField => column('number', name);

/** A bytea column in base64, without line breaks, or null. */
export const base64 = (name?: string): ColumnField => column('base64', name);

/** A number as a string with this many decimal places (`"75.00"`), or null. */
export const decimal = (places: number, name?: string): ColumnField => column({ places }, name);

/** The same value in every payload. */
export const constant = (value: ConstantField['value']): ConstantField => ({ kind: 'constant', value });

/** An object of the same row's columns. */
export const object = (fields: Fields): ObjectField => ({ kind: 'object', fields });

/** In `deletedFields`: when the record was deleted, by this column where it is set, else by the deleting transaction's time. */
export const deletedAt = (name?: string): DeletedAtField => ({
  kind: 'deleted_at',
  ...(name === undefined ? {} : { column: name }),
});

/** The fields of another resource, for `one` and `many`. */
export interface FieldsOf {
  readonly kind: 'fields_of';
  readonly resource: string;
}

/** Shows what is linked with the very fields of a resource of the catalog. */
export const fieldsOf = (resource: string): FieldsOf => ({ kind: 'fields_of', resource });

type Shown = Fields | ColumnField | FieldsOf;
type LinkTo<Extra> = Omit<Link, 'table'> & Extra;

/** The row of `table` whose `to` column equals this row's `from` column, as an object; null when there is none. */
export function one(table: string, link: LinkTo<Pick<OneField, 'orderBy'>>, fields: Shown): OneField {
  return { kind: 'one', table, ...link, fields: fields as Fields };
}

/** All such rows, as an array. */
export function many(
  table: string,
  link: LinkTo<Pick<ManyField, 'orderBy' | 'limit'>>,
  fields: Shown,
): ManyField {
  return { kind: 'many', table, ...link, fields: fields as Fields };
}

/** The record of the kind that `column` names; null for other kinds. */
export function choice(column: string, cases: Readonly<Record<string, OneField>>): ChoiceField {
  return { kind: 'choice', column, cases };
}

/** `person_create`, `person_update` and `person_delete` of a resource, to be spread into a catalog's list of events. */
export function changesOf(resource: string, name = resource): NamedEvent[] {
  return [
    { name: `${name}_create`, resource, on: 'insert' },
    { name: `${name}_update`, resource, on: 'update' },
    { name: `${name}_delete`, resource, on: 'delete' },
  ];
}

/** `person_truncate` of a resource, for a catalog's list of events: a TRUNCATE has emptied its table. */
export const truncateOf = (resource: string, name = resource): NamedEvent => ({
  name: `${name}_truncate`,
  resource,
  on: 'truncate',
});
