// biome-ignore-all lint/a11y/useSemanticElements: rows are put at their places one by one, which no table lets them
// biome-ignore-all lint/a11y/useKeyWithClickEvents: by keyboard it is the link within that is pressed
// biome-ignore-all lint/a11y/useFocusableInteractive: the links and buttons within take the focus
import type { ComponentChildren, TargetedMouseEvent } from 'preact';
import { deliveries } from '../../texts/deliveries.ts';
import { MenuButton, type MenuControl, type MenuItem } from '../../ui/menu.tsx';
import type { Row } from './live-list.ts';
import { RowLink } from './row-link.tsx';

interface Item {
  readonly id: string;
}

export interface GridColumn<T> {
  key: string;
  head: string;
  cell: (item: T) => ComponentChildren;
  /** Its cell is the link to what the row is of. */
  leads?: boolean;
}

export interface GridRowProps<T extends Item> {
  row: Row<T>;
  place: number;
  /** Pixels from the top of the list. */
  top: number;
  columns: readonly GridColumn<T>[];
  path: string;
  name: string;
  /** It is open beside the list. */
  isCurrent: boolean;
  /** Something is. */
  isBeside: boolean;
  /** The keyboard is here: Tab leads to this row alone. */
  isChosen: boolean;
  menu: MenuControl;
  menuOf: (item: T) => readonly MenuItem[];
  onFocus: (id: string) => void;
}

/** A row, put where it belongs. What it shows comes from elsewhere: texts only. */
export function GridRow<T extends Item>({ row, columns, ...props }: GridRowProps<T>) {
  const { item } = row;
  const items = () => props.menuOf(item);
  const label = deliveries.menu.name(props.name);
  return (
    <div
      role="row"
      class={`live-row${newsClass(row)}${props.isChosen ? ' chosen' : ''}`}
      aria-rowindex={props.place + 2}
      aria-selected={props.isCurrent}
      style={{ transform: `translateY(${props.top}px)` }}
      onFocusCapture={() => props.onFocus(item.id)}
      {...props.menu.on(label, items)}
      onClick={pressLink}
    >
      {columns.map(({ key, cell, leads }) => (
        <span key={key} role="gridcell" class={`cell-${key}`}>
          {leads ? (
            <RowLink to={props.path} id={item.id} isChosen={props.isChosen} isBeside={props.isBeside}>
              {cell(item)}
            </RowLink>
          ) : (
            cell(item)
          )}
        </span>
      ))}
      <span role="gridcell" class="cell-menu">
        <MenuButton label={label} items={items} />
      </span>
    </div>
  );
}

const newsMs = 3_000;

/** Two names in turn, so that what changes again lights up again; none for what is scrolled into view long after. */
function newsClass({ isNews, asOf }: Row<Item>): string {
  if (!isNews || performance.now() - asOf > newsMs) return '';
  return Math.round(asOf) % 2 === 0 ? ' news even' : ' news odd';
}

/** What has a title lies above the link that covers the row, so that it can be hovered; pressed, it is the row that is meant. */
function pressLink(event: TargetedMouseEvent<HTMLElement>): void {
  if (event.target instanceof Element && event.target.closest('a, button')) return;
  if (getSelection()?.type === 'Range') return;
  event.currentTarget.querySelector<HTMLElement>('.row-link')?.click();
}
