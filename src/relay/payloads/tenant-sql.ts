import { quoteName, quoteTable } from '../../catalog/table-name.ts';
import type { Resource, Tenant } from '../../catalog/types.ts';
import type { ColumnTypes } from '../../store/tables.ts';
import { byItself, byKey, fromLastRow } from './payload-sql.ts';

/**
 * The query that reads the path to the tenant of many records of a resource. Pure. Parameter $1 is a text[] of keys; rows come back as
 * `ord` (1-based place in it) and `path`: for each step the value by which it leads on, and 'true' or 'false' for whether there is a row
 * for it; the tenant as the last one. Where a row on the way is gone, what follows is null.
 */
export function liveTenantSql(resource: Resource, tenant: Tenant, keyTypes: readonly string[]): string {
  return tenantSql(tenant, byKey(resource, keyTypes));
}

/**
 * The same of records that are gone. Parameter $1 is a text[] of last rows as JSON.
 * @param types of the columns of the resource's table
 */
export function goneTenantSql(tenant: Tenant, types: ColumnTypes): string {
  const first = typeof tenant === 'string' ? tenant : tenant.from;
  return tenantSql(tenant, fromLastRow(new Map([[first, types.get(first)?.type ?? 'text']])));
}

function tenantSql(tenant: Tenant, { from, where }: { from: string; where: string }): string {
  const { values, joins } = stepsOf(tenant, 't');
  return `select given.ord::int as ord, record.path
from unnest($1::text[]) with ordinality given(key, ord)
cross join lateral (
  select array[${values.join(', ')}] as path
  from ${from}
  ${joins.join('\n  ')}
  where ${where}
  ${byItself}
) record`;
}

function stepsOf(tenant: Tenant, alias: string): { values: string[]; joins: string[] } {
  if (typeof tenant === 'string') return { values: [`${alias}.${quoteName(tenant)}::text`], joins: [] };
  const next = `${alias}_`;
  const further = stepsOf(tenant.tenant, next);
  const from = `${alias}.${quoteName(tenant.from)}`;
  return {
    values: [`${from}::text`, `(${next}.${quoteName(tenant.to)} is not null)::text`, ...further.values],
    joins: [
      `left join lateral (select * from ${quoteTable(tenant.table)} o where o.${quoteName(tenant.to)} = ${from} limit 1) ${next} on true`,
      ...further.joins,
    ],
  };
}

/** The steps of a path, in their order; the last value of a path is the tenant itself. */
export function tenantTables(tenant: Tenant): ReadonlyArray<{ readonly table: string; readonly to: string }> {
  if (typeof tenant === 'string') return [];
  return [{ table: quoteTable(tenant.table), to: tenant.to }, ...tenantTables(tenant.tenant)];
}
