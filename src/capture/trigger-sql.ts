import { quoteName } from '../catalog/table-name.ts';
import { type CapturePlan, everyColumn } from '../store/captures.ts';
import { dollarTag } from './dollar-tag.ts';
import { isOdd, oddFrom, oddSql } from './oddities.ts';

/** The four statements a trigger can fire for; each has a function of its own, fitted to the table. */
export const operations = ['insert', 'update', 'delete', 'truncate'] as const;
export type Operation = (typeof operations)[number];

/** Rows of one statement that share an outbox row. */
const packSize = 500;
/** Bytes of last rows that share an outbox row: a value may not reach 1 GB. */
const packBytes = 1_000_000;
/** A larger last row is not kept; its delete is. JSON makes up to eight bytes of one, and no text may reach 1 GB. */
const longestImage = 50_000_000;
/** Twice as many columns go through the join of old and new rows, which takes 1,664. */
const mostTexts = 400;
/** Values are looked at by conditions only, which compare short ones. */
const longestValue = 1_000;

/** A number; or a text that becomes one when the statement is run. */
export type CaptureId = number | string;

interface Capture extends CapturePlan {
  readonly id: CaptureId;
}

export const functionName = (captureId: CaptureId, operation: Operation): string =>
  `rowhook.capture_${captureId}_${operation}`;

export const triggerName = (operation: Operation): string => `rowhook_${operation}`;

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
  /** Those that row_to_json would run a function of the application for. */
  readonly unsafe?: ReadonlySet<string>;
}

/**
 * The function that a table's statement trigger runs. Pure.
 *
 * It is static SQL that no ALTER TABLE can break (invariant 4): every column is named without its table, in a subquery that
 * can also see `missing`, a row of nulls under the same names. A name resolves to the innermost match, so a column that is
 * dropped or renamed turns into null instead of an error, and planning throws the detour away. Columns are compared as
 * text, or as record images (`*<>`), which exist for every type a column may be given. What a column has become since is asked when
 * a statement is planned (see oddSql). The drift check reports the rest.
 *
 * @param captureId or what stands for it, in a text that is to be completed later
 */
export function functionSql(
  captureId: CaptureId,
  plan: CapturePlan,
  operation: Operation,
  columns: ColumnFacts,
): string {
  const bodies = { insert: insertBody, update: updateBody, delete: deleteBody, truncate: truncateBody };
  const body = bodies[operation]({ ...plan, classes: storedClasses(plan, columns), id: captureId }, columns);
  const tag = dollarTag('rowhook', body);
  // The first one brings what all of them ask.
  return `${operation === 'insert' ? oddSql(captureId, plan) : ''}create or replace function ${functionName(captureId, operation)}() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
-- The plan is kept for the session: made for a statement of one row it must still do for one of a million.
set enable_nestloop = off
-- To Postgres 17 and older what is switched off has an enormous cost, which would have every statement compiled, for a second.
set jit = off${textForms(plan, operation, columns.plain)}
as ${tag}
#variable_conflict use_column
${body}
  if written and pg_sequence_last_value('rowhook.bell'::regclass) = 2 then
    perform rowhook.ring();
  end if;
  return null;
end
${tag}`;
}

/** The classes by columns that the rows of a trigger have: a virtual one changes when one of those does that it is made of. */
function storedClasses({ classes }: CapturePlan, { virtual }: ColumnFacts): string[][] {
  return classes.map((columns) => [
    ...new Set(columns.flatMap((column) => virtual?.get(column) ?? [column])),
  ]);
}

/** A date's text, say, depends on the writer's settings; a key, a value or a last row must not. */
function textForms(plan: CapturePlan, operation: Operation, plain: ReadonlySet<string>): string {
  const written = [...plan.key, ...plan.values];
  if (operation === 'truncate') return '';
  if (operation === 'insert' && written.every((column) => plain.has(column))) return '';
  // Deletes write the whole row, and so does an update that changes a key.
  if (operation === 'update' && written.every((column) => plain.has(column)) && plan.key.length === 1)
    return '';
  return `
set datestyle = 'ISO, YMD' set timezone = 'UTC' set intervalstyle = 'iso_8601' set extra_float_digits = 1
set bytea_output = 'hex'`;
}

export function triggerSql(captureId: CaptureId, operation: Operation, table: string): string {
  const rows = {
    insert: 'referencing new table as new_rows ',
    update: 'referencing old table as old_rows new table as new_rows ',
    delete: 'referencing old table as old_rows ',
    truncate: '',
  };
  return `create or replace trigger ${triggerName(operation)} after ${operation} on ${table}
${rows[operation]}for each statement execute function ${functionName(captureId, operation)}()`;
}

const requestId = `nullif(left(current_setting('rowhook.request_id', true), 1000), '')`;

