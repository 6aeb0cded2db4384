import { quoteName } from '../catalog/table-name.ts';
import { sqlState } from '../store/connect.ts';
import type { Queryable } from '../store/sql.ts';
import { type TableFacts, tableFacts, tableIndexes } from '../store/tables.ts';
import type { Finding } from './finding.ts';
import { serves } from './index-rule.ts';
import type { ColumnsOf, Lookup } from './lookups.ts';

/** Lookups whose two sides have types that the server cannot compare. Such a query fails when it is planned. */
export async function linkFindings(db: Queryable, lookups: readonly Lookup[]): Promise<Finding[]> {
  const facts = factsReader(db);
  const comparable = new Map<string, Promise<boolean>>();
  const findings: Finding[] = [];
  for (const { path, from, to } of lookups) {
    const [left, right] = [await typesOf(from, facts), await typesOf(to, facts)];
    for (const [i, a] of left.entries()) {
      const b = right[i];
      if (a === undefined || b === undefined) continue;
      const pair = `${a} = ${b}`;
      comparable.set(pair, comparable.get(pair) ?? canCompare(db, a, b));
      if (await comparable.get(pair)) continue;
      const [here, there] = [side(from, i), side(to, i)];
      findings.push({
        code: 'link_types',
        severity: 'error',
        where: path,
        message: `${here} is ${a}, ${there} is ${b}: the server cannot compare them`,
        fix: null,
        advice: 'Link columns of one type, or give one of the two columns the type of the other.',
      });
    }
  }
  return findings;
}

const side = ({ table, columns }: ColumnsOf, i: number): string => `${table}.${quoteName(columns[i] ?? '')}`;

async function typesOf(
  { table, columns }: ColumnsOf,
  facts: (table: string) => Promise<TableFacts | undefined>,
): Promise<Array<string | undefined>> {
  const known = await facts(table);
  return columns.map((column) => known?.columns.get(column));
}

async function canCompare(db: Queryable, a: string, b: string): Promise<boolean> {
  try {
    await db.query(`select null::${a} = null::${b}`);
    return true;
  } catch (error) {
    // undefined_function, ambiguous_function. Anything else, such as a type that this role may not use, is told by the query itself.
    return !['42883', '42725'].includes(sqlState(error) ?? '');
  }
}

function factsReader(db: Queryable): (table: string) => Promise<TableFacts | undefined> {
  const known = new Map<string, Promise<TableFacts | undefined>>();
  return (table) => {
    const found = known.get(table) ?? tableFacts(db, table);
    known.set(table, found);
    return found;
  };
}

/** Lookups that no index serves, each with the index that would. */
export async function indexFindings(db: Queryable, lookups: readonly Lookup[]): Promise<Finding[]> {
  const facts = factsReader(db);
  const groups = new Map<string, Lookup[]>();
  for (const lookup of lookups) {
    const key = JSON.stringify([lookup.to.table, [...lookup.to.columns].sort(), [...lookup.fixed].sort()]);
    groups.set(key, [...(groups.get(key) ?? []), lookup]);
  }
  const findings: Finding[] = [];
  for (const group of groups.values()) {
    const { to, fixed } = group[0]!;
    const known = await facts(to.table);
    // A view has no indexes of its own; a column that is not there is another finding.
    if (!known || !['r', 'p', 'm'].includes(known.kind)) continue;
    if (to.columns.some((column) => !known.columns.has(column))) continue;
    const { indexes, rows } = await tableIndexes(db, to.table);
    if (indexes.some((index) => serves(index, to.columns, fixed))) continue;
    findings.push(missingIndex(to, known.kind, rows, group));
  }
  return findings;
}

function missingIndex(
  { table, columns }: ColumnsOf,
  kind: string,
  rows: number | null,
  group: readonly Lookup[],
): Finding {
  const list = columns.map(quoteName).join(', ');
  const size = rows === null ? 'nobody has counted its rows yet' : `it has about ${rows} rows`;
  const paths = [...new Set(group.map(({ path }) => path))].join(', ');
  // A partitioned table takes no CONCURRENTLY: its index is made under a lock, or by hand for each partition before.
  const how = kind === 'p' ? 'CREATE INDEX ON' : 'CREATE INDEX CONCURRENTLY ON';
  return {
    code: 'index_missing',
    severity: 'warning',
    where: table,
    message: `no index finds rows by (${list}), which ${paths} needs for every record; ${size}`,
    fix: `${how} ${table} (${list});`,
    advice:
      kind === 'p'
        ? 'It holds up writes while it is made. Make one on each partition with CONCURRENTLY before, and it is attached at once.'
        : null,
  };
}
