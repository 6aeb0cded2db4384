// biome-ignore-all lint/a11y/useSemanticElements: rows are put at their places one by one, which no table lets them
// biome-ignore-all lint/a11y/useFocusableInteractive: the links and buttons within take the focus
import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { navigate } from '../../routes.tsx';
import { shell } from '../../texts/shell.ts';
import { type Hotkey, useHotkeys } from '../../ui/hotkeys.ts';
import { type MenuItem, useMenu } from '../../ui/menu.tsx';
import { GridEnd } from './grid-end.tsx';
import { type GridColumn, GridRow } from './grid-row.tsx';
import type { ListStore } from './list-store.ts';
import { News } from './news.tsx';
import { useViewport } from './use-viewport.ts';
import { isNearEnd, scrollTopFor } from './view-window.ts';

interface Item {
  readonly id: string;
}

export interface GridTexts {
  /** The list's name. */
  list: string;
  /** What the button that shows news is called. */
  unseenName: (count: number) => string;
  /** Said to screen readers, sparingly. */
  cameIn: (count: number) => string;
  loading: string;
}

export interface LiveGridProps<T extends Item> {
  store: ListStore<T>;
  cameBack: boolean;
  texts: GridTexts;
  /** A class that says how wide the columns are. */
  kind: string;
  columns: readonly GridColumn<T>[];
  pathOf: (item: T) => string;
  /** What a row is called: in the name of its menu. */
  nameOf: (item: T) => string;
  menuOf: (item: T) => readonly MenuItem[];
  /** Keys that do something with the row where one is. */
  keysOf: (at: () => T | undefined) => readonly Hotkey[];
  /** The one that is open beside the list. */
  current: string | null;
  empty: ComponentChildren;
  /** It is narrowed by a filter: then how far back it has looked is told. */
  isSearch: boolean;
  keys: { next: string; previous: string };
}

