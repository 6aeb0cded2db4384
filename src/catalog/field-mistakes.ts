import { attempt, type Mistake, mistake, shown } from './mistake.ts';
import { quoteTable } from './table-name.ts';
import {
  type ColumnField,
  type Field,
  type Fields,
  isBare,
  type Link,
  type Order,
  type Resource,
} from './types.ts';
import { defaultKey } from './watch.ts';

/** A payload's keys are column names on their way out, and Postgres cuts longer ones. */
const longestName = 63;

/** Quoted table to its columns that must not leave. */
export type Excluded = ReadonlyMap<string, ReadonlySet<string>>;

/** What resources exclude of a table holds wherever that table is shown. */
export function excludedColumns(resources: Readonly<Record<string, Resource>>): Excluded {
  const excluded = new Map<string, Set<string>>();
  for (const { table, exclude = [] } of Object.values(resources)) {
    const name = quoteTable(table);
    excluded.set(name, new Set([...(excluded.get(name) ?? []), ...exclude]));
  }
  return excluded;
}

interface Place {
  readonly table: string;
  readonly excluded: Excluded;
  /** `deletedAt` has a meaning here. */
  readonly deleted: boolean;
}

/** What is wrong with the payloads of a resource. Pure. */
export function fieldMistakes(path: string, resource: Resource, excluded: Excluded): Mistake[] {
  const { table, fields, deletedFields, source, key = defaultKey, exclude = [] } = resource;
  const place = { table, excluded, deleted: false };
  const empty = Object.keys(fields).length === 0;
  return [
    ...(empty && source ? [] : fieldsMistakes(`${path}.fields`, fields, place)),
    ...(deletedFields
      ? fieldsMistakes(`${path}.deletedFields`, deletedFields, { ...place, deleted: true })
      : []),
    ...exclude
      .filter((column) => key.includes(column))
      .map((column) =>
        mistake('column_excluded', `${path}.exclude`, 'columns that are not of the key', shown(column)),
      ),
  ];
}

function fieldsMistakes(path: string, fields: Fields, place: Place): Mistake[] {
  const entries = Object.entries(fields);
  if (entries.length === 0) return [mistake('fields_missing', path, 'at least one field', 'none')];
  return entries.flatMap(([name, field]) => [
    ...(Buffer.byteLength(name) > longestName
      ? [
          mistake(
            'field_name_invalid',
            `${path}.${name}`,
            `a name of at most ${longestName} bytes`,
            'a longer one',
          ),
        ]
      : []),
    // JavaScript moves keys that look like numbers to the front, so their order could not be kept.
    ...(/^\d+$/.test(name)
      ? [mistake('field_name_invalid', `${path}.${name}`, 'a name that is not a number', shown(name))]
      : []),
    ...(attempt(() => fieldMistake(`${path}.${name}`, name, field, place)) ?? []),
  ]);
}

function fieldMistake(path: string, name: string, field: Field, place: Place): Mistake[] {
  switch (field.kind) {
    case 'column':
      return columnMistakes(path, field.column ?? name, place);
    case 'constant':
      return [];
    case 'object':
      return fieldsMistakes(path, field.fields, place);
    case 'deleted_at':
      if (!place.deleted) {
        return [mistake('value_wrong', path, 'deletedAt() in deletedFields only', 'it in fields')];
      }
      return field.column === undefined ? [] : columnMistakes(path, field.column, place);
    case 'one':
    case 'many':
      return linkMistakes(path, field, place);
    case 'choice':
      if (Object.keys(field.cases).length === 0) {
        return [mistake('fields_missing', `${path}.cases`, 'at least one case', 'none')];
      }
      return Object.entries(field.cases).flatMap(([value, one]) =>
        linkMistakes(`${path}.cases.${value}`, one, place),
      );
  }
}

function columnMistakes(path: string, column: string, { table, excluded }: Place): Mistake[] {
  return excluded.get(quoteTable(table))?.has(column)
    ? [mistake('column_excluded', path, `no column that ${table} excludes`, shown(column))]
    : [];
}

function linkMistakes(
  path: string,
  link: Link & { fields: Fields | ColumnField; orderBy?: readonly Order[] },
  place: Place,
): Mistake[] {
  const inner = { table: link.table, excluded: place.excluded, deleted: false };
  const { through } = link;
  const pairs = through
    ? ([
        ['from', link.from, 'through.to', through.to],
        ['through.from', through.from, 'to', link.to],
      ] as const)
    : ([['from', link.from, 'to', link.to]] as const);
  const uneven = pairs
    .filter(([, from, , to]) => [from].flat().length !== [to].flat().length)
    .map(([fromName, from, toName, to]) =>
      mistake(
        'link_uneven',
        `${path}.${toName}`,
        `as many columns as ${fromName} has (${[from].flat().length})`,
        `${[to].flat().length}`,
      ),
    );
  const astray = (link.orderBy ?? [])
    .filter((order) => typeof order === 'object' && order.of === 'through' && !through)
    .map(() =>
      mistake('value_wrong', `${path}.orderBy`, 'columns of the table itself', 'one of a link table'),
    );
  const shownFields = isBare(link.fields)
    ? bareMistakes(`${path}.fields`, link.fields, inner)
    : fieldsMistakes(`${path}.fields`, link.fields, inner);
  return [...uneven, ...astray, ...shownFields];
}

/** A single value has no name of its own that could be its column's. */
function bareMistakes(path: string, { column }: ColumnField, place: Place): Mistake[] {
  return column === undefined
    ? [mistake('value_missing', `${path}.column`, "the column's name, as in text('name')", 'nothing')]
    : columnMistakes(path, column, place);
}
