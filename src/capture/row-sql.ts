import { quoteName } from '../catalog/table-name.ts';
import { type CapturePlan, everyColumn } from '../store/captures.ts';
import { safeJson, safeText } from './doubtful.ts';
import { isOdd, oddFrom } from './oddities.ts';

/*
 * How a trigger function reads rows: their keys, values, last rows, and what differs between an old one and a new one. Every column
 * is named so that no ALTER TABLE can break it.
 */

/** A larger last row is not kept; its delete is. JSON makes up to eight bytes of one, and no text may reach 1 GB. */
const longestImage = 50_000_000;
/** Values are looked at by conditions only, which compare short ones. */
const longestValue = 1_000;

/** A number; or a text that becomes one when the statement is run. */
export type CaptureId = number | string;

/** A plan with the id that its functions and changes have. */
export interface Capture extends CapturePlan {
  readonly id: CaptureId;
}

/** What a table's columns are like when its triggers are made. */
export interface ColumnFacts {
  /** In their order. */
  readonly all: readonly string[];
  /** Those of a string type: their cast to text is free and compares faster than an image. */
  readonly text: ReadonlySet<string>;
  /** Those whose text is the same under all settings of a session. */
  readonly plain: ReadonlySet<string>;
  /** Those that are computed when they are read, with the columns that they are made of. A trigger's rows do not have them. */
  readonly virtual?: ReadonlyMap<string, readonly string[]>;
  /** Those whose values may be of any size. */
  readonly long?: ReadonlySet<string>;
  readonly arrays?: ReadonlySet<string>;
  /** Those that row_to_json may run a function of the application for. */
  readonly unsafe?: ReadonlySet<string>;
}

/** Every column that the function names, as null: what a name falls back to once the table has lost the column. And what is odd about it. */
export function missing(plan: Capture, facts?: ColumnFacts): string {
  const kept = facts ? [...(keptColumns(plan, facts) ?? listedColumns(facts)), ...(facts.long ?? [])] : [];
  const named = new Set([...plan.key, ...plan.classes.flat(), ...plan.values, ...kept]);
  named.delete(everyColumn);
  const nulls = [...named].map((column) => `null::text as ${quoteName(column)}`);
  return `(select ${nulls.join(', ')}) missing, ${oddFrom(plan.id)}`;
}

const valueSql = (column: string): string =>
  `case when not ${isOdd('virtual', column)} then ${quoteName(column)} end`;

/** A column's text. A type of the application's own is written as its output function does: a cast of its own is not run. */
function textSql(column: string): string {
  const name = quoteName(column);
  const written = `case when num_nulls(${name}) = 0 then format('%s', ${name}) end`;
  return `case when ${isOdd('virtual', column)} then null when ${isOdd('doubt')} then ${safeText(name)}
    when ${isOdd('own', column)} then ${written} else ${name}::text end`;
}

/** The bytes of a column's value, not as it is stored but as it is read; of a small one as it is stored. */
function sizeSql(column: string, { text, arrays }: ColumnFacts): string {
  const name = quoteName(column);
  const stored = `pg_column_size(${name})`;
  // Nothing is decompressed.
  const ofText = `octet_length(${textSql(column)})`;
  // An array of arrays might have a dimension too many.
  const ofArray = `case when ${stored} < 2000 or pg_column_compression(${name}) is null then ${stored}
        when ${stored} < 400000 then octet_length(format('%s', ${name})) else ${longestImage} end`;
  // The values of an array are not compressed.
  const ofOther = `case when ${stored} < 2000 then ${stored} else pg_column_size(array[${name}]) end`;
  const size = text.has(column) ? ofText : arrays?.has(column) ? ofArray : ofOther;
  return `coalesce(case when not ${isOdd('virtual', column)} then ${size} end, 0)::bigint`;
}

/** One column: its text. Several: a JSON array of texts. Null when the table has lost one of them. */
export function keyText(key: readonly string[]): string {
  const texts = key.map(textSql);
  if (texts.length === 1) return `(${texts[0]}) collate "C"`;
  const lost = texts.map((text) => `(${text}) is null`).join(' or ');
  return `case when ${lost} then null else json_build_array(${texts.join(', ')})::text end collate "C"`;
}

const valueText = (column: string): string => `left(${textSql(column)}, ${longestValue})`;

/** Not by json_build_array, which as a function takes 100 arguments at most. */
const arrayJson = (texts: readonly string[]): string =>
  `array_to_json(array[${texts.join(', ')}]::text[])::text`;

export function valuesJson(plan: CapturePlan): string {
  return plan.values.length > 0 ? arrayJson(plan.values.map((column) => valueText(column))) : 'null::text';
}

/** The whole last row as JSON; with value columns, in an array before them (as a string: its numbers must stay exact). */
export function imageText(plan: CapturePlan, columns: ColumnFacts): string {
  const sizes = [...(columns.long ?? [])].map((column) => sizeSql(column, columns));
  // The row as one value would have to stay below 1 GB itself, and its size counts what is compressed as it is stored.
  const tooLarge = [...(sizes.length > 0 ? [sum(sizes)] : []), 'pg_column_size(old_row.*)'].map(
    (size) => `when ${size} >= ${longestImage} then null`,
  );
  const image = `case ${tooLarge.join(' ')} else ${rowJson(plan, columns)}::text end`;
  return plan.values.length > 0
    ? arrayJson([image, ...plan.values.map((column) => valueText(column))])
    : image;
}

