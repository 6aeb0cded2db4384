import { quoteName } from '../catalog/table-name.ts';
import type { CapturePlan } from '../store/captures.ts';

/** The four statements a trigger can fire for; each has a function of its own, fitted to the table. */
export const operations = ['insert', 'update', 'delete', 'truncate'] as const;
export type Operation = (typeof operations)[number];

/** Rows of one statement that share an outbox row. */
const packSize = 500;
/** Bytes of last rows that share an outbox row: a value may not reach 1 GB. */
const packBytes = 1_000_000;
/** A larger last row is not kept; its delete is. */
const longestImage = 50_000_000;
/** Values are looked at by conditions only, which compare short ones. */
const longestValue = 1_000;

export const functionName = (captureId: number, operation: Operation): string =>
  `rowhook.capture_${captureId}_${operation}`;

export const triggerName = (operation: Operation): string => `rowhook_${operation}`;

/**
 * The function that a table's statement trigger runs. Pure.
 *
 * It is static SQL that no ALTER TABLE can break (invariant 4): every column is named without its table, in a subquery that
 * can also see `missing`, a row of nulls under the same names. A name resolves to the innermost match, so a column that is
 * dropped or renamed turns into null instead of an error, and planning throws the detour away. Columns are compared as
 * text, or as record images (`*<>`), which exist for every type a column may be given. The drift check reports the rest.
 *
 * @param textColumns those of a string type: their cast to text is free and compares faster than an image
 */
export function functionSql(
  captureId: number,
  plan: CapturePlan,
  operation: Operation,
  textColumns: ReadonlySet<string>,
): string {
  const bodies = { insert: insertBody, update: updateBody, delete: deleteBody, truncate: truncateBody };
  return `create or replace function ${functionName(captureId, operation)}() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
-- The plan is kept for the session: made for a statement of one row it must still do for one of a million.
set enable_nestloop = off
as $rowhook$
#variable_conflict use_column
${bodies[operation](captureId, plan, textColumns)}
  if pg_sequence_last_value('rowhook.bell'::regclass) = 2 then
    perform rowhook.ring();
  end if;
  return null;
end
$rowhook$`;
}

