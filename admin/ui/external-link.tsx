import type { ComponentChildren } from 'preact';
import { Icon } from './icon.tsx';

/** A link to elsewhere. An address that is not http(s) becomes no link, only text. */
export function ExternalLink({ href, children }: { href: string; children: ComponentChildren }) {
  if (!/^https?:\/\//i.test(href)) return <span>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
      <Icon name="external" size={12} />
    </a>
  );
}