/** In groups: a sum of 1,600 terms would be an expression as deep. */
function sum(terms: readonly string[]): string {
  const groups = Array.from({ length: Math.ceil(terms.length / 40) }, (_, i) =>
    terms.slice(i * 40, i * 40 + 40).join(' + '),
  );
  return groups.map((group) => `(${group})`).join(' + ');
}

/**
 * Without the columns that must not leave: the others by name, since what takes keys from JSON fails on some texts that JSON can hold.
 * By name too where the table has got a type since of which the application would make the JSON: its function would run with our rights.
 */
function rowJson(plan: CapturePlan, columns: ColumnFacts): string {
  const kept = keptColumns(plan, columns);
  const listed = kept ?? listedColumns(columns);
  const list = listed.length > 0 ? listJson(listed, columns) : 'null';
  const read = listed.map((column) => ({ column, value: valueSql(column) }));
  const doubtful = `when ${isOdd('doubt')} then ${safeJson(read)}`;
  const whole = kept ? list : `case when ${isOdd('json')} then ${list} else row_to_json(old_row.*) end`;
  return `case ${doubtful} else ${whole} end`;
}

function listJson(kept: readonly string[], { unsafe }: ColumnFacts): string {
  const read = kept.map((column) => {
    const safe = `case when not ${isOdd('virtual', column)} and not ${isOdd('json', column)} then ${quoteName(column)} end`;
    return `${unsafe?.has(column) ? textSql(column) : safe} as ${quoteName(column)}`;
  });
  return `(select row_to_json(kept.*) from (select ${read.join(', ')}) kept)`;
}

/** More would make the function slow to plan, for what is rare. */
const mostListed = 400;

const listedColumns = ({ all, virtual }: ColumnFacts): string[] =>
  all.length <= mostListed ? all.filter((column) => !virtual?.has(column)) : [];

/** Undefined: whatever columns the table has. */
function keptColumns(
  { exclude = [] }: CapturePlan,
  { all, virtual, unsafe }: ColumnFacts,
): string[] | undefined {
  if (exclude.length === 0 && !unsafe?.size) return undefined;
  return all.filter((column) => !exclude.includes(column) && !virtual?.has(column));
}

/** Of an update: the values before, then those after. */
export const pairJson = (plan: CapturePlan): string =>
  plan.values.length > 0 ? 'array_to_json(o.vs || n.vs)::text' : 'null::text';

export const newJson = (plan: CapturePlan): string =>
  plan.values.length > 0 ? 'array_to_json(n.vs)::text' : 'null::text';

/**
 * What is read of old and new rows, and the mask of the classes that differ. A record image compares all columns of a class in one
 * expression; comparing texts one by one needs more expressions and less work, which pays for many rows.
 */
export function comparison(
  plan: CapturePlan,
  textColumns: ReadonlySet<string>,
): { columns: string; mask: string } {
  const classes = plan.classes.map((columns, bit) => classColumns(columns, bit, textColumns));
  const values = plan.values.map((column) => valueText(column));
  return {
    columns: [
      `${keyText(plan.key)} as k`,
      ...classes.flatMap(({ select }) => select),
      ...(values.length > 0 ? [`array[${values.join(', ')}]::text[] as vs`] : []),
    ].join(', '),
    mask: `(${classes.map(({ differ }, bit) => `case when ${differ} then ${2 ** bit}::bigint else 0 end`).join(' + ') || '0::bigint'})`,
  };
}

/** How a class of columns is read from old and new rows, and the expression that says whether any of them differs. */
function classColumns(
  columns: readonly string[],
  bit: number,
  textColumns: ReadonlySet<string>,
): { select: string[]; differ: string } {
  // The whole row as one value. The cast keeps it one: a bare `whole.*` would be all of its columns.
  if (columns.includes(everyColumn)) {
    return { select: [`(whole.*)::record as c${bit}`], differ: `o.c${bit} *<> n.c${bit}` };
  }
  const texts = columns.filter((column) => textColumns.has(column));
  const others = columns.filter((column) => !textColumns.has(column));
  const names = texts.map((_, i) => `t${bit}_${i}`);
  return {
    select: [
      // "C" compares bytes: under a case-insensitive collation a changed case would not be seen.
      ...texts.map((column, i) => `(${textSql(column)}) collate "C" as ${names[i]}`),
      ...(others.length > 0
        ? [`row(${others.map((column) => valueSql(column)).join(', ')}) as c${bit}`]
        : []),
    ],
    differ:
      [
        ...names.map((name) => `o.${name} is distinct from n.${name}`),
        ...(others.length > 0 ? [`o.c${bit} *<> n.c${bit}`] : []),
      ].join(' or ') || 'false',
  };
}