/**
 * Most statements change one row, and starting an executor for windows and joins costs them more than running it: they have a way
 * of their own. `seen` is 0, 1, or 2 for more.
 */
const countRows = (rows: string) => `  perform from ${rows} limit 2;
  get diagnostics seen = row_count;`;

function insertBody(plan: Capture): string {
  const row = `lateral (select ${keyText(plan.key)} as k, ${valuesJson(plan)} as v from new_rows) r`;
  return `declare
  seen int;
  written boolean;
begin
${countRows('new_rows')}
  if seen = 1 then
    insert into rowhook.outbox (capture_id, op, n, request_id, keys, vals)
    select ${plan.id}, 'i', 1, ${requestId}, array[r.k], ${plan.values.length > 0 ? 'array[r.v]' : 'null'}
    from ${missing(plan)}, ${row}
    where r.k is not null;
  elsif seen > 1 then
    insert into rowhook.outbox (capture_id, op, n, request_id, keys, vals)
    select ${plan.id}, 'i', count(*), ${requestId}, array_agg(c.k), ${plan.values.length > 0 ? 'array_agg(c.v)' : 'null'}
    from (
      select r.k, r.v, (row_number() over () - 1) / ${packSize} as pack
      from ${missing(plan)}, ${row}
      where r.k is not null
    ) c
    group by c.pack;
  end if;
  written := seen > 0 and found;`;
}

function deleteBody(plan: Capture, columns: ColumnFacts): string {
  return `declare
  seen int;
  written boolean;
begin
${countRows('old_rows')}
  if seen = 1 then
    insert into rowhook.outbox (capture_id, op, n, request_id, keys, vals)
    select ${plan.id}, 'd', 1, ${requestId}, array[r.k], array[r.image]
    from ${missing(plan, columns)}, ${oldRow(plan, columns)}
    where r.k is not null;
  elsif seen > 1 then
${deletePacks(plan, columns, 'true')}
  end if;
  written := seen > 0 and found;`;
}

const oldRow = (plan: Capture, columns: ColumnFacts) =>
  `lateral (select ${keyText(plan.key)} as k, ${imageText(plan, columns)} as image from old_rows old_row) r`;

function deletePacks(plan: Capture, columns: ColumnFacts, condition: string): string {
  return `    insert into rowhook.outbox (capture_id, op, n, request_id, keys, vals)
    select ${plan.id}, 'd', count(*), ${requestId}, array_agg(c.k), array_agg(c.image)
    from (
      select r.k, r.image, (row_number() over () - 1) / ${packSize}
        + sum(coalesce(octet_length(r.image), 0)) over (rows unbounded preceding) / ${packBytes} as pack
      from ${missing(plan, columns)}, ${oldRow(plan, columns)}
      where r.k is not null and ${condition}
    ) c
    group by c.pack;`;
}

/**
 * Old and new rows are joined by key. A row whose key changed has no partner: its new key counts as an insert ('i'), its old
 * one is marked 'x', and only then are the old rows read once more for the delete that carries them.
 */
function updateBody(plan: Capture, columns: ColumnFacts): string {
  const values = plan.values.length > 0;
  const single = comparison(plan, new Set());
  const texts = plan.classes.flat().filter((column) => columns.text.has(column));
  const packed = comparison(plan, texts.length > mostTexts ? new Set() : columns.text);
  const newKeys = `${missing(plan)}, lateral (select ${keyText(plan.key)} as k from new_rows) n`;
  return `declare
  seen int;
  one record;
  key_changed boolean;
  written boolean;
begin
${countRows('new_rows')}
  if seen = 1 then
    select r.* into one
    from ${missing(plan)},
      lateral (
        select n.k, n.k is distinct from o.k as moved, ${single.mask}::bigint as m, ${pairJson(plan)} as v
        from (select ${single.columns} from old_rows whole) o, (select ${single.columns} from new_rows whole) n
      ) r;
    if one.moved then
      seen := 2;
    elsif one.m <> 0 and one.k is not null then
      insert into rowhook.outbox (capture_id, op, n, request_id, keys, masks, vals)
      values (${plan.id}, 'u', 1, ${requestId}, array[one.k], array[one.m], ${values ? 'array[one.v]' : 'null'});
      written := true;
    end if;
  end if;
  if seen > 1 then
    with packs as (
      insert into rowhook.outbox (capture_id, op, n, request_id, keys, masks, vals)
      select ${plan.id}, c.op, count(*), ${requestId}, array_agg(c.k), array_agg(c.m), ${values ? 'array_agg(c.v)' : 'null'}
      from (
        select r.op, r.k, r.m, r.v, (row_number() over () - 1) / ${packSize} as pack
        from ${missing(plan)},
          lateral (
            select coalesce(n.k, o.k) as k,
              (case when o.k is null then 'i' when n.k is null then 'x' else 'u' end)::"char" as op,
              case when o.k is null or n.k is null then -1 else ${packed.mask} end::bigint as m,
              case when o.k is null then ${newJson(plan)} else ${pairJson(plan)} end as v
            from ${numbered(`select ${packed.columns} from old_rows whole`)} o
            full join ${numbered(`select ${packed.columns} from new_rows whole`)} n
              on o.k = n.k and (not ${isOdd('twins')} or o.twin = n.twin)
          ) r
        where r.m <> 0 and r.k is not null
      ) c
      group by c.op, c.pack
      returning op
    )
    select bool_or(p.op = 'x'), count(*) > 0 into key_changed, written from packs p;
    if key_changed then
${deletePacks(plan, columns, `not exists (select from ${newKeys} where n.k = r.k)`)}
    end if;
  end if;`;
}

