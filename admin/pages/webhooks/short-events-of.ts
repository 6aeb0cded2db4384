import type { CatalogView } from '../../../src/admin/shapes/session.ts';

/**
 * A subscription in short: resources of which it has all events by their name alone (`tag *`), then single events; the rest is counted.
 * @param most how many parts are told
 */
export function shortEvents(
  events: readonly string[],
  { resources }: Pick<CatalogView, 'resources'>,
  most = 2,
): { readonly parts: readonly string[]; readonly more: number } {
  const subscribed = new Set(events);
  const whole = resources.filter(
    ({ events: all }) => all.length > 1 && all.every((name) => subscribed.has(name)),
  );
  for (const { events: all } of whole) for (const name of all) subscribed.delete(name);
  const parts = [...whole.map(({ name }) => `${name} *`), ...subscribed];
  const told = parts.slice(0, most);
  // What is not told is counted in events, as a person counts them.
  const toldEvents = told.reduce(
    (sum, part) => sum + (whole.find(({ name }) => `${name} *` === part)?.events.length ?? 1),
    0,
  );
  return { parts: told, more: new Set(events).size - toldEvents };
}
