import { quoteTable } from '../catalog/table-name.ts';
import type { Catalog } from '../catalog/types.ts';
import { withoutMembers } from './cut.ts';

/**
 * Cuts what the catalog excludes out of a resource's payloads, whatever they have. Pure.
 *
 * The outermost object is the record, so there the columns count that are excluded from its own table. What is within may be a
 * record of any table, so there every excluded column counts. An API may write `tax_id` as `taxId`: that is the same name.
 */
export function exclusionOf(resourceName: string, { resources }: Catalog): (text: string) => string {
  const excluded = (only: (table: string) => boolean): ReadonlySet<string> =>
    new Set(
      Object.values(resources)
        .filter(({ table }) => only(quoteTable(table)))
        .flatMap(({ exclude = [] }) => exclude.map(plain)),
    );
  const table = quoteTable(resources[resourceName]?.table ?? resourceName);
  const own = excluded((other) => other === table);
  const all = excluded(() => true);
  if (all.size === 0) return (text) => text;
  return (text) => withoutMembers(text, (name, outermost) => (outermost ? own : all).has(plain(name)));
}

const plain = (name: string): string => name.replaceAll(/[_-]/g, '').toLowerCase();
