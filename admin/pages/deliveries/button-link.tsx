import type { ComponentChildren } from 'preact';
import { Link } from '../../routes.tsx';
import { Icon, type IconName } from '../../ui/icon.tsx';

/** A link to another page that stands among buttons. */
export function ButtonLink({
  to,
  icon,
  children,
}: {
  to: string;
  icon: IconName;
  children: ComponentChildren;
}) {
  return (
    <Link to={to} class="button plain small">
      <Icon name={icon} />
      <span>{children}</span>
    </Link>
  );
}
