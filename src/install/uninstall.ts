import { quoteName } from '../catalog/table-name.ts';
import { capturedTables } from '../store/captures.ts';
import { explainPrivilege } from '../store/privilege.ts';
import { schemaOwner } from '../store/schema.ts';
import type { Queryable } from '../store/sql.ts';
import { isInstalled, releaseTables } from './capture-tables.ts';
import { lockingSteps, type Patience } from './patience.ts';
import type { Place } from './place.ts';

/**
 * Takes all triggers off the application's tables, one table for each step, and drops the schema rowhook with everything in
 * it: changes and deliveries that wait, endpoints, history. Of the application's own schema nothing is changed.
 * @returns false when rowhook was not installed
 * @throws RowhookError `lock_timeout`, `privilege_missing`
 */
export async function uninstall(place: Place, patience: Patience): Promise<boolean> {
  const { db } = place;
  if (!(await isInstalled(db))) return false;
  const owner = await schemaOwner(db);
  const { rows } = await db.query<{ role: string }>('select current_user as role');
  try {
    await releaseTables(place, await capturedTables(db), patience);
    // A table that was renamed since is not found by its name, but has its triggers still.
    const others = await tablesWithTriggers(db);
    await lockingSteps(place, patience)(
      [...others, 'rowhook.outbox', 'rowhook.delivery', 'rowhook.event'],
      async (db) => {
        await db.query('drop schema if exists rowhook cascade');
      },
    );
    return true;
  } catch (error) {
    throw explainPrivilege(error, rows[0]?.role ?? '', owner);
  }
}

async function tablesWithTriggers(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ schema: string; name: string }>(
    `select distinct n.nspname as schema, c.relname as name
     from pg_trigger g join pg_proc p on p.oid = g.tgfoid
     join pg_class c on c.oid = g.tgrelid join pg_namespace n on n.oid = c.relnamespace
     where p.pronamespace = (select oid from pg_namespace where nspname = 'rowhook') and not g.tgisinternal
     order by 1, 2`,
  );
  return rows.map(({ schema, name }) => `${quoteName(schema)}.${quoteName(name)}`);
}
