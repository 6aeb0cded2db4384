import type { CaptureId } from './row-sql.ts';

/*
 * A TRUNCATE has no rows to speak of. But whether it has emptied the captured table must be known: not where only a partition was
 * truncated, or where tables that inherit were left as they are (TRUNCATE ONLY).
 */

const tree = (name: string, from: string, to: string): string =>
  `with recursive ${name} (relid) as (
      select ${to} from pg_inherits where ${from} = tg_relid
      union select i.${to} from ${name} t join pg_inherits i on i.${from} = t.relid
    )`;

/** Relations of the same capture: they have a trigger with the same function. */
const captured = (name: string): string =>
  `${name} t join pg_trigger g on g.tgrelid = t.relid
      where g.tgfoid = (select own.tgfoid from pg_trigger own where own.tgrelid = tg_relid and own.tgname = tg_name)`;

/**
 * The body of a truncate trigger's function. `keys`: null on what hangs below the captured table; else those that inherit from it, of
 * which a change must follow, for the trigger of each relation fires after all of them are truncated. Partitions always are, with their
 * parent. Reads the system's catalogs only, and locks nothing. Pure.
 */
export const truncateBody = (captureId: CaptureId, requestId: string): string => `declare
  written boolean := true;
begin
  insert into rowhook.outbox (capture_id, op, n, request_id, keys, vals)
  select ${captureId}, 't', 0, ${requestId},
    case when not exists (${tree('above', 'inhrelid', 'inhparent')}
      select from ${captured('above')})
    then array(${tree('below', 'inhparent', 'inhrelid')}
      select t.relid::text from ${captured('below')} and not exists (
        select from pg_class p where p.oid = tg_relid and p.relkind = 'p'))
    end, array[tg_relid::text];`;
