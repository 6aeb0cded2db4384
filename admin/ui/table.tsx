import type { ComponentChildren, TargetedMouseEvent } from 'preact';
import { useRef } from 'preact/hooks';
import { Link } from '../routes.tsx';
import { shell } from '../texts/shell.ts';
import { useHotkeys } from './hotkeys.ts';
import { MenuButton, type MenuItem, useMenu } from './menu.tsx';
import { moveRow } from './row-keys.ts';

export interface Column<Row> {
  key: string;
  /** The heading; an empty one for a column that needs none to be seen: then `label`. */
  head: ComponentChildren;
  cell: (row: Row) => ComponentChildren;
  /** What screen readers and the phone's cards call it, where the heading is no text. */
  label?: string | undefined;
  /** Numbers stand at the right. */
  end?: boolean | undefined;
  /** CSS width: `8rem`, `30%`. Columns keep it, so that nothing jumps when rows come. */
  width?: string | undefined;
  /** On a phone: `hide`, or the whole line (`line`) instead of half of it. */
  phone?: 'hide' | 'line' | undefined;
  /** May take two lines; else what is too long is cut with an ellipsis. */
  wrap?: boolean | undefined;
}

export interface TableProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Where a row leads: its first column becomes the link, and the whole row can be pressed. */
  rowPath?: ((row: Row) => string) | undefined;
  /** What the row is called in its menu's name: "Actions for …". */
  rowName?: ((row: Row) => string) | undefined;
  /** Right-click, context-menu key, long press and a button with three dots. */
  rowMenu?: ((row: Row) => readonly MenuItem[]) | undefined;
  /** The row that is open beside the list. */
  current?: string | null | undefined;
  /** More about a row as a class: `flash` lights up when it changes. */
  rowClass?: ((row: Row) => string | undefined) | undefined;
  /** In place of rows while there are none yet. */
  loading?: boolean | undefined;
  /** j and k go from row to row. On unless said otherwise, where rows lead somewhere. */
  keys?: boolean | undefined;
}

/** Rows of one kind: a real table, which becomes cards on a phone. */
export function Table<Row>(props: TableProps<Row>) {
  const { label, columns, rows, rowKey, rowPath, rowMenu } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const menu = useMenu();
  const keyed = rowPath !== undefined && props.keys !== false;
  useHotkeys(
    keyed
      ? [
          { keys: 'j', words: shell.keys.next, run: () => moveRow(body.current, 1) },
          { keys: 'k', words: shell.keys.previous, run: () => moveRow(body.current, -1) },
        ]
      : [],
  );
  const nameOf = (row: Row) => shell.actionsFor(props.rowName?.(row) ?? rowKey(row));
  return (
    <>
      <table class={rowPath ? 'table pressable' : 'table'} aria-label={label} aria-busy={props.loading}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" class={cellClass(column)} style={{ width: column.width }}>
                {column.head === '' ? <span class="unseen">{column.label}</span> : column.head}
              </th>
            ))}
            {rowMenu && (
              <th scope="col" class="menu-cell">
                <span class="unseen">{shell.actions}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.length === 0 && props.loading && <Waiting columns={columns.length + (rowMenu ? 1 : 0)} />}
          {rows.map((row) => (
            <tr
              key={rowKey(row)}
              class={props.rowClass?.(row)}
              aria-current={props.current === rowKey(row) ? 'true' : undefined}
              {...(rowMenu ? menu.on(nameOf(row), () => rowMenu(row)) : {})}
              onClick={rowPath ? pressRow : undefined}
            >
              {columns.map((column, index) => (
                <td
                  key={column.key}
                  class={cellClass(column)}
                  data-label={column.label ?? (typeof column.head === 'string' ? column.head : '')}
                >
                  {index === 0 && rowPath ? (
                    <Link to={rowPath(row)} class="row-link" keepFocus keepScroll>
                      {column.cell(row)}
                    </Link>
                  ) : (
                    column.cell(row)
                  )}
                </td>
              ))}
              {rowMenu && (
                <td class="menu-cell">
                  <MenuButton label={nameOf(row)} items={() => rowMenu(row)} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {menu.popup}
    </>
  );
}

/** What has a title lies above the link that covers the row, so that it can be hovered; pressed, it is the row that is meant. */
function pressRow(event: TargetedMouseEvent<HTMLElement>): void {
  if (event.target instanceof Element && event.target.closest('a, button')) return;
  if (getSelection()?.type === 'Range') return;
  // With the keys that were held: a click with Ctrl opens a tab, here too.
  event.currentTarget.querySelector('.row-link')?.dispatchEvent(new MouseEvent('click', event));
}

function Waiting({ columns }: { columns: number }) {
  return Array.from({ length: 5 }, (_, row) => (
    <tr key={row} class="waiting">
      {Array.from({ length: columns }, (_, cell) => (
        <td key={cell}>
          <span class="skeleton line" />
        </td>
      ))}
    </tr>
  ));
}

function cellClass(column: Column<never>): string | undefined {
  const names = [column.end && 'end', column.phone && `phone-${column.phone}`, column.wrap && 'wrap'];
  return names.filter(Boolean).join(' ') || undefined;
}
