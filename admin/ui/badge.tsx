import type { ComponentChildren } from 'preact';

export type Tone = 'neutral' | 'ok' | 'warn' | 'bad' | 'info';

/** A word with a dot before it: the word says it, the colour helps. */
export function Badge({ tone = 'neutral', children, title }: BadgeProps) {
  return (
    <span class={`badge ${tone}`} title={title}>
      {children}
    </span>
  );
}

export interface BadgeProps {
  tone?: Tone | undefined;
  children: ComponentChildren;
  title?: string | undefined;
}
