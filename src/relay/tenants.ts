import { quoteTable } from '../catalog/table-name.ts';
import type { Catalog } from '../catalog/types.ts';
import { defaultKey } from '../catalog/watch.ts';
import type { Queryable } from '../store/sql.ts';
import { lastRowsInOutbox } from './last-rows.ts';
import type { Payloads } from './payloads.ts';
import { tenantTables } from './tenant-sql.ts';

/** A record whose tenant is wanted: by its row in the snapshot, or by its last one. */
export interface Owned {
  readonly resourceName: string;
  readonly key: string;
  /** As JSON text; undefined: look into the table. */
  readonly image: string | undefined;
}

/** Last rows of records by `recordId`: whose tenant is asked for may hang on a record that is gone too. */
export type LastRows = ReadonlyMap<string, string>;

export const recordId = (record: { resourceName: string; key: string }): string =>
  `${record.resourceName} ${record.key}`;

/** Rows that lead to rows that lead to … tenants: a path has few steps, a circle has no end. */
const longestWay = 8;

/**
 * The tenants of records, in their order: null where the path ends in nothing, undefined where the row itself is missing. One
 * query for each resource.
 *
 * A step of the path may be gone: a campaign that was deleted with its donations. Its own tenant is then that of its last row, which
 * may be on this page, or still to be read; or, where it was read long ago, the one that its events were given.
 */
export async function tenantsOf(
  db: Queryable,
  owned: readonly Owned[],
  context: { readonly catalog: Catalog; readonly payloads: Payloads; readonly lastRows: LastRows },
  way = 0,
): Promise<Array<string | null | undefined>> {
  const found = new Map<Owned, string | null | undefined>();
  const lost = new Map<Owned, Owned>();
  for (const [kind, group] of groupsOf(owned)) {
    const resourceName = group[0]!.resourceName;
    const given = group.map(({ key, image }) => (kind === 'image' ? image! : key));
    const paths = await context.payloads.tenants(db, resourceName, kind, given);
    for (const [i, one] of group.entries()) {
      const path = paths[i];
      found.set(one, path && (path.at(-1) ?? null));
      const end = path && brokenStep(path, resourceName, context.catalog);
      if (end) lost.set(one, { ...end, image: context.lastRows.get(recordId(end)) });
    }
  }
  if (lost.size > 0 && way < longestWay) {
    const known = await tenantsOfLost(db, [...lost.values()], context, way + 1);
    for (const [one, end] of lost) found.set(one, known.get(recordId(end)) ?? null);
  }
  return owned.map((one) => found.get(one));
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

/** The record at which a path breaks off, where the catalog knows it as one. Pure. */
function brokenStep(
  path: ReadonlyArray<string | null>,
  resourceName: string,
  catalog: Catalog,
): { resourceName: string; key: string } | undefined {
  const missing = path.indexOf(null);
  const key = missing > 0 ? path[missing - 1] : undefined;
  const tenant = catalog.resources[resourceName]?.tenant;
  if (key == null || tenant === undefined) return undefined;
  const step = tenantTables(tenant)[missing - 1];
  const [name] =
    Object.entries(catalog.resources).find(
      ([, resource]) =>
        quoteTable(resource.table) === step?.table &&
        (resource.key ?? defaultKey).join() === step.to &&
        resource.tenant !== undefined,
    ) ?? [];
  return name === undefined ? undefined : { resourceName: name, key };
}

async function tenantsOfLost(
  db: Queryable,
  lost: readonly Owned[],
  context: Parameters<typeof tenantsOf>[2],
  way: number,
): Promise<Map<string, string | null>> {
  const unique = [...new Map(lost.map((one) => [recordId(one), one])).values()];
  const known = new Map<string, string | null>();
  const onPage = unique.filter(({ image }) => image !== undefined);
  const elsewhere = unique.filter(({ image }) => image === undefined);
  // Before the history: what was said of it last may have been before it moved to another tenant.
  const images = elsewhere.length > 0 ? await lastRowsInOutbox(db, elsewhere, context.catalog) : [];
  const withRow = [...onPage, ...elsewhere.map((one, i) => ({ ...one, image: images[i] }))];
  const tenants = await tenantsOf(
    db,
    withRow.filter(({ image }) => image !== undefined),
    context,
    way,
  );
  for (const one of withRow) {
    const tenant = one.image === undefined ? await tenantInHistory(db, one) : (tenants.shift() ?? null);
    known.set(recordId(one), tenant);
  }
  return known;
}

/** The tenant that the latest event of a record was given. */
async function tenantInHistory(db: Queryable, record: Owned): Promise<string | null> {
  const { rows } = await db.query<{ tenant: string }>(
    `select tenant from rowhook.event
     where resource = $1 and record_key = $2 and tenant is not null order by id desc limit 1`,
    [record.resourceName, record.key],
  );
  return rows[0]?.tenant ?? null;
}
