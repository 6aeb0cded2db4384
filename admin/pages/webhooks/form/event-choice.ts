import type { CatalogView } from '../../../../src/admin/shapes/session.ts';

/** Subscribes to every event, present and future. */
export const everyEvent = '*';

/**
 * Which events somebody has ticked. While `all` is chosen the single ones rest as they were, so that unchoosing it brings them
 * back.
 */
export interface EventChoice {
  readonly all: boolean;
  readonly chosen: ReadonlySet<string>;
}

/** Events of one resource, as the picker shows them. */
export interface EventGroup {
  readonly resource: string;
  /** Those that the search finds, in the catalog's order. */
  readonly shown: readonly string[];
  /** Of all its events, found or not. */
  readonly chosen: number;
  readonly total: number;
  /** Whether those that are shown are chosen. */
  readonly ticked: 'all' | 'some' | 'none';
}

/** The choice that an endpoint's subscription stands for. */
export function choiceOf(events: readonly string[]): EventChoice {
  const all = events.includes(everyEvent);
  return { all, chosen: new Set(all ? [] : events) };
}

/** What is subscribed to: `*` alone, or single events in the catalog's order, then those that it no longer has. */
export function eventsOf({ all, chosen }: EventChoice, catalog: Pick<CatalogView, 'resources'>): string[] {
  if (all) return [everyEvent];
  const known = catalog.resources.flatMap(({ events }) => events);
  return [...known.filter((name) => chosen.has(name)), ...gone(chosen, known)];
}

/** Choosing `*` leaves the single ones at rest; unchoosing it brings them back. */
export const withAll = (choice: EventChoice, all: boolean): EventChoice => ({ ...choice, all });

/** Ticks or unticks several at once; the others stay. */
export function withEvents(choice: EventChoice, names: readonly string[], ticked: boolean): EventChoice {
  const chosen = new Set(choice.chosen);
  for (const name of names) {
    if (ticked) chosen.add(name);
    else chosen.delete(name);
  }
  return { ...choice, chosen };
}

/**
 * The groups to show: of each resource the events that have all words of the search in their or the resource's name. A resource of
 * which none has them is left out. Events that the catalog no longer has come last, under `gone`.
 */
export function groupsOf(
  catalog: Pick<CatalogView, 'resources'>,
  { chosen }: EventChoice,
  search: string,
  goneName: string,
): EventGroup[] {
  const known = catalog.resources.flatMap(({ events }) => events);
  const old = gone(chosen, known);
  const groups =
    old.length === 0 ? catalog.resources : [...catalog.resources, { name: goneName, events: old }];
  const words = search
    .toLowerCase()
    .split(/[\s_]+/)
    .filter((word) => word !== '');
  return groups
    .map(({ name, events }) => {
      const shown = events.filter((event) =>
        words.every((word) => `${name} ${event}`.toLowerCase().includes(word)),
      );
      const ticked = shown.filter((event) => chosen.has(event)).length;
      return {
        resource: name,
        shown,
        chosen: events.filter((event) => chosen.has(event)).length,
        total: events.length,
        ticked:
          ticked === 0 ? ('none' as const) : ticked === shown.length ? ('all' as const) : ('some' as const),
      };
    })
    .filter(({ shown }) => shown.length > 0);
}

function gone(chosen: ReadonlySet<string>, known: readonly string[]): string[] {
  const present = new Set(known);
  return [...chosen].filter((name) => !present.has(name)).sort();
}

/** How many single events are chosen. */
export const countOf = ({ chosen }: EventChoice): number => chosen.size;
