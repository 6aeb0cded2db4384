import type { Source } from './source.ts';

/**
 * What an application says about itself so that rowhook can make webhooks of its rows. The words:
 *
 * - resource: a kind of record that the application can GET: its table, its key, how its payload is built.
 * - event: a named fact for a resource, made from a change or from the net effect of several.
 * - part: another table whose rows belong to a resource, so that a change of them is a change of the record.
 * - tenant: whose record it is, where an application serves several that must not see each other's.
 */
export interface Catalog {
  readonly name: string;
  /** Name of the dialect of endpoints that have none of their own. */
  readonly dialect: string;
  /** How timestamps are written in payloads. */
  readonly timestamps: TimestampForm;
  /** `low`: gives way while the database is busy with others. Default: `normal`. */
  readonly priority?: Priority;
  readonly resources: Readonly<Record<string, Resource>>;
  readonly events: Readonly<Record<string, EventDefinition>>;
}

export type Priority = 'normal' | 'low';

/** `iso`: `2018-04-04T11:39:57+00:00`. `sql`: `2018-04-04 11:39:57`. `unix`: `1522841997`, a number. All are UTC. */
export type TimestampForm = 'iso' | 'sql' | 'unix';

export interface Resource {
  /** `people`; `crm.people` for another schema than `public`; `"odd.schema"."Odd ""name"""` where names need quotes. */
  readonly table: string;
  /** Columns that tell the records apart. Default: `['id']`. */
  readonly key?: readonly string[];
  /** The payload, in the order of its keys. Also with another source: what is shown of a record that it no longer has. */
  readonly fields: Fields;
  /** What a delete shows. Default: `fields`, as far as they can still be read. */
  readonly deletedFields?: Fields;
  /** Where payloads come from. Default: from the database, by `fields`. */
  readonly source?: Source;
  /** Tables whose rows are part of this resource: a change of them is an update of the record. */
  readonly parts?: readonly Part[];
  /** A column that, once set (or true), means that the record is deleted: the row stays, the world sees it go. */
  readonly softDelete?: string;
  /** Leads to the tenant that owns a record; an event reaches endpoints of that tenant only. */
  readonly tenant?: Tenant;
  /** Columns of the table that never leave the database: no payload may show them, no last row keeps them. */
  readonly exclude?: readonly string[];
}

/**
 * A row of `table` is part of the record whose `to` column equals the row's `from` column.
 * With `to` being the resource's key the record is known from the row alone; else it is looked up.
 */
export interface Part {
  readonly table: string;
  readonly from: string;
  readonly to: string;
  /** What tells the part's rows apart, where no resource says so. Default: `['id']`. */
  readonly key?: readonly string[];
  /** Which of the part's columns count. Default: those that the resource's payload shows. */
  readonly columns?: Columns;
}

/** Columns that count; `*` is every column that there is. */
export type Columns = readonly string[] | '*';

/** The column that holds the tenant's id, or where the row is whose tenant it is. */
export type Tenant = string | TenantStep;

/** The row of `table` whose `to` column equals this row's `from` column has the tenant. */
export interface TenantStep {
  readonly from: string;
  readonly table: string;
  readonly to: string;
  readonly tenant: Tenant;
}

export type Fields = Readonly<Record<string, Field>>;

export type Format =
  /** The column's text as a JSON string: ids, bigint, numbers that must stay exact. */
  | 'text'
  /** As Postgres makes JSON of it: true, 12.50, "abc", [1,2]. */
  | 'json'
  /** A boolean as the strings "1" and "0". */
  | 'flag'
  /** A timestamp in UTC, in the catalog's form. */
  | 'timestamp'
  /** A JSON number without needless zeros: 35, 12.5. */
  | 'number'
  /** Bytes in base64 (RFC 4648), without line breaks. */
  | 'base64'
  /** A decimal string with this many places. */
  | { readonly places: number };

export interface ColumnField {
  readonly kind: 'column';
  /** Default: the field's own name. */
  readonly column?: string;
  readonly format: Format;
}

/** The same in every payload. */
export interface ConstantField {
  readonly kind: 'constant';
  readonly value: string | number | boolean | null;
}

/** An object within the payload, of the same row. */
export interface ObjectField {
  readonly kind: 'object';
  readonly fields: Fields;
}

