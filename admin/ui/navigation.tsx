import type { PageName } from '../data/route.ts';
import { Link, useRoute } from '../routes.tsx';
import { shell } from '../texts/shell.ts';
import { AccountMenu } from './account-menu.tsx';
import { Icon, type IconName } from './icon.tsx';

interface Place {
  to: string;
  name: keyof typeof shell.nav;
  icon: IconName;
  pages: readonly PageName[];
}

const places: readonly Place[] = [
  { to: '/', name: 'overview', icon: 'overview', pages: ['overview'] },
  {
    to: '/webhooks',
    name: 'webhooks',
    icon: 'webhook',
    pages: ['webhooks', 'newWebhook', 'webhook', 'webhookSettings', 'webhookDelivery'],
  },
  { to: '/deliveries', name: 'deliveries', icon: 'delivery', pages: ['deliveries', 'delivery'] },
  { to: '/events', name: 'events', icon: 'event', pages: ['events', 'event', 'record'] },
  { to: '/bulk', name: 'bulk', icon: 'bulk', pages: ['bulk'] },
  { to: '/audit', name: 'audit', icon: 'audit', pages: ['audit'] },
];

/** Where one can go: at the left, or on a phone as a bar at the bottom. */
export function Navigation() {
  const { page } = useRoute();
  return (
    <header class="side">
      <Link to="/" class="brand">
        {shell.product}
      </Link>
      <nav class="nav" aria-label={shell.pages}>
        {places.map((place) => (
          <Link key={place.to} to={place.to} current={page !== null && place.pages.includes(page)}>
            <Icon name={place.icon} size={18} />
            <span>{shell.nav[place.name]}</span>
          </Link>
        ))}
      </nav>
      <AccountMenu />
    </header>
  );
}
