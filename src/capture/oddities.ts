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
  | 'twins'
  /** The transaction may see older columns than there are: no type is known. Of no column. */
  | 'doubt';

const oddName = (captureId: number | string): string => `rowhook.capture_${captureId}_odd()`;

/** What to name in FROM, so that `isOdd` has an answer: there, and in what is lateral to it. */
export const oddFrom = (captureId: number | string): string => `${oddName(captureId)} as facts(odd)`;

export const isOdd = (oddity: Oddity, column = ''): string =>
  `${quoteLiteral(`${oddity} ${column}`)} = any (facts.odd)`;

/** Whether a row of a catalog, seen by an old snapshot, has been changed since, or is being changed. */
const isStale = (row: string): string =>
  `(${row}.xmax::text <> '0' and (${row}.xmax::text::bigint - oldest + 8589934592) % 4294967296 < 2147483648)`;

/**
 * What is odd about a capture's table now. The function says of itself that it is immutable, which makes the planner put its result
 * in the place of the call, and throw away what is then never reached: asking costs nothing when the statement runs. A plan lives
 * until its table is altered or gets or loses an index, so no result is older than the table.
 *
 * A table is known by its triggers, whatever its name is now.
 *
 * A repeatable-read transaction sees the catalogs as they were when it began, while its statements are planned for the table of today.
 * A row of a catalog says itself that it was changed since; and what a column is called now is asked of functions that see the present.
 * Then types are in doubt, for as long as the plan lives: nothing is cast, and a column that is new is not named where it might be virtual.
 */
export function oddSql(captureId: number | string, { key }: CapturePlan): string {
  // Made to be planned fast, for each session that writes asks once for each statement of a function.
  const body = `declare
  relations oid[];
  result text[] := '{}';
  oldest bigint;
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
  if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    oldest := pg_snapshot_xmin(pg_current_snapshot())::text::bigint % 4294967296;
    -- With the functions triggers are made, on relations that may be none of those above.
    if not exists (select from pg_proc f where f.oid = to_regprocedure(${quoteLiteral(oddName(captureId))}) and not ${isStale('f')})
      or exists (select from pg_class c where c.oid = any (relations) and (${isStale('c')}
        -- Another table may inherit by now, with triggers and with columns of its own. A partition has none of its own.
        or (c.relkind <> 'p' and c.relhassubclass)))
      or exists (select from pg_attribute a where a.attrelid = any (relations) and ${isStale('a')}) then
      result := result || array['doubt ', 'json '] || array(
        with recursive present (relation, number, name) as (
          select each, 1, ${nameNow('each', '1')} from unnest(relations) each
          union all
          select p.relation, p.number + 1, ${nameNow('p.relation', 'p.number + 1')} from present p where p.name is not null
        )
        select distinct 'virtual ' || p.name from present p
        where p.name is not null and current_setting('server_version_num')::int >= 180000
          and not exists (select from pg_attribute a where a.attrelid = p.relation and a.attnum = p.number and a.attgenerated <> 'v')
          -- What has an index is not virtual. The key is needed.
          and not exists (
            select from generate_series(1, 32) at
            where pg_get_indexdef(pg_get_replica_identity_index(p.relation), at, false) = quote_ident(p.name)));
    end if;
  end if;
  if exists (
    select from unnest(relations) each (oid)
    where each.oid not in (
      select i.indrelid from pg_index i
      where i.indrelid = any (relations) and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
        and (oldest is null or not ${isStale('i')})
        and i.indkey[0:i.indnkeyatts - 1] <@ array(
          select a.attnum from pg_attribute a
          where a.attrelid = i.indrelid and a.attname in (${key.map(quoteLiteral).join(', ')})))
  ) then
    result := result || ${quoteLiteral('twins ')}::text;
  end if;
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

/** A column's name as it is now; of a number that is not used, null. Of a dropped column a name that none can have. */
const nameNow = (relation: string, number: string): string =>
  `(pg_identify_object_as_address('pg_class'::regclass, ${relation}, ${number})).object_names[3]`;

const triggerFunctions = (captureId: number | string): string =>
  ['insert', 'update', 'delete']
    .map((operation) => `to_regproc('rowhook.capture_${captureId}_${operation}')`)
    .join(', ');

export const dropOddSql = (captureId: number | string): string =>
  `drop function if exists ${oddName(captureId)}`;
