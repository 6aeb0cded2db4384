import { quoteTable } from '../../catalog/table-name.ts';
import type { Catalog } from '../../catalog/types.ts';
import { defaultKey } from '../../catalog/watch.ts';
import type { Queryable } from '../../store/sql.ts';
import { isUnshown, type Unshown } from '../aside/unshown.ts';
import { type RecordName, recordId } from '../events/record-id.ts';
import type { GoneRows } from './gone-rows.ts';
import { lastRowsInTransactions } from './last-rows.ts';
import type { Payloads } from './payloads.ts';
import { tenantTables } from './tenant-sql.ts';

/** A record whose tenant is wanted: by its row in the snapshot, or by its last one. */
export interface Owned extends RecordName {
  /** As JSON text; undefined: look into the table. */
  readonly image: string | undefined;
  /** Of the change that is spoken of: what ended after it led the way when it was made. */
  readonly seq: number;
  readonly xid: string;
  /** Nothing more will be read of what is missing. */
  readonly overdue: boolean;
}

/**
 * `tenant`: null where the path leads to none. `rowless`: its own row is not there. `waitsFor`: a row on the path is gone, whose
 * last one is still to be read. `unshown`: its own row is there, and the path cannot be read.
 */
export type Found =
  | { readonly tenant: string | null }
  | { readonly rowless: true }
  | { readonly waitsFor: RecordName }
  | { readonly unshown: Unshown };

interface TenantContext {
  readonly catalog: Catalog;
  readonly payloads: Payloads;
  readonly goneRows: GoneRows;
}

/** Rows that lead to rows that lead to … tenants: a path has few steps, a circle has no end. */
const longestWay = 8;
const nobody: Found = { tenant: null };

/**
 * The tenants of records, in their order. One query for each resource.
 *
 * A row on the path may be gone: a campaign that was deleted with its donations. Then its last row leads on, which is on this page or
 * still to be read; where it was read long ago, its own delete says whose it was. Never does what was said of it before: it may
 * have moved since.
 */
export async function tenantsOf(
  db: Queryable,
  owned: readonly Owned[],
  context: TenantContext,
  way = 0,
): Promise<Found[]> {
  const found = new Map<Owned, Found>();
  const lost = new Map<Owned, Owned>();
  for (const [kind, group] of groupsOf(owned)) {
    const { resourceName } = group[0]!;
    const given = group.map(({ key, image }) => (kind === 'image' ? image! : key));
    const paths = await context.payloads.tenants(db, resourceName, kind, given);
    for (const [i, one] of group.entries()) {
      const path = paths[i];
      if (isUnshown(path)) {
        found.set(one, { unshown: path });
        continue;
      }
      found.set(one, path ? { tenant: path.at(-1) ?? null } : { rowless: true });
      const end = path && brokenStep(path, one, context);
      if (end) lost.set(one, end);
    }
  }
  const known =
    lost.size > 0 && way < longestWay ? await ofLost(db, [...lost.values()], context, way + 1) : [];
  for (const [i, one] of [...lost.keys()].entries()) found.set(one, known[i] ?? nobody);
  return owned.map((one) => found.get(one) ?? nobody);
}

function groupsOf(owned: readonly Owned[]): Array<['key' | 'image', Owned[]]> {
  const groups = new Map<string, ['key' | 'image', Owned[]]>();
  for (const one of owned) {
    const kind = one.image === undefined ? 'key' : 'image';
    const group = groups.get(`${kind} ${one.resourceName}`);
    if (group) group[1].push(one);
    else groups.set(`${kind} ${one.resourceName}`, [kind, [one]]);
  }
  return [...groups.values()];
}

/**
 * The first row on a path that is gone; or that ended after the record did, and has been made anew, maybe for somebody else. A value
 * and whether there is a row for it take turns on the path; the last value is the tenant.
 */
function brokenStep(
  path: ReadonlyArray<string | null>,
  from: Owned,
  { catalog, goneRows }: TenantContext,
): Owned | undefined {
  const tenant = catalog.resources[from.resourceName]?.tenant;
  const steps = tenant === undefined ? [] : tenantTables(tenant);
  for (const [i, step] of steps.entries()) {
    const key = path[2 * i];
    if (key == null) return undefined;
    const resourceName = resourceAt(catalog, step);
    const there = path[2 * i + 1] === 'true';
    if (resourceName === undefined) {
      if (!there) return undefined;
      continue;
    }
    const record = { resourceName, key };
    const ended = goneRows.endedWith(record, from);
    // Of what a TRUNCATE has ended there is no last row to wait for; what is there now was made anew.
    const truncated = ended === undefined && goneRows.truncatedWith(record, from);
    if (there && (from.image === undefined || (ended === undefined && !truncated))) continue;
    return {
      ...from,
      ...record,
      image: truncated ? undefined : (ended ?? goneRows.latest(record)),
      overdue: from.overdue || truncated,
    };
  }
  return undefined;
}

/** The resource whose key a step leads to, and which has a tenant itself. */
export function resourceAt(catalog: Catalog, step: { table: string; to: string }): string | undefined {
  const [name] =
    Object.entries(catalog.resources).find(
      ([, { table, key = defaultKey, tenant }]) =>
        quoteTable(table) === step.table && key.join() === step.to && tenant !== undefined,
    ) ?? [];
  return name;
}

/** The tenants of rows that are gone, in their order; many records of a page may have lost the same one. */
async function ofLost(
  db: Queryable,
  lost: readonly Owned[],
  context: TenantContext,
  way: number,
): Promise<Found[]> {
  const id = (one: Owned) => JSON.stringify([recordId(one), one.xid, one.overdue, one.image]);
  const unique = [...new Map(lost.map((one) => [id(one), one])).values()];
  const found = new Map<string, Found>();
  const withRow: Owned[] = [];
  const unread = unique.filter(({ image }) => image === undefined);
  const images = await lastRowsInTransactions(db, unread, context.catalog);
  const imageOf = new Map(unread.map((one, i) => [one, images[i]]));
  for (const one of unique) {
    const image = one.image ?? imageOf.get(one);
    if (image !== undefined) withRow.push({ ...one, image });
    else if (one.overdue) found.set(id(one), { tenant: await tenantOfDelete(db, one, context.catalog) });
    else found.set(id(one), { waitsFor: { resourceName: one.resourceName, key: one.key } });
  }
  const ofRows = await tenantsOf(db, withRow, context, way);
  for (const [i, one] of withRow.entries()) {
    found.set(id(one), ofRows[i]!);
    found.set(id({ ...one, image: undefined }), ofRows[i]!);
  }
  return lost.map((one) => found.get(id(one)) ?? nobody);
}

/** The tenant that the latest delete of a record was given; that of nobody, where the record may have ended unseen since. */
async function tenantOfDelete(db: Queryable, record: RecordName, catalog: Catalog): Promise<string | null> {
  const deletes = Object.entries(catalog.events).flatMap(([name, { resource, on }]) =>
    resource === record.resourceName && on === 'delete' ? [name] : [],
  );
  const { rows } = await db.query<{ tenant: string | null }>(
    `select case when not exists (
         select from rowhook.gap g join rowhook.capture c on c.id = g.capture_id
         where c.table_name = $4 and g.last_at + interval '10 seconds' >= e.changed_at) then e.tenant end as tenant
     from rowhook.event e
     where e.resource = $1 and e.record_key = $2 and e.name = any ($3::text[]) order by e.id desc limit 1`,
    [record.resourceName, record.key, deletes, quoteTable(catalog.resources[record.resourceName]!.table)],
  );
  return rows[0]?.tenant ?? null;
}
