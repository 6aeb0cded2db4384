import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { shell } from '../texts/shell.ts';
import { IconButton } from './icon-button.tsx';

export interface SplitViewProps {
  /** The list. It stays as it is while the panel opens and closes. */
  children: ComponentChildren;
  /** A SidePanel, or nothing. */
  panel: ComponentChildren;
}

/** A list, and beside it what was opened of it. On a phone the panel takes the list's place, and the list its old scroll position after that. */
export function SplitView({ children, panel }: SplitViewProps) {
  const scrolled = useRef(0);
  const open = Boolean(panel);
  const was = useRef(open);
  if (open && !was.current) scrolled.current = scrollY;
  useEffect(() => {
    if (was.current === open) return;
    was.current = open;
    const narrow = matchMedia('(max-width: 899px)').matches;
    if (narrow) scrollTo(0, open ? 0 : scrolled.current);
  }, [open]);
  return (
    <div class={open ? 'split open' : 'split'}>
      <div class="split-list">{children}</div>
      {panel}
    </div>
  );
}

export interface SidePanelProps {
  title: ComponentChildren;
  onClose: () => void;
  children: ComponentChildren;
  /** Beside the title: buttons, a menu. */
  actions?: ComponentChildren | undefined;
  /** Something that changes when the panel shows another thing: then its heading gets the focus again. */
  of: string;
}

/** What was opened of a list. Not modal: the list can be used on. Escape closes it; the heading gets the focus, and gives it back. */
export function SidePanel({ title, onClose, children, actions, of }: SidePanelProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const panel = useRef<HTMLElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    return () => {
      const lost =
        document.activeElement === document.body || panel.current?.contains(document.activeElement);
      if (lost && before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    panel.current?.querySelector('.panel-body')?.scrollTo(0, 0);
  }, [of]);
  return (
    <aside
      ref={panel}
      class="panel"
      aria-labelledby={id}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return;
        event.stopPropagation();
        onClose();
      }}
    >
      <header>
        <h2 id={id} ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <div class="actions">
          {actions}
          <IconButton icon="close" label={shell.closePanel} onClick={onClose} />
        </div>
      </header>
      <div class="panel-body">{children}</div>
    </aside>
  );
}
