import { quoteTable } from '../catalog/table-name.ts';
import {
  type Catalog,
  type Conditions,
  type Fields,
  isBare,
  type ManyField,
  type OneField,
  type Tenant,
} from '../catalog/types.ts';
import { linksOf } from '../catalog/watch.ts';

/** Rows of one table that are found by the values of another's. */
export interface Lookup {
  /** Where in the catalog: `resources.order.fields.lines`. */
  readonly path: string;
  readonly from: ColumnsOf;
  readonly to: ColumnsOf;
  /** Columns of the table that is looked into which are compared with fixed values besides. */
  readonly fixed: readonly string[];
}

export interface ColumnsOf {
  /** Quoted and schema-qualified. */
  readonly table: string;
  readonly columns: readonly string[];
}

/** Every lookup that the events of a catalog may lead to: for payloads, for tenants, and from parts to their records. Pure. */
export function catalogLookups(catalog: Catalog): Lookup[] {
  const used = new Set(Object.values(catalog.events).map(({ resource }) => resource));
  return Object.entries(catalog.resources).flatMap(([name, resource]) => {
    if (!used.has(name)) return [];
    const path = `resources.${name}`;
    return [
      ...ofFields(`${path}.fields`, resource.table, resource.fields),
      ...ofFields(`${path}.deletedFields`, resource.table, resource.deletedFields ?? {}),
      ...(resource.tenant === undefined ? [] : ofTenant(`${path}.tenant`, resource.table, resource.tenant)),
      ...(resource.parts ?? []).map((part, i) => ({
        path: `${path}.parts[${i}]`,
        from: columnsOf(part.table, part.from),
        to: columnsOf(resource.table, part.to),
        fixed: [],
      })),
    ];
  });
}

const columnsOf = (table: string, columns: string | readonly string[]): ColumnsOf => ({
  table: quoteTable(table),
  columns: [columns].flat(),
});

function ofFields(path: string, table: string, fields: Fields): Lookup[] {
  return Object.entries(fields).flatMap(([name, field]) =>
    linksOf(field).flatMap((link) => ofLink(`${path}.${name}`, table, link)),
  );
}

function ofLink(path: string, table: string, link: OneField | ManyField): Lookup[] {
  const { through } = link;
  const here = columnsOf(table, link.from);
  const there = columnsOf(link.table, link.to);
  const inner = isBare(link.fields) ? [] : ofFields(path, link.table, link.fields);
  if (!through) return [{ path, from: here, to: there, fixed: names(link.where) }, ...inner];
  return [
    { path, from: here, to: columnsOf(through.table, through.to), fixed: names(through.where) },
    { path, from: columnsOf(through.table, through.from), to: there, fixed: names(link.where) },
    ...inner,
  ];
}

function ofTenant(path: string, table: string, tenant: Tenant): Lookup[] {
  if (typeof tenant === 'string') return [];
  return [
    { path, from: columnsOf(table, tenant.from), to: columnsOf(tenant.table, tenant.to), fixed: [] },
    ...ofTenant(path, tenant.table, tenant.tenant),
  ];
}

const names = (conditions: Conditions = {}): string[] => Object.keys(conditions);
