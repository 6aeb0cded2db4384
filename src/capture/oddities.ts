import { quoteLiteral } from '../catalog/table-name.ts';
import type { CapturePlan } from '../store/captures.ts';
import { makesForeignJson } from '../store/own-types.ts';
import { dollarTag } from './dollar-tag.ts';

/** What may have become of a table, or of one of its columns, since its triggers were made. */
export type Oddity =
  /** The column is computed when it is read: a statement of a trigger that names it fails. */
  | 'virtual'
  /** The column's type is one of the application's own, whose casts may run its functions. */
  | 'own'
  /** A function of the application's may make JSON of the column; of no column: of any. */
  | 'json'
  /** The key has no unique index on some relation with triggers. Of no column. */
  | 'twins';

const oddName = (captureId: number | string): string => `rowhook.capture_${captureId}_odd()`;

/** What to name in FROM, so that `isOdd` has an answer: there, and in what is lateral to it. */
export const oddFrom = (captureId: number | string): string => `${oddName(captureId)} as facts(odd)`;

export const isOdd = (oddity: Oddity, column = ''): string =>
  `${quoteLiteral(`${oddity} ${column}`)} = any (facts.odd)`;

/**
 * What is odd about a capture's table now. The function says of itself that it is immutable, which makes the planner put its result
 * in the place of the call, and throw away what is then never reached: asking costs nothing when the statement runs. A plan lives
 * until its table is altered or gets or loses an index, so no result is older than the table.
 *
 * A table is known by its triggers, whatever its name is now.
 */
export function oddSql(captureId: number | string, { key }: CapturePlan): string {
  // Made to be planned fast, for each session that writes asks once for each statement of a function.
  const body = `declare
  relations oid[];
  relation oid;
  result text[] := '{}';
begin
  -- By pg_depend, which is indexed; pg_trigger by its functions is not.
  relations := array(
    select g.tgrelid from pg_depend d join pg_trigger g on g.oid = d.objid
    where d.refclassid = 'pg_proc'::regclass and d.classid = 'pg_trigger'::regclass
      and d.refobjid in (${triggerFunctions(captureId)})
    group by g.tgrelid);
  if exists (select from pg_attribute where attrelid = any (relations) and (attgenerated = 'v' or atttypid >= 16384)) then
    result := array(
      select o.oddity || ' ' || a.attname
      from pg_attribute a,
        lateral (
          select 'virtual' as oddity where a.attgenerated = 'v'
          union all
          select 'own' where exists (
            with recursive parts (oid) as (
              select a.atttypid
              union
              select case when t.typtype = 'd' then t.typbasetype else t.typelem end
              from parts p join pg_type t on t.oid = p.oid where t.typtype = 'd' or t.typcategory = 'A'
            )
            select from parts p join pg_type t on t.oid = p.oid where t.oid >= 16384 and t.typtype in ('c', 'e', 'r', 'm'))
          union all
          select 'json' where ${makesForeignJson('a.atttypid')}
        ) o
      where a.attrelid = any (relations) and a.attnum > 0 and (a.attgenerated = 'v' or a.atttypid >= 16384)
      group by 1);
    if exists (select from unnest(result) each where each like 'json %') then
      result := result || 'json '::text;
    end if;
  end if;
  foreach relation in array relations loop
    if not exists (
      select from pg_index
      where indrelid = relation and indisunique and indisvalid and indpred is null and indexprs is null
        and indkey[0:indnkeyatts - 1] <@ array(
          select attnum from pg_attribute
          where attrelid = relation and attname in (${key.map(quoteLiteral).join(', ')}))
    ) then
      return result || ${quoteLiteral('twins ')}::text;
    end if;
  end loop;
  return result;
end`;
  const tag = dollarTag('odd', body);
  return `create or replace function ${oddName(captureId)} returns text[]
language plpgsql immutable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as ${tag}
${body}
${tag};
revoke all on function ${oddName(captureId)} from public;
`;
}

const triggerFunctions = (captureId: number | string): string =>
  ['insert', 'update', 'delete']
    .map((operation) => `to_regproc('rowhook.capture_${captureId}_${operation}')`)
    .join(', ');

export const dropOddSql = (captureId: number | string): string =>
  `drop function if exists ${oddName(captureId)}`;
