import { isTableName, parseTable } from '../catalog/table-name.ts';
import { RowhookError } from '../errors.ts';
import { mostSimilar } from '../similar.ts';
import { obstacle, type SurveyedTable } from './survey.ts';

export interface Selection {
  readonly tables: readonly SurveyedTable[];
  /** Those that a pattern names and that cannot be captured. */
  readonly skipped: ReadonlyArray<{ readonly table: string; readonly reason: string }>;
}

/** Names with commas between them; one in quotes may hold a comma. Pure. */
export function splitNames(text: string): string[] {
  const found = text.match(/(?:"(?:[^"]|"")*"|[^",])+/g) ?? [];
  return found.map((name) => name.trim()).filter((name) => name !== '');
}

/**
 * The tables that a person means: by name, as in a catalog, or by pattern: `*` (all), `crm.*`, `crm.order_*`. Pure.
 * @throws RowhookError `table_missing` naming a similar one, `table_unsupported`, `key_missing`, for those that are named
 */
export function selectTables(all: readonly SurveyedTable[], names: readonly string[]): Selection {
  const chosen = new Set<SurveyedTable>();
  const skipped = new Map<string, string>();
  for (const name of names) {
    const pattern = patternOf(name);
    const matching = pattern ? all.filter(pattern) : [named(all, name)];
    if (matching.length === 0) throw missing(all, name);
    for (const table of matching) {
      const reason = obstacle(table);
      if (reason === undefined) chosen.add(table);
      else if (pattern) skipped.set(table.quoted, reason);
      else throw unfit(table, reason);
    }
  }
  return {
    tables: all.filter((table) => chosen.has(table)),
    skipped: [...skipped].map(([table, reason]) => ({ table, reason })),
  };
}

function patternOf(name: string): ((table: SurveyedTable) => boolean) | undefined {
  if (!name.includes('*') || name.includes('"')) return undefined;
  if (name === '*') return () => true;
  const [first = '', second] = name.split('.');
  const [schema, table] = second === undefined ? ['public', first] : [first, second];
  const [bySchema, byName] = [glob(schema), glob(table)];
  return (candidate) => bySchema.test(candidate.schema) && byName.test(candidate.name);
}

const glob = (text: string): RegExp =>
  new RegExp(
    `^${text
      .split('*')
      .map((part) => part.replace(/[^\w]/g, '\\$&'))
      .join('.*')}$`,
    's',
  );

function named(all: readonly SurveyedTable[], text: string): SurveyedTable {
  const { schema, name } = isTableName(text) ? parseTable(text) : { schema: '', name: text };
  const found = all.find((table) => table.schema === schema && table.name === name);
  if (found) return found;
  throw missing(all, text);
}

function missing(all: readonly SurveyedTable[], text: string): RowhookError {
  const names = all.map(({ schema, name, quoted }) => ({
    quoted,
    plain: schema === 'public' ? name : `${schema}.${name}`,
  }));
  const { name } = isTableName(text) ? parseTable(text) : { name: text };
  const elsewhere = all
    .filter((table) => table.name.toLowerCase() === name.toLowerCase())
    .map(({ quoted }) => quoted);
  const similar = mostSimilar(
    text,
    names.map(({ plain }) => plain),
  );
  const near =
    similar === undefined ? [] : names.filter(({ plain }) => plain === similar).map(({ quoted }) => quoted);
  const hints = [...new Set([...elsewhere, ...near])];
  return new RowhookError(
    'table_missing',
    `there is no table ${text} in this database${hints.length > 0 ? `; there is ${hints.join(', ')}` : ''}`,
    {
      where: text,
      fix: 'Name tables like people, crm.people or "Odd schema"."Odd name", or by pattern: crm.*, *.',
    },
  );
}

function unfit(table: SurveyedTable, reason: string): RowhookError {
  const keyless = (table.kind === 'r' || table.kind === 'p') && table.parent === null;
  return new RowhookError(keyless ? 'key_missing' : 'table_unsupported', `${table.quoted} ${reason}`, {
    where: table.quoted,
    fix: keyless
      ? `Give it one: ALTER TABLE ${table.quoted} ADD PRIMARY KEY (…), or leave it out.`
      : `Name ${table.parent ?? 'the table behind it'}.`,
  });
}