/** A live list of any length: a grid of which only the rows in view are in the document, walked by j and k or the arrows. */
export function LiveGrid<T extends Item>(props: LiveGridProps<T>) {
  const { store, texts, columns } = props;
  const rows = store.list.value?.rows ?? [];
  const body = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<string | null>(null);
  const menu = useMenu();
  const covered = useCallback(() => head.current?.offsetHeight ?? 0, []);
  const scrolled = useRef(() => {});
  const onScroll = useCallback(() => scrolled.current(), []);
  const view = useViewport(body, rows.length, covered, onScroll);

  scrolled.current = () => {
    const seen = view.measure();
    store.atTop = seen !== null && seen.scrollTop < view.rowHeight;
    if (!seen) return;
    store.scrollTop = scrollY;
    if (store.atTop && store.list.peek()?.unseen.length) store.showUnseen();
    if (rows.length > 0 && isNearEnd({ ...seen, rowHeight: view.rowHeight, total: rows.length }))
      store.older();
  };
  // Also when rows came: a list that does not fill the window is never scrolled.
  useEffect(() => scrolled.current());
  useLayoutEffect(() => {
    // Browsers do so by themselves where the page is high enough when they look; not all wait for that.
    if (props.cameBack) scrollTo(0, store.scrollTop);
  }, [store, props.cameBack]);

  const chosen = at ?? props.current;
  const index = rows.findIndex(({ item }) => item.id === chosen);
  const focusRow = (id: string) =>
    body.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
  const pending = useRef<string | null>(null);
  const opened = useRef(props.current);
  // When what was opened beside the list is closed, one goes on at its row.
  useEffect(() => {
    if (opened.current !== null && props.current === null) focusRow(at ?? opened.current);
    opened.current = props.current;
  }, [props.current]);
  useLayoutEffect(() => {
    if (pending.current) focusRow(pending.current);
    pending.current = null;
  });

  function move(to: number): void {
    const next = rows[Math.max(0, Math.min(rows.length - 1, to))]?.item;
    const seen = view.measure();
    if (!next) return;
    setAt(next.id);
    if (seen) {
      const place = { ...seen, rowHeight: view.rowHeight, total: rows.length };
      scrollBy(
        0,
        scrollTopFor(
          rows.findIndex(({ item }) => item === next),
          place,
        ) - seen.scrollTop,
      );
    }
    if (props.current === null) pending.current = next.id;
    else navigate(props.pathOf(next), { replace: true });
  }
  const itemAt = () => rows[index]?.item;
  useHotkeys([
    { keys: 'j', words: props.keys.next, run: () => move(index + 1) },
    { keys: 'k', words: props.keys.previous, run: () => move(Math.max(0, index - 1)) },
    ...props.keysOf(itemAt),
  ]);
  const page = Math.max(1, Math.floor((view.measure()?.height ?? 400) / view.rowHeight) - 1);
  const steps: Record<string, () => number> = {
    ArrowDown: () => index + 1,
    ArrowUp: () => Math.max(0, index - 1),
    PageDown: () => index + page,
    PageUp: () => index - page,
    Home: () => 0,
    End: () => rows.length - 1,
  };

  const drawn = rows.slice(view.from, view.to).map((row, i) => ({ row, place: view.from + i }));
  const apart = rows[index];
  if (apart && (index < view.from || index >= view.to)) drawn.push({ row: apart, place: index });
  const list = store.list.value;
  const isEmpty = list !== undefined && rows.length === 0 && list.next === null && store.busy.value === null;
  return (
    <div class={`live-list ${props.kind}${view.isNarrow ? ' narrow' : ''}${isEmpty ? ' bare' : ''}`}>
      <News
        store={store}
        texts={texts}
        onShow={() => {
          store.showUnseen();
          const seen = view.measure();
          if (seen && seen.scrollTop > 0) scrollBy(0, -seen.scrollTop);
        }}
      />
      <div
        role="grid"
        aria-label={texts.list}
        aria-busy={list === undefined}
        aria-rowcount={list?.next === null ? rows.length + 1 : -1}
        aria-colcount={columns.length + 1}
        onKeyDown={(event) => {
          const step = steps[event.key];
          if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
          event.preventDefault();
          move(step());
        }}
        onPointerMove={() => store.hold()}
      >
        <div role="rowgroup" class="live-head" ref={head}>
          <div role="row" class="live-row" aria-rowindex={1}>
            {columns.map(({ key, head: words }) => (
              <span key={key} role="columnheader" class={`cell-${key}`}>
                {words}
              </span>
            ))}
            <span role="columnheader" class="cell-menu">
              <span class="unseen">{shell.actions}</span>
            </span>
          </div>
        </div>
        <div
          role="rowgroup"
          class="live-body"
          ref={body}
          style={{ height: `${rows.length * view.rowHeight}px` }}
        >
          {drawn
            .sort((a, b) => a.place - b.place)
            .map(({ row, place }) => (
              <GridRow
                key={row.item.id}
                row={row}
                place={place}
                top={place * view.rowHeight}
                columns={columns}
                path={props.pathOf(row.item)}
                name={props.nameOf(row.item)}
                isCurrent={row.item.id === props.current}
                isBeside={props.current !== null}
                isChosen={index < 0 ? place === 0 : place === index}
                menu={menu}
                menuOf={props.menuOf}
                onFocus={setAt}
              />
            ))}
        </div>
      </div>
      {list === undefined && store.failure.value === undefined && <Waiting words={texts.loading} />}
      {isEmpty ? props.empty : <GridEnd store={store} isSearch={props.isSearch} />}
      {menu.popup}
    </div>
  );
}

/** As high as rows, so that nothing jumps when they come. */
function Waiting({ words }: { words: string }) {
  return (
    <div class="live-wait" role="status" aria-label={words}>
      {Array.from({ length: 10 }, (_, index) => (
        <div key={index}>
          <span class="skeleton line" />
        </div>
      ))}
    </div>
  );
}
