import type { Catalog } from '../../catalog/types.ts';
import { capturesById } from '../../store/captures.ts';
import type { Queryable } from '../../store/sql.ts';
import { type OutboxRow, unpack } from '../window/changes.ts';
import type { lookUp } from './lookups.ts';
import type { RecordChange } from './net-effect.ts';
import { type Role, rolesOf } from './roles.ts';
import { type Lookup, route } from './route.ts';

interface ChangesContext {
  readonly catalog: Catalog;
  /** What each capture id's table is to the catalog's resources; filled as ids are met. */
  readonly roles: Map<number, readonly Role[]>;
  readonly lookUp: typeof lookUp;
}

/** What the rows of a page are to the records of the catalog, in the order of their seq. */
export async function recordChanges(
  db: Queryable,
  context: ChangesContext,
  rows: readonly OutboxRow[],
): Promise<RecordChange[]> {
  await learnRoles(
    db,
    context,
    rows.map((row) => row.capture_id),
  );
  const changes: RecordChange[] = [];
  const lookups: Lookup[] = [];
  for (const change of unpack(rows)) {
    const routed = route(change, context.roles.get(change.captureId) ?? []);
    for (const each of routed.recordChanges) changes.push(each);
    for (const each of routed.lookups) lookups.push(each);
  }
  const found = lookups.length > 0 ? await context.lookUp(db, lookups) : [];
  return changes.concat(found).sort((a, b) => a.seq - b.seq);
}

/** Fills in the roles of these captures' tables, where they are not known. */
export async function learnRoles(
  db: Queryable,
  context: Pick<ChangesContext, 'catalog' | 'roles'>,
  ids: readonly number[],
): Promise<void> {
  const unknown = [...new Set(ids)].filter((id) => !context.roles.has(id));
  if (unknown.length > 0) {
    for (const capture of await capturesById(db, unknown)) {
      context.roles.set(capture.id, rolesOf(capture.plan, context.catalog));
    }
  }
}
