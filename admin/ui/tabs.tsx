import type { ComponentChildren } from 'preact';
import { Link } from '../routes.tsx';

export interface TabsProps {
  label: string;
  tabs: readonly { path: string; label: ComponentChildren; current: boolean }[];
}

/** Views of one thing, each with an address of its own: so they are links, which say the current one. */
export function Tabs({ label, tabs }: TabsProps) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <Link key={tab.path} to={tab.path} current={tab.current} keepFocus>
          {tab.label}
        </Link>
      ))}
    </nav>
  );
}