export function triggerSql(captureId: number, operation: Operation, table: string): string {
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

function insertBody(captureId: number, plan: CapturePlan): string {
  return `begin
  insert into rowhook.outbox (capture_id, op, n, request_id, keys, vals)
  select ${captureId}, 'i', count(*), ${requestId}, array_agg(c.k), ${plan.values.length > 0 ? 'array_agg(c.v)' : 'null'}
  from (
    select r.k, r.v, (row_number() over () - 1) / ${packSize} as pack
    from ${missing(plan)},
      lateral (select ${keyText(plan.key)} as k, ${valuesJson(plan.values)} as v from new_rows) r
    where r.k is not null
  ) c
  group by c.pack;`;
}

function deleteBody(captureId: number, plan: CapturePlan): string {
  return `begin
${deleteInsert(captureId, plan, 'true')}`;
}

function deleteInsert(captureId: number, plan: CapturePlan, condition: string): string {
  return `  insert into rowhook.outbox (capture_id, op, n, request_id, keys, vals)
  select ${captureId}, 'd', count(*), ${requestId}, array_agg(c.k), array_agg(c.image)
  from (
    select r.k, r.image,
      (row_number() over () - 1) / ${packSize} + sum(coalesce(octet_length(r.image), 0)) over (rows unbounded preceding) / ${packBytes} as pack
    from ${missing(plan)},
      lateral (
        select ${keyText(plan.key)} as k,
          ${imageText(plan.values)} as image
        from old_rows old_row
      ) r
    where r.k is not null and ${condition}
  ) c
  group by c.pack;`;
}

/**
 * Old and new rows are joined by key. A row whose key changed has no partner: its new key counts as an insert ('i'), its old
 * one is marked 'x', and only then are the old rows read once more for the delete that carries them.
 */
function updateBody(captureId: number, plan: CapturePlan, textColumns: ReadonlySet<string>): string {
  const shown = plan.classes.map((columns, bit) => classColumns(columns, bit, textColumns));
  const selected = [
    `${keyText(plan.key)} as k`,
    ...shown.flatMap((columns) => columns.select),
    ...plan.values.map((column, i) => `${valueText(column)} as v${i}`),
  ].join(', ');
  const mask =
    shown.map((columns, bit) => `case when ${columns.differ} then ${2 ** bit} else 0 end`).join(' + ') || '0';
  const pair = plan.values.flatMap((_, i) => [`n.v${i}`]);
  const vals =
    plan.values.length > 0
      ? `json_build_array(${[...plan.values.map((_, i) => `o.v${i}`), ...pair].join(', ')})::text`
      : 'null::text';
  const newVals = plan.values.length > 0 ? `json_build_array(${pair.join(', ')})::text` : 'null::text';
  return `declare
  key_changed boolean;
begin
  with written as (
    insert into rowhook.outbox (capture_id, op, n, request_id, keys, masks, vals)
    select ${captureId}, c.op, count(*), ${requestId}, array_agg(c.k), array_agg(c.m), ${plan.values.length > 0 ? 'array_agg(c.v)' : 'null'}
    from (
      select r.op, r.k, r.m, r.v, (row_number() over () - 1) / ${packSize} as pack
      from ${missing(plan)},
        lateral (
          select coalesce(n.k, o.k) as k,
            (case when o.k is null then 'i' when n.k is null then 'x' else 'u' end)::"char" as op,
            case when o.k is null or n.k is null then -1 else ${mask} end::bigint as m,
            case when o.k is null then ${newVals} else ${vals} end as v
          from (select ${selected} from old_rows) o
          full join (select ${selected} from new_rows) n on o.k = n.k
        ) r
      where r.m <> 0 and r.k is not null
    ) c
    group by c.op, c.pack
    returning op
  )
  select bool_or(w.op = 'x') into key_changed from written w;
  if key_changed then
  ${deleteInsert(captureId, plan, `not exists (select from ${missing(plan)}, lateral (select ${keyText(plan.key)} as k from new_rows) n where n.k = r.k)`).trimStart()}
  end if;`;
}

function truncateBody(captureId: number): string {
  return `begin
  insert into rowhook.outbox (capture_id, op, n, request_id) values (${captureId}, 't', 0, ${requestId});`;
}

/** Every column that the function names, as null: what a name falls back to once the table has lost the column. */
function missing(plan: CapturePlan): string {
  const columns = [...new Set([...plan.key, ...plan.classes.flat(), ...plan.values])];
  return `(select ${columns.map((column) => `null::text as ${quoteName(column)}`).join(', ')}) missing`;
}

/** One column: its text. Several: a JSON array of texts. Null when the table has lost one of them. */
function keyText(key: readonly string[]): string {
  const texts = key.map((column) => `${quoteName(column)}::text`);
  if (texts.length === 1) return `${texts[0]} collate "C"`;
  const lost = texts.map((column) => `${column} is null`).join(' or ');
  return `case when ${lost} then null else json_build_array(${texts.join(', ')})::text end collate "C"`;
}

function valueText(column: string): string {
  return `left(${quoteName(column)}::text, ${longestValue})`;
}

function valuesJson(values: readonly string[]): string {
  return values.length > 0 ? `json_build_array(${values.map(valueText).join(', ')})::text` : 'null::text';
}

/** The whole last row as JSON; with value columns, in an array before them (as a string: its numbers must stay exact). */
function imageText(values: readonly string[]): string {
  const image = `case when pg_column_size(old_row) < ${longestImage} then row_to_json(old_row)::text end`;
  return values.length > 0 ? `json_build_array(${[image, ...values.map(valueText)].join(', ')})::text` : image;
}

/** How a class of columns is read from old and new rows, and the expression that says whether any of them differs. */
function classColumns(
  columns: readonly string[],
  bit: number,
  textColumns: ReadonlySet<string>,
): { select: string[]; differ: string } {
  const texts = columns.filter((column) => textColumns.has(column));
  const others = columns.filter((column) => !textColumns.has(column));
  const names = texts.map((_, i) => `t${bit}_${i}`);
  return {
    select: [
      // "C" compares bytes: under a case-insensitive collation a changed case would not be seen.
      ...texts.map((column, i) => `${quoteName(column)}::text collate "C" as ${names[i]}`),
      ...(others.length > 0 ? [`row(${others.map(quoteName).join(', ')}) as c${bit}`] : []),
    ],
    differ: [
      ...names.map((name) => `o.${name} is distinct from n.${name}`),
      ...(others.length > 0 ? [`o.c${bit} *<> n.c${bit}`] : []),
    ].join(' or '),
  };
}
