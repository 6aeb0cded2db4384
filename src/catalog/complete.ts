import { associationCycles } from './cycles.ts';
import { expandFields } from './expand.ts';
import { mistakesOf } from './issues.ts';
import { isPlain, type Mistake, mistake, shown } from './mistake.ts';
import { catalogShape } from './shape.ts';
import type { Catalog } from './types.ts';
import { catalogMistakes } from './validate.ts';

export interface Completed {
  /** Undefined where there are mistakes. */
  readonly catalog: Catalog | undefined;
  /** All of them. */
  readonly mistakes: readonly Mistake[];
}

type Plain = Readonly<Record<string, unknown>>;

/** A catalog as it was written, of whatever form, made complete; or everything that is wrong with it. Pure. */
export function completeCatalog(input: unknown): Completed {
  if (!isPlain(input)) return failed([mistake('type_wrong', '', 'a catalog', shown(input))]);
  const cycles = associationCycles(input);
  // Nothing that walks down the fields would ever come to an end.
  if (cycles.length > 0) return failed(cycles);
  const { resources, unknown } = withFields(input.resources);
  const { events, duplicates } = eventsByName(input.events);
  const written = {
    ...input,
    dialect: input.dialect ?? 'standard',
    timestamps: input.timestamps ?? 'iso',
    resources,
    events,
  };
  const parsed = catalogShape.safeParse(written);
  const wrong = mistakesOf(parsed.error?.issues ?? [], written);
  const further = catalogMistakes(asCatalog(written)).filter(
    ({ path }) => !wrong.some((one) => lies(path, one.path)),
  );
  const mistakes = [...unknown, ...wrong, ...duplicates, ...further];
  return mistakes.length > 0 ? failed(mistakes) : { catalog: written as unknown as Catalog, mistakes };
}

const failed = (mistakes: readonly Mistake[]): Completed => ({ catalog: undefined, mistakes });

/** Resources with the fields of others in their places; those with a source of their own may have none. */
function withFields(given: unknown): { resources: Plain; unknown: Mistake[] } {
  if (!isPlain(given)) return { resources: (given ?? {}) as Plain, unknown: [] };
  const unknown: Mistake[] = [];
  const resources = Object.entries(given).map(([name, resource]) => {
    if (!isPlain(resource)) return [name, resource] as const;
    const expand = (key: 'fields' | 'deletedFields') =>
      expandFields(resource[key], `resources.${name}.${key}`, [name], given, unknown);
    const fields = resource.fields === undefined && resource.source !== undefined ? {} : expand('fields');
    const deleted = resource.deletedFields === undefined ? {} : { deletedFields: expand('deletedFields') };
    return [name, { ...resource, fields, ...deleted }] as const;
  });
  return { resources: Object.fromEntries(resources), unknown };
}

/** A list of named events as an object; of two with one name the second is a mistake. */
function eventsByName(given: unknown): { events: unknown; duplicates: Mistake[] } {
  if (!Array.isArray(given)) return { events: given, duplicates: [] };
  const events = new Map<string, unknown>();
  const duplicates: Mistake[] = [];
  for (const [i, event] of given.entries()) {
    const path = `events[${i}]`;
    if (!isPlain(event) || typeof event.name !== 'string') {
      duplicates.push(mistake('value_missing', `${path}.name`, 'the name of an event', shown(undefined)));
      continue;
    }
    const { name, ...definition } = event;
    if (events.has(name)) {
      duplicates.push(
        mistake('event_duplicate', `${path}.name`, 'a name that no other event has', shown(name)),
      );
    } else events.set(name, definition);
  }
  return { events: Object.fromEntries(events), duplicates };
}

/** Where the form is wrong, nothing more is said of the same place. */
const lies = (path: string, within: string): boolean => path === within || path.startsWith(`${within}.`);

/** As if its form were right; whoever looks at it must expect that it is not. */
function asCatalog({ resources, events }: Plain): Pick<Catalog, 'resources' | 'events'> {
  return { resources, events: isPlain(events) ? events : {} } as Pick<Catalog, 'resources' | 'events'>;
}
