import { type FieldFunction, fieldFunction, labelColumn, looksSecret, softDeleteColumn } from './columns.ts';
import { singular, snakeCase, uniqueNames } from './names.ts';
import type { Reference, SurveyedColumn, SurveyedTable } from './survey.ts';

/** A catalog as it is to be written down. */
export interface Draft {
  readonly resources: readonly DraftResource[];
}

export interface DraftResource {
  readonly name: string;
  readonly table: SurveyedTable;
  readonly key: readonly string[];
  readonly fields: readonly DraftField[];
  /** Of a link table: the two records that it links. */
  readonly ends: readonly DraftEnd[];
  /** Foreign keys that are not shown, for whoever wants to. */
  readonly references: readonly DraftEnd[];
  readonly softDelete: string | undefined;
  readonly tenant: string | undefined;
  readonly exclude: readonly string[];
  /** Columns of the key that look as if they should be excluded, and cannot be. */
  readonly exposed: readonly string[];
  readonly events: DraftEvents;
}

/** `changes`: create, update, delete of the record. `link`: one event when a link is made, one when it is cut. */
export type DraftEvents =
  | { readonly kind: 'changes'; readonly names: readonly string[] }
  | { readonly kind: 'link'; readonly assign: string; readonly unassign: string };

export interface DraftField {
  /** In the payload. */
  readonly name: string;
  readonly column: string;
  readonly function: FieldFunction;
  readonly type: string;
}

/** A record that a foreign key leads to, shown in short. */
export interface DraftEnd {
  readonly name: string;
  readonly table: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly fields: readonly DraftField[];
}

export interface DraftOptions {
  /** The column that says whose record it is. */
  readonly tenant?: string | undefined;
  /** Leave columns of soft deletes alone. */
  readonly noSoftDelete?: boolean | undefined;
}

/** Drafts resources and events for tables. Pure. */
export function draftCatalog(
  chosen: readonly SurveyedTable[],
  all: readonly SurveyedTable[],
  { tenant, noSoftDelete = false }: DraftOptions = {},
): Draft {
  const byName = new Map(all.map((table) => [table.quoted, table]));
  const names = resourceNames(chosen);
  const tenantTable = tenant === undefined ? undefined : tenantTableOf(all, tenant);
  const links = linkNames(chosen, names);
  const resources = chosen.map((table, i): DraftResource => {
    const { key = [] } = table;
    const name = names[i]!;
    const secrets = table.columns.filter(looksSecret).map((column) => column.name);
    const exclude = secrets.filter((column) => !key.includes(column));
    const fields = fieldsOf(table.columns.filter((column) => !exclude.includes(column.name)));
    const link = links.get(table);
    const ends = endsOf(table, fields, byName, exclude);
    return {
      name,
      table,
      key,
      fields,
      ends: link ? ends : [],
      references: link ? [] : ends,
      softDelete: noSoftDelete || link ? undefined : softDeleteColumn(table),
      tenant: tenant === undefined ? undefined : tenantOf(table, tenant, tenantTable),
      exclude,
      exposed: secrets.filter((column) => key.includes(column)),
      events: link
        ? { kind: 'link', ...link }
        : { kind: 'changes', names: ['create', 'update', 'delete'].map((verb) => `${name}_${verb}`) },
    };
  });
  return { resources };
}

/** Of several tables that would be called the same, the one keeps the name whose own needs no change: `people` before `People`. */
function resourceNames(chosen: readonly SurveyedTable[]): string[] {
  const plain = (table: SurveyedTable) => snakeCase(table.name) === table.name;
  const order = [...chosen.filter(plain), ...chosen.filter((table) => !plain(table))];
  const names = uniqueNames(
    order.map((table) => [resourceName(table), `${snakeCase(table.schema)}_${resourceName(table)}`]),
  );
  return chosen.map((table) => names[order.indexOf(table)]!);
}

/** What one row of a table is called. A name must begin with a letter or a digit, and says nothing to anybody as a number. */
function resourceName({ name }: SurveyedTable): string {
  const found = singular(snakeCase(name));
  return /^[a-z]/.test(found) ? found : `record_${found}`.replace(/_$/, '');
}

function fieldsOf(columns: readonly SurveyedColumn[]): DraftField[] {
  const names = uniqueNames(columns.map(({ name }) => [fieldName(name)]));
  return columns.map((column, i) => ({
    name: names[i]!,
    column: column.name,
    function: fieldFunction(column),
    type: column.type,
  }));
}

