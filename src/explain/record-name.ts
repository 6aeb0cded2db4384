import { quoteTable } from '../catalog/table-name.ts';
import type { Catalog, Resource } from '../catalog/types.ts';
import { defaultKey } from '../catalog/watch.ts';
import { RowhookError } from '../errors.ts';
import { canBe } from '../relay/payloads/key-text.ts';
import { mostSimilar } from '../similar.ts';
import type { Queryable } from '../store/sql.ts';
import { columnTypes } from '../store/tables.ts';

/** A record of the catalog, by the key that the outbox and rowhook.event have of it. */
export interface KnownRecord {
  readonly resource: string;
  readonly definition: Resource;
  /** The column's text, or a JSON array of texts. */
  readonly key: string;
  /** The same by column. */
  readonly values: readonly string[];
  /** Of the key's columns, as SQL writes it; undefined where the table or the column is gone. */
  readonly types: ReadonlyArray<string | undefined>;
  /** All that its table has; none where the table is gone. */
  readonly columns: readonly string[];
}

/**
 * Takes a record's name apart: `person:412`, `member:["7", "12"]` where the key has several columns. The key is put as the database
 * writes it: `0412` is 412, and a UUID may have capital letters.
 * @throws RowhookError `resource_unknown`, `record_invalid`
 */
export async function readRecordName(db: Queryable, catalog: Catalog, name: string): Promise<KnownRecord> {
  const { resource, definition, given } = splitName(catalog, name);
  const columns = definition.key ?? defaultKey;
  const values = columns.length === 1 ? [given] : keyTexts(name, given, columns);
  const table = quoteTable(definition.table);
  const known = (await columnTypes(db, [table])).get(table);
  const types = columns.map((column) => known?.get(column)?.type);
  const written: string[] = [];
  for (const [i, value] of values.entries()) {
    const text = await asWritten(db, value, types[i]);
    if (text === undefined) throw notOfType(name, columns[i]!, types[i]!, value);
    written.push(text);
  }
  const key = written.length === 1 ? written[0]! : await arrayText(db, written);
  return { resource, definition, key, values: written, types, columns: [...(known?.keys() ?? [])] };
}

function splitName(
  catalog: Catalog,
  name: string,
): { resource: string; definition: Resource; given: string } {
  const at = name.indexOf(':');
  const resource = at < 0 ? name : name.slice(0, at);
  const definition = Object.hasOwn(catalog.resources, resource) ? catalog.resources[resource] : undefined;
  if (!definition) {
    const names = Object.keys(catalog.resources).sort();
    const similar = mostSimilar(resource, names);
    const meant = similar === undefined ? '' : `; did you mean "${similar}"?`;
    throw new RowhookError(
      'resource_unknown',
      `the catalog "${catalog.name}" has no resource "${resource}"${meant} It has: ${names.join(', ')}`,
      { where: name, fix: 'Name the record as <resource>:<key>, like person:412.' },
    );
  }
  if (at < 0 || at === name.length - 1) {
    const columns = (definition.key ?? defaultKey).join(', ');
    throw new RowhookError('record_invalid', `"${name}" has no key; that of ${resource} is ${columns}`, {
      where: name,
      fix: 'Name the record as <resource>:<key>, like person:412.',
    });
  }
  return { resource, definition, given: name.slice(at + 1) };
}

function keyTexts(name: string, given: string, columns: readonly string[]): string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(given);
  } catch {
    parsed = undefined;
  }
  const isKey = Array.isArray(parsed) && parsed.length === columns.length;
  const plain = (each: unknown) => ['string', 'number', 'boolean'].includes(typeof each);
  if (isKey && (parsed as unknown[]).every(plain)) return (parsed as unknown[]).map(String);
  throw new RowhookError(
    'record_invalid',
    `the key of "${name}" has ${columns.length} columns (${columns.join(', ')}), and must be a JSON array of as many values`,
    {
      where: name,
      fix: `Write it like '${name.split(':')[0]}:${JSON.stringify(columns.map((_, i) => String(i + 1)))}'.`,
    },
  );
}

/** A value as the database writes it, of a type that most keys have; others are taken as they are. Undefined: it cannot be one. */
async function asWritten(
  db: Queryable,
  value: string,
  type: string | undefined,
): Promise<string | undefined> {
  if (type === undefined) return value;
  if (!canBe(type, value)) return undefined;
  // Only where no text that passes can make the cast fail: an error would end the transaction of whoever asks.
  if (!['smallint', 'integer', 'bigint', 'uuid'].includes(type)) return value;
  const { rows } = await db.query<{ text: string }>(`select ($1::text)::${type}::text as text`, [value]);
  return rows[0]!.text;
}

/** As triggers write it. */
async function arrayText(db: Queryable, values: readonly string[]): Promise<string> {
  const { rows } = await db.query<{ text: string }>(
    `select json_build_array(${values.map((_, i) => `$${i + 1}::text`).join(', ')})::text as text`,
    values,
  );
  return rows[0]!.text;
}

function notOfType(name: string, column: string, type: string, value: string): RowhookError {
  return new RowhookError(
    'record_invalid',
    `"${value}" in "${name}" is no ${type}, which the column ${column} is`,
    {
      where: name,
      fix: 'Give the key as the application shows it.',
    },
  );
}
