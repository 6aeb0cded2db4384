import { RowhookError } from '../errors.ts';
import {
  type Catalog,
  type ColumnField,
  type EventDefinition,
  type Field,
  type Fields,
  isBare,
  type Part,
  type Resource,
} from './types.ts';

/** Postgres cuts longer names, and a payload's keys are column names on their way out. */
const longestName = 63;
const eventName = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$/;
/** `ping` is ours; `*` stands for all. */
const reservedEvents = ['ping', '*'];

/**
 * Reports all mistakes at once.
 * @throws RowhookError `catalog_invalid`
 */
export function validateCatalog(catalog: Catalog): void {
  const mistakes = [
    ...Object.entries(catalog.resources).flatMap(([name, resource]) => resourceMistakes(name, resource)),
    ...Object.entries(catalog.events).flatMap(([name, event]) => eventMistakes(name, event, catalog)),
  ];
  if (mistakes.length === 0) return;
  throw new RowhookError(
    'catalog_invalid',
    `catalog "${catalog.name}":\n${mistakes.map((m) => `  ${m}`).join('\n')}`,
    {
      fix: 'Correct the catalog; nothing was installed or started.',
    },
  );
}

function resourceMistakes(name: string, resource: Resource): string[] {
  const path = `resources.${name}`;
  return [
    ...tableMistakes(`${path}.table`, resource.table),
    ...(resource.key?.length === 0 ? [`${path}.key: expected at least one column, found none`] : []),
    ...fieldsMistakes(`${path}.fields`, resource.fields),
    ...(resource.parts ?? []).flatMap((part, i) => tableMistakes(`${path}.parts[${i}].table`, part.table)),
  ];
}

function tableMistakes(path: string, table: string): string[] {
  return /^[^."]+(\.[^."]+)?$/.test(table)
    ? []
    : [`${path}: expected "table" or "schema.table", found ${JSON.stringify(table)}`];
}

function fieldsMistakes(path: string, fields: Fields | ColumnField): string[] {
  if (isBare(fields)) return [];
  const entries = Object.entries(fields);
  if (entries.length === 0) return [`${path}: expected at least one field, found none`];
  return entries.flatMap(([name, field]) => [
    ...(Buffer.byteLength(name) > longestName
      ? [`${path}.${name}: a name may have ${longestName} bytes`]
      : []),
    // JavaScript moves keys that look like numbers to the front, so their order could not be kept.
    ...(/^\d+$/.test(name) ? [`${path}.${name}: a name may not be a number`] : []),
    ...fieldMistakes(`${path}.${name}`, field),
  ]);
}

function fieldMistakes(path: string, field: Field): string[] {
  switch (field.kind) {
    case 'column':
      return typeof field.format === 'object' && !(field.format.places >= 0 && field.format.places <= 20)
        ? [`${path}.format.places: expected 0 to 20, found ${field.format.places}`]
        : [];
    case 'one':
    case 'many':
      return [
        ...tableMistakes(`${path}.table`, field.table),
        ...fieldsMistakes(`${path}.fields`, field.fields),
      ];
    case 'choice':
      return Object.entries(field.cases).flatMap(([name, one]) =>
        fieldMistakes(`${path}.cases.${name}`, one),
      );
  }
}

function eventMistakes(name: string, event: EventDefinition, catalog: Catalog): string[] {
  const path = `events.${name}`;
  const resource = catalog.resources[event.resource];
  const mistakes: string[] = [];
  if (!eventName.test(name)) mistakes.push(`${path}: expected letters, digits and _ . : - (at most 100)`);
  if (reservedEvents.includes(name)) mistakes.push(`${path}: this name is reserved`);
  if (!resource) {
    const known = Object.keys(catalog.resources).join(', ');
    mistakes.push(`${path}.resource: expected one of ${known}, found "${event.resource}"`);
    return mistakes;
  }
  if (event.on === 'transition' && event.part !== undefined) {
    const parts: readonly Part[] = resource.parts ?? [];
    if (!parts.some((part) => part.table === event.part)) {
      const known = parts.map((part) => part.table).join(', ') || 'none';
      mistakes.push(`${path}.part: expected a part of ${event.resource} (${known}), found "${event.part}"`);
    }
  }
  return mistakes;
}
