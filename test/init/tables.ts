import { quoteName } from '../../src/catalog/table-name.ts';
import type { Reference, SurveyedColumn, SurveyedTable } from '../../src/init/survey.ts';

/** A column: `id bigint`, `deleted_at timestamptz null`. */
export function column(text: string): SurveyedColumn {
  const [name = '', base = 'text', nullable] = text.split(' ');
  return { name, type: base, base, baseKind: 'b', array: false, notNull: nullable !== 'null' };
}

/** A surveyed table, as far as a test cares; with a column `id`, unless it says otherwise. */
export function table(
  name: string,
  {
    schema = 'public',
    kind = 'r',
    columns = ['id int4'],
    references = [],
    ...rest
  }: {
    schema?: string;
    kind?: string;
    columns?: readonly string[];
    key?: readonly string[] | undefined;
    references?: readonly Reference[];
  } = {},
): SurveyedTable {
  const key = 'key' in rest ? rest.key : ['id'];
  return {
    schema,
    name,
    kind,
    quoted: `${quoteName(schema)}.${quoteName(name)}`,
    columns: columns.map(column),
    key,
    references,
    hasChildren: false,
    parent: null,
  };
}

export const reference = (from: string, to: string): Reference => ({
  columns: [from],
  table: `"public".${quoteName(to)}`,
  to: ['id'],
});
