/**
 * Whether JSON made of a value may run a function of the application's: row_to_json and the like look for a cast to json of each type
 * that is not the server's. Who owns a type can make such a cast at any time, so the owner is what counts: types of superusers, and of
 * the role that has installed rowhook, count only where there is such a cast already. Reads the system's catalogs only.
 * @param type an expression for the type's oid
 */
export const makesForeignJson = (type: string): string => `(${type} >= 16384 and exists (
  with recursive parts (oid) as (
    select ${type}
    union
    select d.oid from parts p join pg_type t on t.oid = p.oid cross join lateral (
      select t.typelem where t.typcategory = 'A'
      union all select t.typbasetype where t.typtype = 'd'
      union all select a.atttypid from pg_attribute a
        where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
    ) d (oid) where d.oid >= 16384
  )
  select from parts p join pg_type t on t.oid = p.oid
  where t.typtype <> 'd' and (
    not exists (
      select from pg_roles r where r.oid = t.typowner and (
        r.rolsuper or r.rolname = coalesce((select pg_get_userbyid(nspowner) from pg_namespace where nspname = 'rowhook'), current_user)))
    or exists (
      select from pg_cast k join pg_proc f on f.oid = k.castfunc join pg_language l on l.oid = f.prolang
      where k.castsource = t.oid and k.casttarget = 'json'::regtype and l.lanname not in ('internal', 'c')))))`;
