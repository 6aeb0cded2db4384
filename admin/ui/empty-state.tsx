import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon.tsx';

export interface EmptyStateProps {
  title: string;
  /** What to do about it. */
  children?: ComponentChildren | undefined;
  actions?: ComponentChildren | undefined;
  icon?: IconName | undefined;
}

/** Where there is nothing: says why, and what to do. */
export function EmptyState({ title, children, actions, icon }: EmptyStateProps) {
  return (
    <div class="empty">
      {icon && <Icon name={icon} size={28} />}
      <p class="empty-title">{title}</p>
      {children && <div class="empty-words">{children}</div>}
      {actions && <div class="actions">{actions}</div>}
    </div>
  );
}
