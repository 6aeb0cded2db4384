import type { ComponentChildren, TargetedMouseEvent } from 'preact';
import { useCallback, useRef, useState } from 'preact/hooks';
import { IconButton } from './icon-button.tsx';
import { type LongPressHandlers, useLongPress } from './long-press.ts';
import { type MenuItem, PopupMenu, type PopupMenuProps } from './popup-menu.tsx';

export type { MenuItem } from './popup-menu.tsx';

export interface MenuHandlers extends LongPressHandlers {
  onContextMenu: (event: TargetedMouseEvent<HTMLElement>) => void;
}

export interface MenuControl {
  /** Put it once where the menu belongs, inside of the dialog if there is one. */
  popup: ComponentChildren;
  /** For a row: opens by right-click, by the context-menu key (Shift+F10), and by a long press. */
  on: (label: string, items: () => readonly MenuItem[]) => MenuHandlers;
  /** Opens it under an element: for a button. */
  openUnder: (element: HTMLElement, label: string, items: readonly MenuItem[]) => void;
  open: boolean;
}

type Opened = Omit<PopupMenuProps, 'onClose'> & { from: HTMLElement };

/** One menu for many rows, opened by any of the ways that there are. */
export function useMenu(): MenuControl {
  const [opened, setOpened] = useState<Opened | null>(null);
  const current = useRef<Opened | null>(null);
  current.current = opened;
  const close = useCallback(() => {
    const from = current.current?.from;
    setOpened(null);
    // The focus goes back where it was, before what was chosen runs.
    (from?.matches(focusable) ? from : from?.querySelector<HTMLElement>(focusable))?.focus({
      preventScroll: true,
    });
  }, []);
  const press = useLongPress();
  return {
    open: opened !== null,
    popup: opened && <PopupMenu items={opened.items} label={opened.label} at={opened.at} onClose={close} />,
    on(label, items) {
      const open = (from: HTMLElement, x: number, y: number) =>
        setOpened({ items: items(), label, at: { x, y }, from });
      return {
        onContextMenu(event) {
          // With Shift the browser's own menu comes, for who needs it.
          if (event.shiftKey && event.button === 2) return;
          event.preventDefault();
          const byKey = event.clientX === 0 && event.clientY === 0;
          const box = event.currentTarget.getBoundingClientRect();
          open(
            event.currentTarget,
            byKey ? box.left + 16 : event.clientX,
            byKey ? box.top + 24 : event.clientY,
          );
        },
        ...press(open),
      };
    },
    openUnder(element, label, items) {
      const box = element.getBoundingClientRect();
      setOpened({ items, label, at: { x: box.right, y: box.bottom + 4, end: true }, from: element });
    },
  };
}

const focusable = 'a[href], button, input, select, textarea, [tabindex]';

/** The visible way to a menu: a button with three dots. */
export function MenuButton({ label, items }: { label: string; items: () => readonly MenuItem[] }) {
  const menu = useMenu();
  return (
    <>
      <IconButton
        icon="more"
        label={label}
        hasPopup="menu"
        expanded={menu.open}
        onClick={(event) => {
          event.stopPropagation();
          menu.openUnder(event.currentTarget as HTMLElement, label, items());
        }}
      />
      {menu.popup}
    </>
  );
}
