import type { ComponentChildren } from 'preact';
import { Icon } from './icon.tsx';

export interface NoteProps {
  tone?: 'info' | 'warn' | 'bad' | 'ok' | undefined;
  children: ComponentChildren;
  actions?: ComponentChildren | undefined;
}

/** Something to know, in a box. */
export function Note({ tone = 'info', children, actions }: NoteProps) {
  const icon = { info: 'info', warn: 'warning', bad: 'error', ok: 'check' } as const;
  return (
    <div class={`note ${tone}`}>
      <Icon name={icon[tone]} />
      <div class="note-words">{children}</div>
      {actions && <div class="actions">{actions}</div>}
    </div>
  );
}
