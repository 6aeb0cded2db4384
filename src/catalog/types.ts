/**
 * What an application says about itself so that rowhook can make webhooks of its rows. The words:
 *
 * - resource: a kind of record that the application can GET: its table, its key, how its payload is built.
 * - event: a named fact for a resource, made from a change or from the net effect of several.
 * - part: another table whose rows belong to a resource, so that a change of them is a change of the record.
 */
export interface Catalog {
  readonly name: string;
  /** Name of the dialect of endpoints that have none of their own. */
  readonly dialect: string;
  /** `iso`: `2018-04-04T11:39:57+00:00`. `sql`: `2018-04-04 11:39:57`. Both are UTC. */
  readonly timestamps: TimestampForm;
  readonly resources: Readonly<Record<string, Resource>>;
  readonly events: Readonly<Record<string, EventDefinition>>;
}

export type TimestampForm = 'iso' | 'sql';

export interface Resource {
  /** `people`, or `crm.people` for another schema than `public`. */
  readonly table: string;
  /** Columns that tell the records apart. Default: `['id']`. */
  readonly key?: readonly string[];
  /** The payload, in the order of its keys. */
  readonly fields: Fields;
  /** Tables whose rows are part of this resource: a change of them is an update of the record. */
  readonly parts?: readonly Part[];
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
  readonly columns?: readonly string[];
}

export type Fields = Readonly<Record<string, Field>>;

export type Format =
  /** The column's text as a JSON string: ids, bigint, numbers that must stay exact. */
  | 'text'
  /** As Postgres makes JSON of it: true, 12.5, "abc", [1,2]. */
  | 'json'
  /** A boolean as the strings "1" and "0". */
  | 'flag'
  /** A timestamp in UTC, in the catalog's form. */
  | 'timestamp'
  /** A decimal string with this many places. */
  | { readonly places: number };

export interface ColumnField {
  readonly kind: 'column';
  /** Default: the field's own name. */
  readonly column?: string;
  readonly format: Format;
}

/** How rows of another table are found: rows whose `to` equals this row's `from`. */
export interface Link {
  readonly table: string;
  readonly from: string;
  readonly to: string;
  /** Only rows with these values. */
  readonly where?: Readonly<Record<string, string | number | boolean | null>>;
}

export interface OneField extends Link {
  readonly kind: 'one';
  /** An object; or, where it is a single field without a name, that field's bare value. */
  readonly fields: Fields | ColumnField;
}

export interface ManyField extends Link {
  readonly kind: 'many';
  readonly fields: Fields;
  readonly orderBy: readonly string[];
}

/** The record of whichever kind a column names; null for kinds that are not listed. */
export interface ChoiceField {
  readonly kind: 'choice';
  readonly column: string;
  readonly cases: Readonly<Record<string, OneField>>;
}

export type Field = ColumnField | OneField | ManyField | ChoiceField;

/** A value that a column had, or has, for an event to happen. */
export type ColumnValue = string | number | boolean | null;

export interface Transition {
  readonly column: string;
  readonly from: ColumnValue;
  readonly to: ColumnValue;
}

/**
 * `insert`, `update`, `delete`: net effect of one transaction on one record; an update may name the columns that count.
 * `transition`: an update in which a column of the resource's table, or of the named part, went from one value to another.
 */
export type EventDefinition =
  | { readonly resource: string; readonly on: 'insert' | 'delete' }
  | { readonly resource: string; readonly on: 'update'; readonly columns?: readonly string[] }
  | {
      readonly resource: string;
      readonly on: 'transition';
      readonly part?: string;
      readonly transition: Transition;
    };

/** Whether a `one` shows a single bare value: in Fields, `kind` could only be a field of that name. */
export function isBare(fields: Fields | ColumnField): fields is ColumnField {
  return typeof fields.kind === 'string';
}
