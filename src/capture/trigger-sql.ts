import type { CapturePlan } from '../store/captures.ts';
import { bypassFunctionSql, bypassTriggerSql } from './bypass-sql.ts';
import { dollarTag } from './dollar-tag.ts';
import { isOdd, oddSql } from './oddities.ts';
import { requestId } from './request-id.ts';
import {
  type Capture,
  type CaptureId,
  type ColumnFacts,
  comparison,
  imageText,
  keyText,
  missing,
  newJson,
  pairJson,
  valuesJson,
} from './row-sql.ts';
import { truncateBody } from './truncate-sql.ts';

/** The four statements a trigger can fire for, and those of them that the others cannot see; each has a function of its own. */
export const operations = ['insert', 'update', 'delete', 'truncate', 'bypass'] as const;
export type Operation = (typeof operations)[number];

/** Rows of one statement that share an outbox row. */
const packSize = 500;
/** Bytes of last rows that share an outbox row: a value may not reach 1 GB. */
const packBytes = 1_000_000;

/** Twice as many columns go through the join of old and new rows, which takes 1,664. */
const mostTexts = 400;

export const functionName = (captureId: CaptureId, operation: Operation): string =>
  `rowhook.capture_${captureId}_${operation}`;

export const triggerName = (operation: Operation): string => `rowhook_${operation}`;

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
  if (operation === 'bypass') return bypassFunctionSql(captureId, requestId);
  const truncate = () => truncateBody(captureId, requestId);
  const bodies = { insert: insertBody, update: updateBody, delete: deleteBody, truncate };
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
${ringIf(operation === 'insert' || operation === 'delete' ? 'found' : 'written')}
  return null;
end
${tag}`;
}

const ringIf = (written: string) =>
  `  if ${written} and pg_sequence_last_value('rowhook.bell'::regclass) = 2 then
    perform rowhook.ring();
  end if;`;

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
  if (operation === 'bypass') return bypassTriggerSql(captureId, table);
  const rows = {
    insert: 'referencing new table as new_rows ',
    update: 'referencing old table as old_rows new table as new_rows ',
    delete: 'referencing old table as old_rows ',
    truncate: '',
  };
  return `create or replace trigger ${triggerName(operation)} after ${operation} on ${table}
${rows[operation]}for each statement execute function ${functionName(captureId, operation)}()`;
}

/**
 * Most statements change one row, and starting an executor for windows and joins costs them more than running it: they have a way
 * of their own. `seen` is 0, 1, or 2 for more. Each condition of plpgsql is made ready anew in every transaction, so there are few: FOUND
 * says whether the last statement saw or wrote a row.
 */
const countRows = (rows: string) => `  perform from ${rows} limit 2;
  get diagnostics seen = row_count;`;

function insertBody(plan: Capture): string {
  const row = `lateral (select ${keyText(plan.key)} as k, ${valuesJson(plan)} as v from new_rows) r`;
  return `declare
  seen int;
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
  end if;`;
}

function deleteBody(plan: Capture, columns: ColumnFacts): string {
  return `declare
  seen int;
begin
${countRows('old_rows')}
  if seen = 1 then
    insert into rowhook.outbox (capture_id, op, n, request_id, keys, vals)
    select ${plan.id}, 'd', 1, ${requestId}, array[r.k], array[r.image]
    from ${missing(plan, columns)}, ${oldRow(plan, columns)}
    where r.k is not null;
  elsif seen > 1 then
${deletePacks(plan, columns, 'true')}
  end if;`;
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
 *
 * There are never fewer old rows than new ones, but there may be more: a row that goes to another partition is lost on its way
 * where a trigger there refuses it.
 *
 * The one-row way reads either row in a subquery of its own that `offset 0` keeps one: merged, each column would be read once for
 * the join and once more for what is made of it, which for a wide table is a third of the statement.
 */
function updateBody(plan: Capture, columns: ColumnFacts): string {
  const values = plan.values.length > 0;
  const single = comparison(plan, new Set());
  const texts = plan.classes.flat().filter((column) => columns.text.has(column));
  const packed = comparison(plan, texts.length > mostTexts ? new Set() : columns.text);
  const newKeys = `${missing(plan)}, lateral (select ${keyText(plan.key)} as k from new_rows) n`;
  return `declare
  seen int;
  one_key text;
  one_mask bigint;
  one_vals text;
  key_changed boolean;
  written boolean;
begin
${countRows('old_rows')}
  if seen = 1 then
    select r.k, r.m, r.v into one_key, one_mask, one_vals
    from ${missing(plan)},
      lateral (
        select n.k, case when n.k is distinct from o.k then -1 when n.k is null then 0 else ${single.mask} end as m,
          ${pairJson(plan)} as v
        from (select ${single.columns} from old_rows whole offset 0) o, (select ${single.columns} from new_rows whole offset 0) n
      ) r;
    if one_mask > 0 then
      insert into rowhook.outbox (capture_id, op, n, request_id, keys, masks, vals)
      values (${plan.id}, 'u', 1, ${requestId}, array[one_key], array[one_mask], ${values ? 'array[one_vals]' : 'null'});
${ringIf('true')}
      return null;
    elsif one_mask = 0 then
      return null;
    end if;
  elsif seen = 0 then
    return null;
  end if;
  with packs as (
    insert into rowhook.outbox (capture_id, op, n, request_id, keys, masks, vals)
    select ${plan.id}, c.op, count(*), ${requestId}, array_agg(c.k), array_agg(c.m), ${values ? 'array_agg(c.v)' : 'null'}
    from (
      select r.op, r.k, r.m, r.v, (row_number() over () - 1) / ${packSize} as pack
      from ${missing(plan)},
        lateral (
          select coalesce(n.k, o.k) as k,
            (case when o.k is null then 'i' when n.k is null then 'x' else 'u' end)::"char" as op,
            case when o.k is null or n.k is null then -1 else ${packed.mask} end as m,
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
  end if;`;
}

/** A key that is none any more, as its column was dropped and added with one value for all, must not join every row with every other. */
const numbered = (rows: string): string =>
  `(select each.*, case when ${isOdd('twins')} then row_number() over (partition by each.k) end as twin from (${rows}) each)`;
