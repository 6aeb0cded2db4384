import { excludedColumns, fieldMistakes } from './field-mistakes.ts';
import { attempt, type Mistake, mistake, shown } from './mistake.ts';
import { quoteTable } from './table-name.ts';
import type { Catalog, EventDefinition, Resource } from './types.ts';
import { defaultKey } from './watch.ts';

const eventName = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$/;
/** `ping` is ours; `*` stands for all. */
const reservedEvents = ['ping', '*'];

/**
 * What the parts of a catalog are wrongly to each other. Pure.
 * @param catalog may be of a wrong form in places: those are left out, and reported by others
 */
export function catalogMistakes({ resources, events }: Pick<Catalog, 'resources' | 'events'>): Mistake[] {
  const tables = Object.fromEntries(
    Object.entries(resources).filter(([, resource]) => typeof resource?.table === 'string'),
  );
  const excluded = attempt(() => excludedColumns(tables)) ?? new Map();
  return [
    ...Object.entries(resources).flatMap(([name, resource]) => [
      ...(attempt(() => fieldMistakes(`resources.${name}`, resource, excluded)) ?? []),
      ...(attempt(() => sourceMistakes(`resources.${name}.source`, resource)) ?? []),
    ]),
    ...(attempt(() => keyConflicts(tables)) ?? []),
    ...Object.entries(events).flatMap(
      ([name, event]) => attempt(() => eventMistakes(`events.${name}`, name, event, resources)) ?? [],
    ),
  ];
}

/** Two resources may show one table, each in its own way; but its changes have one key. */
function keyConflicts(resources: Catalog['resources']): Mistake[] {
  const keys = new Map<string, readonly string[]>();
  return Object.entries(resources).flatMap(([name, resource]) => {
    const table = quoteTable(resource.table);
    const key = resource.key ?? defaultKey;
    const other = keys.get(table) ?? key;
    keys.set(table, other);
    if (other.join('\0') === key.join('\0')) return [];
    return [
      mistake(
        'key_conflict',
        `resources.${name}.key`,
        `(${other.join(', ')}) as in the other resource of ${resource.table}`,
        `(${key.join(', ')})`,
      ),
    ];
  });
}

function sourceMistakes(path: string, { source, key = defaultKey }: Resource): Mistake[] {
  if (source?.kind !== 'http') return [];
  const named = [...source.url.matchAll(/\{([^{}]*)\}/g)].map(([, column = '']) => column);
  const bare = source.url.replaceAll(/\{[^{}]*\}/g, '1');
  const url = URL.canParse(bare) ? new URL(bare) : undefined;
  const mistakes: Mistake[] = [];
  // A row must not choose the server.
  const fixed = /^https?:\/\/[^/?#{}]+(?:[/?#]|$)/i.test(source.url);
  if (!url || !fixed) {
    const expected = 'an absolute URL like https://crm.example/api/people/{id}';
    mistakes.push(mistake('url_invalid', `${path}.url`, expected, shown(source.url)));
  }
  const wrong = named.filter((column) => !key.includes(column));
  const missing = key.filter((column) => !named.includes(column));
  if (wrong.length > 0 || missing.length > 0) {
    const expected = `the key's columns as ${key.map((column) => `{${column}}`).join(', ')}`;
    mistakes.push(mistake('url_invalid', `${path}.url`, expected, shown(source.url)));
  }
  for (const [name, least, most] of [
    ['timeoutMs', 1, 600_000],
    ['retries', 0, 10],
    ['concurrency', 1, 1_000],
  ] as const) {
    const given = source[name];
    if (given === undefined || (Number.isInteger(given) && given >= least && given <= most)) continue;
    mistakes.push(mistake('value_wrong', `${path}.${name}`, `${least} to ${most}`, shown(given)));
  }
  return mistakes;
}

function eventMistakes(
  path: string,
  name: string,
  event: EventDefinition,
  resources: Catalog['resources'],
): Mistake[] {
  const resourceNames = Object.keys(resources);
  const mistakes: Mistake[] = [];
  if (!eventName.test(name)) {
    const expected = 'letters, digits and _ . : - (at most 100, beginning with a letter or digit)';
    mistakes.push(mistake('event_name_invalid', path, expected, shown(name)));
  }
  if (reservedEvents.includes(name)) {
    mistakes.push(mistake('event_name_invalid', path, 'a name that is not reserved', shown(name)));
  }
  if (!resourceNames.includes(event.resource)) {
    const expected = `one of ${resourceNames.join(', ') || 'the resources, of which there are none'}`;
    mistakes.push(mistake('resource_unknown', `${path}.resource`, expected, shown(event.resource)));
  }
  const resource = resources[event.resource];
  const part = 'part' in event ? event.part : undefined;
  if (resource && part !== undefined) {
    const parts = (resource.parts ?? []).map(({ table }) => table);
    if (!parts.some((table) => quoteTable(table) === quoteTable(part))) {
      const expected = `a part of ${event.resource} (${parts.join(', ') || 'it has none'})`;
      mistakes.push(mistake('part_unknown', `${path}.part`, expected, shown(part)));
    }
  }
  const missing = sidesThatAreNone[event.on];
  if (missing && event.when?.[missing]) {
    const expected = `conditions on the other values: at an ${event.on} there is no ${missing} row`;
    mistakes.push(mistake('value_wrong', `${path}.when.${missing}`, expected, 'conditions on them'));
  }
  return mistakes;
}

const sidesThatAreNone: Partial<Record<EventDefinition['on'], 'old' | 'new'>> = {
  insert: 'old',
  assign: 'old',
  delete: 'new',
  unassign: 'new',
};