/** A payload's key cannot be a number, whose order JavaScript would not keep. */
const fieldName = (column: string): string =>
  /^\d+$/.test(column) || column === '__proto__' ? `column_${column}` : column;

const surroundings =
  /^(?:id|uuid|created|updated|inserted|modified|position|sort|order|rank)(?:_(?:at|on|by|order|index))?$/;

/** Two foreign keys that must be set, and little else. Pure. */
export function isLinkTable({ columns, key = [], references }: SurveyedTable): boolean {
  const [a, b] = references;
  if (references.length !== 2 || !a || !b) return false;
  const linking = new Set([...a.columns, ...b.columns]);
  if (linking.size < 2 || a.columns.every((column) => b.columns.includes(column))) return false;
  if (columns.some(({ name, notNull }) => linking.has(name) && !notNull)) return false;
  const others = columns.filter(({ name }) => !linking.has(name));
  return (
    others.length <= 3 && others.every(({ name }) => key.includes(name) || surroundings.test(snakeCase(name)))
  );
}

function linkNames(
  chosen: readonly SurveyedTable[],
  names: readonly string[],
): Map<SurveyedTable, { assign: string; unassign: string }> {
  const links = chosen.flatMap((table, i) => (isLinkTable(table) ? [{ table, name: names[i]! }] : []));
  const taken = names.flatMap((name) => ['create', 'update', 'delete'].map((verb) => `${name}_${verb}`));
  const stems = uniqueNames(
    links.map(({ table, name }) => [table.references.map(endName).join('_'), name]),
    taken,
  );
  return new Map(
    links.map(({ table }, i) => [table, { assign: `${stems[i]}_assign`, unassign: `${stems[i]}_unassign` }]),
  );
}

/** `person` for `person_id`; what the column does not tell, the table does. */
function endName({ columns, table }: Reference): string {
  const [column = ''] = columns.length === 1 ? columns : [];
  const [, role = ''] = /^(.+?)_(?:id|uuid|key|code)$/.exec(snakeCase(column)) ?? [];
  return role || singular(snakeCase(table.slice(table.indexOf('"."') + 3, -1))) || 'record';
}

function endsOf(
  table: SurveyedTable,
  fields: readonly DraftField[],
  byName: ReadonlyMap<string, SurveyedTable>,
  exclude: readonly string[],
): DraftEnd[] {
  const shown = table.references.filter(({ columns }) => !columns.some((column) => exclude.includes(column)));
  const names = uniqueNames(
    shown.map((reference) => [endName(reference), `${endName(reference)}_record`]),
    fields.map(({ name }) => name),
  );
  return shown.flatMap(({ columns, table: other, to }, i) => {
    const there = byName.get(other);
    if (!there) return [];
    const label = labelColumn(there);
    const wanted = there.columns.filter(
      (column) => (to.includes(column.name) && !looksSecret(column)) || column === label,
    );
    return wanted.length === 0
      ? []
      : [{ name: names[i]!, table: other, from: columns, to, fields: fieldsOf(wanted) }];
  });
}

const tenantWord =
  /^(?:tenant|organi[sz]ation|org|account|company|workspace|entity|team|site|shop|store|customer|client)_?(?:id|uuid|key)$/;

export interface TenantProposal {
  readonly column: string;
  /** How many of the tables have it. */
  readonly tables: number;
}

/** Columns that may say whose record it is: they are in three tables at least. The most frequent one first; pure. */
export function tenantProposals(chosen: readonly SurveyedTable[]): TenantProposal[] {
  const counts = new Map<string, number>();
  for (const { columns } of chosen) {
    for (const { name } of columns)
      if (tenantWord.test(snakeCase(name))) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .map(([column, tables]) => ({ column, tables }))
    .filter(({ tables }) => tables >= 3)
    .sort((a, b) => b.tables - a.tables);
}

/** The table that a tenant's column leads to, where all of them lead to one. */
function tenantTableOf(all: readonly SurveyedTable[], column: string): Reference | undefined {
  const found = all.flatMap(({ references }) =>
    references.filter(({ columns }) => columns.length === 1 && columns[0] === column),
  );
  return new Set(found.map(({ table }) => table)).size === 1 ? found[0] : undefined;
}

function tenantOf(table: SurveyedTable, column: string, leads: Reference | undefined): string | undefined {
  if (table.columns.some(({ name }) => name === column)) return column;
  return leads?.table === table.quoted ? leads.to[0] : undefined;
}
