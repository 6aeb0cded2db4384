/** The pages by name; what a page is told stands in its path. The first that fits counts: `new` is no id. */
export const paths = {
  overview: '/',
  webhooks: '/webhooks',
  newWebhook: '/webhooks/new',
  webhook: '/webhooks/:id',
  webhookSettings: '/webhooks/:id/settings',
  webhookDelivery: '/webhooks/:id/deliveries/:deliveryId',
  deliveries: '/deliveries',
  delivery: '/deliveries/:deliveryId',
  events: '/events',
  event: '/events/:id',
  record: '/records/:record',
  bulk: '/bulk',
  audit: '/audit',
} as const;

export type PageName = keyof typeof paths;

export interface Route {
  /** Null: there is no such page. */
  page: PageName | null;
  /** As the address says, without the base: `/webhooks/4`. */
  path: string;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
}

/** Finds the page of an address (path and query, without the base). */
export function routeOf(address: string): Route {
  const cut = address.indexOf('?');
  const path = (cut < 0 ? address : address.slice(0, cut)).replace(/(?<=.)\/+$/, '') || '/';
  const query = Object.fromEntries(new URLSearchParams(cut < 0 ? '' : address.slice(cut + 1)));
  const names = Object.keys(paths) as PageName[];
  for (const page of names) {
    const params = match(paths[page], path);
    if (params) return { page, path, params, query };
  }
  return { page: null, path, params: {}, query };
}

function match(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/');
  const found = path.split('/');
  if (wanted.length !== found.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const text = found[index] ?? '';
    if (part.startsWith(':')) {
      const value = decoded(text);
      if (value === null || value === '') return null;
      params[part.slice(1)] = value;
    } else if (part !== text) return null;
  }
  return params;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** The address of a page: `pathTo('webhook', { id: '4' })`. Without the base; a query is left out where it is empty. */
export function pathTo(
  page: PageName,
  params: Readonly<Record<string, string>> = {},
  query: Readonly<Record<string, string | null | undefined>> = {},
): string {
  const path = paths[page].replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) pairs.set(name, value);
  const text = pairs.toString();
  return text === '' ? path : `${path}?${text}`;
}
