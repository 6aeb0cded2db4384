import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { canChange } from '../data/session-state.ts';
import { shell } from '../texts/shell.ts';
import { Icon, type IconName } from './icon.tsx';

export interface MenuItem {
  label: string;
  run: () => void;
  icon?: IconName | undefined;
  danger?: boolean | undefined;
  /** Why it cannot be used now. */
  why?: string | null | undefined;
  /** Changes something: a viewer cannot use it. */
  operator?: boolean | undefined;
  /** A line above it. */
  apart?: boolean | undefined;
  /** One of several, of which one is chosen: whether it is that. */
  checked?: boolean | undefined;
  /** The key that does the same. */
  hint?: string | undefined;
}

export interface PopupMenuProps {
  items: readonly MenuItem[];
  label: string;
  /** Where to open, in the window's pixels; its right edge is at x where `end` is said. */
  at: { x: number; y: number; end?: boolean | undefined };
  onClose: () => void;
}

/** An open menu above everything: arrows, Home, End, the first letters, Enter, Escape. The one who opens it gives the focus back. */
export function PopupMenu({ items, label, at, onClose }: PopupMenuProps) {
  const menu = useRef<HTMLDivElement>(null);
  const typed = useRef({ text: '', at: 0 });
  useLayoutEffect(() => {
    const element = menu.current;
    if (!element) return;
    element.showPopover?.();
    const { width, height } = element.getBoundingClientRect();
    const left = at.end ? at.x - width : at.x;
    element.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
    element.style.top = `${Math.max(8, Math.min(at.y, innerHeight - height - 8))}px`;
    focusables(element)[0]?.focus();
  }, [at]);
  useEffect(() => {
    const outside = (event: Event) => {
      if (event.target instanceof Node && menu.current?.contains(event.target)) return;
      onClose();
    };
    addEventListener('pointerdown', outside, true);
    addEventListener('resize', onClose);
    addEventListener('scroll', outside, { capture: true, passive: true });
    return () => {
      removeEventListener('pointerdown', outside, true);
      removeEventListener('resize', onClose);
      removeEventListener('scroll', outside, { capture: true });
    };
  }, [onClose]);

  function keyed(event: KeyboardEvent): void {
    const all = focusables(event.currentTarget as HTMLElement);
    const index = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) all.at(to % all.length)?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') onClose();
    else if (event.key.length === 1 && event.key !== ' ' && !event.ctrlKey && !event.metaKey) {
      const again = event.timeStamp - typed.current.at < 600;
      const text = (again ? typed.current.text : '') + event.key.toLowerCase();
      typed.current = { text, at: event.timeStamp };
      const order = [...all.slice(index + (text.length > 1 ? 0 : 1)), ...all];
      order.find((item) => item.textContent?.trim().toLowerCase().startsWith(text))?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <div
      ref={menu}
      class="menu"
      role="menu"
      tabIndex={-1}
      popover="manual"
      aria-label={label}
      onKeyDown={keyed}
    >
      {items.map((item) => (
        <Entry key={item.label} item={item} onClose={onClose} />
      ))}
      {/* Once for all of them; each has it as its title. */}
      {!canChange.value && items.some((item) => item.operator) && (
        <p class="menu-note" aria-hidden="true">
          {shell.onlyOperators}
        </p>
      )}
    </div>
  );
}

function Entry({ item, onClose }: { item: MenuItem; onClose: () => void }) {
  const barred = item.operator === true && !canChange.value;
  const why = barred ? shell.onlyOperators : (item.why ?? null);
  return (
    <>
      {item.apart && <hr />}
      <button
        type="button"
        {...(item.checked === undefined
          ? { role: 'menuitem' as const }
          : { role: 'menuitemradio' as const, 'aria-checked': item.checked })}
        tabIndex={-1}
        class={item.danger ? 'danger' : undefined}
        aria-disabled={why === null ? undefined : 'true'}
        title={why ?? undefined}
        onPointerMove={(event) => event.currentTarget.focus({ preventScroll: true })}
        onClick={() => {
          if (why !== null) return;
          onClose();
          item.run();
        }}
      >
        {item.icon ? <Icon name={item.icon} /> : <span class="icon" />}
        <span class="menu-label">
          {item.label}
          {why !== null && !barred && <small>{why}</small>}
        </span>
        {item.checked && <Icon name="check" />}
        {item.hint && <kbd>{item.hint}</kbd>}
      </button>
    </>
  );
}

function focusables(menu: HTMLElement): HTMLElement[] {
  return [...menu.querySelectorAll<HTMLElement>('[role^=menuitem]')];
}
