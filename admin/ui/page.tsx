import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { arrival } from '../routes.tsx';
import { shell } from '../texts/shell.ts';

export interface PageProps {
  /** The heading, and the window's title. */
  title: string;
  /** Instead of the title as a heading: with a badge, a long URL cut. */
  heading?: ComponentChildren | undefined;
  /** A line above the heading: where it belongs. */
  above?: ComponentChildren | undefined;
  /** At the right of the heading. */
  actions?: ComponentChildren | undefined;
  children: ComponentChildren;
}

/** A page: its heading gets the focus when one comes here by a link, so that screen readers and the keyboard begin there. */
export function Page({ title, heading, above, actions, children }: PageProps) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = shell.windowTitle(title);
  }, [title]);
  const arrived = arrival.value;
  useEffect(() => {
    if (arrived > 0) head.current?.focus({ preventScroll: true });
  }, [arrived]);
  return (
    <div class="page">
      {above && <div class="page-above">{above}</div>}
      <header class="page-head">
        <h1 ref={head} tabIndex={-1}>
          {heading ?? title}
        </h1>
        {actions && <div class="actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