/** In `deletedFields`: when the record was deleted, in the catalog's form of timestamps. */
export interface DeletedAtField {
  readonly kind: 'deleted_at';
  /** A column that says so itself, where it is set; else it is the time of the transaction. */
  readonly column?: string;
}

/** Columns that link two rows; several are compared one by one. */
export type LinkColumns = string | readonly string[];

/** How rows of another table are found: rows whose `to` equals this row's `from`. */
export interface Link {
  readonly table: string;
  readonly from: LinkColumns;
  readonly to: LinkColumns;
  /** A table between the two. */
  readonly through?: Through;
  /** Only rows with these values. */
  readonly where?: Conditions;
}

/** Rows of the link table whose `to` equals this row's `from` lead, by their own `from`, to the rows whose `to` equals it. */
export interface Through {
  readonly table: string;
  readonly to: LinkColumns;
  readonly from: LinkColumns;
  readonly where?: Conditions;
}

export interface OneField extends Link {
  readonly kind: 'one';
  /** Which row, where there may be several. */
  readonly orderBy?: readonly Order[];
  /** An object; or, where it is a single field without a name, that field's bare value. */
  readonly fields: Fields | ColumnField;
}

export interface ManyField extends Link {
  readonly kind: 'many';
  /** Objects; or, where it is a single field without a name, bare values. */
  readonly fields: Fields | ColumnField;
  readonly orderBy: readonly Order[];
  /** At most so many. */
  readonly limit?: number;
}

/** A column, ascending; or with all that SQL can say of an order. */
export type Order =
  | string
  | {
      readonly column: string;
      readonly direction?: 'asc' | 'desc';
      readonly nulls?: 'first' | 'last';
      /** The column is one of the link table. */
      readonly of?: 'through';
    };

/** The record of whichever kind a column names; null for kinds that are not listed. */
export interface ChoiceField {
  readonly kind: 'choice';
  readonly column: string;
  readonly cases: Readonly<Record<string, OneField>>;
}

export type Field =
  | ColumnField
  | ConstantField
  | ObjectField
  | DeletedAtField
  | OneField
  | ManyField
  | ChoiceField;

/** A value that a column had, or has, for an event to happen. */
export type ColumnValue = string | number | boolean | null;

/** A value, one of several, or none of several. `null` is a value: `{ not: null }` is whatever is set. */
export type Condition =
  | ColumnValue
  | readonly ColumnValue[]
  | { readonly not: ColumnValue | readonly ColumnValue[] };

/** Column to what it must be; all of them must hold. */
export type Conditions = Readonly<Record<string, Condition>>;

/** A column's change from one set of values to another; a side that is left out may be anything. */
export interface Transition {
  readonly column: string;
  readonly from?: Condition;
  readonly to?: Condition;
}

interface EventBase {
  readonly resource: string;
  /** `transaction` (default): one for the net effect of a transaction on a record. `change`: one for every row change. */
  readonly per?: 'transaction' | 'change';
  /** Only where the row that changed had, and has, these values. Changes of parts, which have other columns, then raise no update. */
  readonly when?: { readonly old?: Conditions; readonly new?: Conditions };
}

/**
 * `insert`, `update`, `delete`: net effect of one transaction on one record; an update may name the columns that count.
 * `transition`: an update in which a column of the resource's table, or of the named part, went from one value to another.
 * `assign`, `unassign`: a row of the named part came to the record, or left it.
 * `truncate`: a TRUNCATE has emptied the resource's table. It speaks of no record.
 */
export type EventDefinition =
  | (EventBase & { readonly on: 'insert' | 'delete' })
  | (EventBase & { readonly on: 'update'; readonly columns?: Columns })
  | (EventBase & { readonly on: 'transition'; readonly part?: string; readonly transition: Transition })
  | (EventBase & { readonly on: 'assign' | 'unassign'; readonly part: string })
  | {
      readonly resource: string;
      readonly on: 'truncate';
      readonly per?: never;
      readonly when?: never;
    };

/** Whether a `one` or `many` shows single bare values: in Fields, `kind` could only be a field of that name. */
export function isBare(fields: Fields | ColumnField): fields is ColumnField {
  return typeof fields.kind === 'string';
}
