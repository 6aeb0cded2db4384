import { quoteName } from '../catalog/table-name.ts';
import { planSql, type StoredCapture } from './captures.ts';
import { relationsSql } from './relations.ts';
import type { Queryable } from './sql.ts';

/** What is really there of a capture. */
export interface CaptureFacts extends StoredCapture {
  /** The table, its partitions and the tables that inherit from it, all the way down. Empty: the table is gone. */
  readonly relations: readonly CapturedRelation[];
  /** By operation; one that is gone has no entry. */
  readonly functions: Readonly<Record<string, CaptureFunction>>;
}

export interface CapturedRelation {
  /** Quoted and schema-qualified. */
  readonly name: string;
  /** By operation: pg_trigger.tgenabled of the trigger that calls this capture's function. */
  readonly triggers: Readonly<Record<string, string>>;
}

export interface CaptureFunction {
  readonly source: string;
  /** `name=value`, as it was set for the function. */
  readonly settings: readonly string[];
}

interface Row extends StoredCapture {
  relations: Array<{ schema: string; name: string; triggers: Record<string, string> | null }> | null;
  functions: Record<string, CaptureFunction> | null;
}

/** Every table that is captured now, by name. Reads the system's catalogs and rowhook.capture only. */
export async function captureFacts(db: Queryable): Promise<CaptureFacts[]> {
  const { rows } = await db.query<Row>(
    `with own as (
       select c.id, p.oid, split_part(p.proname, '_', 3) as operation, p.prosrc, p.proconfig
       from rowhook.capture c
       join pg_proc p on p.pronamespace = 'rowhook'::regnamespace and p.proname ~ ('^capture_' || c.id || '_[a-z]+$')
       where c.released_at is null
     )
     select c.id, ${planSql} as plan,
       (select json_agg(json_build_object('schema', r.schema, 'name', r.name, 'triggers', (
           select json_object_agg(own.operation, g.tgenabled)
           from pg_trigger g join own on own.oid = g.tgfoid and own.id = c.id where g.tgrelid = r.oid)))
        from (${relationsSql('captured.oid')}) r) as relations,
       (select json_object_agg(own.operation, json_build_object('source', own.prosrc, 'settings', coalesce(own.proconfig, '{}')))
        from own where own.id = c.id) as functions
     from rowhook.capture c
     left join (
       select r.oid, '"' || replace(n.nspname, '"', '""') || '"."' || replace(r.relname, '"', '""') || '"' as quoted
       from pg_class r join pg_namespace n on n.oid = r.relnamespace
     ) captured on captured.quoted = c.table_name
     where c.released_at is null
     order by c.table_name`,
  );
  return rows.map(({ id, plan, relations, functions }) => ({
    id,
    plan,
    relations: (relations ?? []).map(({ schema, name, triggers }) => ({
      name: `${quoteName(schema)}.${quoteName(name)}`,
      triggers: triggers ?? {},
    })),
    functions: functions ?? {},
  }));
}
