import type { ComponentChildren } from 'preact';
import { base } from '../../data/base.ts';
import { navigate } from '../../routes.tsx';

export interface RowLinkProps {
  to: string;
  /** By which the grid finds it. */
  id: string;
  /** Tab leads here, and to no other row. */
  isChosen: boolean;
  /** Another one is open: this one takes its place, also in the history. */
  isBeside: boolean;
  children: ComponentChildren;
}

/** What opens a row beside its list; a real link, so that it can be opened in a tab of its own. The whole row presses it. */
export function RowLink({ to, id, isChosen, isBeside, children }: RowLinkProps) {
  return (
    <a
      class="row-link"
      href={base + to}
      data-id={id}
      tabIndex={isChosen ? 0 : -1}
      onClick={(event) => {
        if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        navigate(to, { keepFocus: true, keepScroll: true, replace: isBeside });
      }}
    >
      {children}
    </a>
  );
}