function truncateBody({ id }: Capture): string {
  return `declare
  written boolean := true;
begin
  insert into rowhook.outbox (capture_id, op, n, request_id) values (${id}, 't', 0, ${requestId});`;
}

/** A key that is none any more, as its column was dropped and added with one value for all, must not join every row with every other. */
const numbered = (rows: string): string =>
  `(select each.*, case when ${isOdd('twins')} then row_number() over (partition by each.k) end as twin from (${rows}) each)`;

/** Every column that the function names, as null: what a name falls back to once the table has lost the column. And what is odd about it. */
function missing(plan: Capture, facts?: ColumnFacts): string {
  const kept = facts ? [...(keptColumns(plan, facts) ?? []), ...(facts.long ?? [])] : [];
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
  return `case when ${isOdd('virtual', column)} then null when ${isOdd('own', column)} then ${written} else ${name}::text end`;
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
function keyText(key: readonly string[]): string {
  const texts = key.map(textSql);
  if (texts.length === 1) return `(${texts[0]}) collate "C"`;
  const lost = texts.map((text) => `(${text}) is null`).join(' or ');
  return `case when ${lost} then null else json_build_array(${texts.join(', ')})::text end collate "C"`;
}

const valueText = (column: string): string => `left(${textSql(column)}, ${longestValue})`;

/** Not by json_build_array, which as a function takes 100 arguments at most. */
const arrayJson = (texts: readonly string[]): string =>
  `array_to_json(array[${texts.join(', ')}]::text[])::text`;

function valuesJson(plan: CapturePlan): string {
  return plan.values.length > 0 ? arrayJson(plan.values.map((column) => valueText(column))) : 'null::text';
}

/** The whole last row as JSON; with value columns, in an array before them (as a string: its numbers must stay exact). */
function imageText(plan: CapturePlan, columns: ColumnFacts): string {
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

/** Without the columns that must not leave: the others by name, since what takes keys from JSON fails on some texts that JSON can hold. */
function rowJson(plan: CapturePlan, columns: ColumnFacts): string {
  const kept = keptColumns(plan, columns);
  if (!kept) return 'row_to_json(old_row.*)';
  const read = kept.map((column) => {
    const value = columns.unsafe?.has(column) ? textSql(column) : valueSql(column);
    return `${value} as ${quoteName(column)}`;
  });
  return `(select row_to_json(kept.*) from (select ${read.join(', ')}) kept)`;
}

/** Undefined: whatever columns the table has. */
function keptColumns(
  { exclude = [] }: CapturePlan,
  { all, virtual, unsafe }: ColumnFacts,
): string[] | undefined {
  if (exclude.length === 0 && !unsafe?.size) return undefined;
  return all.filter((column) => !exclude.includes(column) && !virtual?.has(column));
}

/** Of an update: the values before, then those after. */
const pairJson = (plan: CapturePlan): string =>
  plan.values.length > 0 ? 'array_to_json(o.vs || n.vs)::text' : 'null::text';

const newJson = (plan: CapturePlan): string =>
  plan.values.length > 0 ? 'array_to_json(n.vs)::text' : 'null::text';

/**
 * What is read of old and new rows, and the mask of the classes that differ. A record image compares all columns of a class in one
 * expression; comparing texts one by one needs more expressions and less work, which pays for many rows.
 */
function comparison(plan: CapturePlan, textColumns: ReadonlySet<string>): { columns: string; mask: string } {
  const classes = plan.classes.map((columns, bit) => classColumns(columns, bit, textColumns));
  const values = plan.values.map((column) => valueText(column));
  return {
    columns: [
      `${keyText(plan.key)} as k`,
      ...classes.flatMap(({ select }) => select),
      ...(values.length > 0 ? [`array[${values.join(', ')}]::text[] as vs`] : []),
    ].join(', '),
    mask: `(${classes.map(({ differ }, bit) => `case when ${differ} then ${2 ** bit} else 0 end`).join(' + ') || '0'})`,
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
