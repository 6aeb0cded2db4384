import { rowKey, type WriteContext } from './rows.ts';
import type { Lock, LockMode, Row, RowChange, View } from './state.ts';
import type { TableName } from './tables.ts';

const lockOf = (table: TableName, row: Row, mode: LockMode): Lock => ({
  table,
  key: rowKey(table, row),
  mode,
});
export const locksOfUpdate = (table: TableName, row: Row): Lock[] => [lockOf(table, row, 'update')];

/** Of the rows that a row's foreign keys lead to. */
export function locksOfLinks(table: TableName, row: Row): Lock[] {
  const share = (name: TableName, key: string | null | undefined): Lock[] =>
    key == null ? [] : [{ table: name, key, mode: 'share' }];
  if (table === 'child' || table === 'guest') return share('parent', row.parent_id);
  if (table === 'parent_label') return [...share('parent', row.parent_id), ...share('label', row.label_id)];
  return [];
}

/** Of a row whose key comes or goes, with all that a cascade would change. */
export function locksOfEnd(table: TableName, row: Row, { view }: WriteContext, to?: Row): Lock[] {
  const own = lockOf(table, row, 'exclusive');
  if (table === 'label') {
    return [
      own,
      ...linksOf('label_id', row.id!, view).map((link) => lockOf('parent_label', link, 'exclusive')),
    ];
  }
  if (table !== 'parent') return [own];
  const links = linksOf('parent_id', row.id!, view);
  const members = (name: TableName) => membersOf(name, row.id!, view);
  const moved = to ? links.map((link) => ({ ...link, parent_id: to.id! })) : [];
  return [
    own,
    ...[...members('child'), ...links].map((each) =>
      lockOf('label_id' in each ? 'parent_label' : 'child', each, 'exclusive'),
    ),
    ...members('guest').map((each) => lockOf('guest', each, 'exclusive')),
    ...moved.map((link) => lockOf('parent_label', link, 'exclusive')),
  ];
}

const membersOf = (table: TableName, parent: string, view: View): Row[] =>
  view.rows(table).flatMap(([, row]) => (row.parent_id === parent ? [row] : []));
export const linksOf = (column: 'parent_id' | 'label_id', key: string, view: View): Row[] =>
  view.rows('parent_label').flatMap(([, row]) => (row[column] === key ? [row] : []));

type Planned = Pick<RowChange, 'table' | 'before' | 'after'>;

/** With the changes that foreign keys make of it, which come behind: a cascade's triggers fire after those of its statement. */
export function changesOf(
  table: TableName,
  before: Row | null,
  after: Row | null,
  context: WriteContext,
): RowChange[] {
  const { view } = context;
  const planned: Planned[] = [{ table, before, after }];
  const moves = before && after && rowKey(table, before) !== rowKey(table, after);
  if (before && (!after || moves)) {
    if (table === 'label') {
      for (const link of linksOf('label_id', before.id!, view))
        planned.push({ table: 'parent_label', before: link, after: null });
    }
    if (table === 'parent') {
      const to = after?.id;
      for (const name of ['child', 'guest', 'parent_label'] as const) {
        for (const row of membersOf(name, before.id!, view)) {
          const next =
            to !== undefined
              ? { ...row, parent_id: to }
              : name === 'guest'
                ? { ...row, parent_id: null }
                : null;
          planned.push({ table: name, before: row, after: next });
        }
      }
    }
  }
  return planned.flatMap((each) => rowChanges(each, context));
}

/** A row that takes another key is the end of one record and the beginning of another. */
function rowChanges({ table, before, after }: Planned, { state }: WriteContext): RowChange[] {
  const one = (key: string, from: Row | null, to: Row | null, weight: number): RowChange => ({
    table,
    key,
    before: from,
    after: to,
    captured: true,
    at: state.now(),
    weight,
  });
  const [from, to] = [before && rowKey(table, before), after && rowKey(table, after)];
  if (from !== null && to !== null && from !== to)
    return [one(to, null, after, 1), one(from, before, null, 2)];
  return [one((to ?? from)!, before, after, 1)];
}
