import { RowhookError } from '../errors.ts';
import { type CapturePlan, everyColumn } from '../store/captures.ts';
import type { TableFacts } from '../store/tables.ts';

/** What is wanted of a table. */
export interface TableNeeds {
  /** Quoted and schema-qualified. */
  readonly table: string;
  readonly columns: Iterable<string>;
  /** Of which a trigger's rows have to have the values. */
  readonly stored?: Iterable<string>;
  /** It is to be captured: with triggers of its own, and rows that this key tells apart. */
  readonly key?: readonly string[] | undefined;
}

/** What a table lacks of what is wanted of it: it does not exist, is none, or has no such columns or key, or not stored. Pure. */
export function tableProblems(
  { table, columns, stored = [], key }: TableNeeds,
  facts: TableFacts | undefined,
): RowhookError[] {
  if (!facts) {
    return [
      new RowhookError('table_missing', `table ${table} does not exist in this database`, {
        where: table,
        fix: 'Correct the table in the catalog, or connect to the database that has it.',
      }),
    ];
  }
  if (key && facts.kind !== 'r' && facts.kind !== 'p') {
    return [
      new RowhookError(
        'table_unsupported',
        `${table} is ${kindName(facts.kind)}, which has no row changes of its own`,
        { where: table, fix: 'Name the table behind it.' },
      ),
    ];
  }
  const unseen = key && unseenWrites(table, facts);
  if (unseen) return [unseen];
  const needed = new Set([...(key ?? []), ...columns]);
  const lost = [...needed].filter((column) => column !== everyColumn && !facts.columns.has(column));
  const names = lost.map((column) => `"${column}"`).join(', ');
  return [
    ...(lost.length > 0
      ? [
          new RowhookError(
            'column_missing',
            `${table} has no column ${names}; it has ${[...facts.columns.keys()].join(', ')}`,
            { where: table, fix: 'Correct the field, key or event of the catalog that names it.' },
          ),
        ]
      : []),
    ...virtualProblems(table, new Set([...(key ?? []), ...stored]), facts),
    ...(key && !key.some((column) => lost.includes(column) || facts.virtualColumns.has(column))
      ? keyProblems(table, key, facts)
      : []),
  ];
}

/** Statements fire the triggers of the table that they name, and of no other: what comes by another way would not be seen. */
function unseenWrites(table: string, { temporary, parents }: TableFacts): RowhookError | undefined {
  if (temporary) {
    return new RowhookError(
      'table_unsupported',
      `${table} is a temporary table, which ends with its session`,
      { where: table, fix: 'Name a table that stays.' },
    );
  }
  if (parents.length === 0) return undefined;
  return new RowhookError(
    'table_unsupported',
    `${table} is a partition of ${parents.join(' and ')}, or inherits from it: statements that name that table change rows of this one without its triggers`,
    {
      where: table,
      fix: `Name ${parents.join(' or ')} instead: it is captured with all that lies below it.`,
    },
  );
}

function virtualProblems(table: string, stored: ReadonlySet<string>, facts: TableFacts): RowhookError[] {
  return [...stored].flatMap((column) => {
    const madeOf = facts.virtualColumns.get(column);
    if (!madeOf) return [];
    return [
      new RowhookError(
        'column_unsupported',
        `${table}: column "${column}" is a virtual generated column, whose value is not written down with a change: no key, condition, soft delete, tenant or link of a part can be made of it`,
        {
          where: table,
          fix: `Let the catalog name what it is made of (${madeOf.join(', ') || 'no column'}), or make the column STORED.`,
        },
      ),
    ];
  });
}

function keyProblems(table: string, key: readonly string[], facts: TableFacts): RowhookError[] {
  const wanted = [...key].sort().join();
  const unique = facts.uniqueKeys.some((columns) => [...columns].sort().join() === wanted);
  const nullable = key.filter((column) => !facts.notNull.has(column));
  if (unique && nullable.length === 0) return [];
  const found =
    facts.uniqueKeys.length === 0
      ? 'it has no unique index of columns over all rows'
      : `its unique indexes are on ${facts.uniqueKeys.map((columns) => `(${columns.join(', ')})`).join(' ')}`;
  return [
    new RowhookError(
      'key_missing',
      `${table} needs a unique index on (${key.join(', ')}) with no nulls${unique ? `, but ${nullable.join(', ')} may be null` : `; ${found}`}`,
      { where: table, fix: 'Name the key in the catalog, or give the table a primary key.' },
    ),
  ];
}

/** The columns that a plan's triggers look at. */
export const planColumns = ({ key, classes, values }: CapturePlan): string[] => [
  ...new Set([...key, ...classes.flat(), ...values]),
];

/** The columns whose values a plan's triggers write down. */
export const storedColumns = ({ key, values }: CapturePlan): string[] => [...key, ...values];

/**
 * Whether a table can be captured by a plan: it exists, is a table of ours to put triggers on, has the plan's columns, and its
 * key tells its rows apart. Pure.
 * @throws RowhookError `table_missing`, `table_unsupported`, `column_missing`, `column_unsupported`, `key_missing`,
 *   `privilege_missing`
 */
export function checkTable(plan: CapturePlan, facts: TableFacts | undefined): asserts facts is TableFacts {
  const { table, key } = plan;
  const [problem] = tableProblems(
    { table, key, columns: planColumns(plan), stored: storedColumns(plan) },
    facts,
  );
  if (problem) throw problem;
  if (!facts?.mayCreateTriggers) {
    throw new RowhookError('privilege_missing', `this role may not create triggers on ${table}`, {
      where: table,
      fix: `Install as the role that owns ${table}.`,
    });
  }
}

function kindName(kind: string): string {
  const names: Record<string, string> = {
    v: 'a view',
    m: 'a materialized view',
    f: 'a foreign table',
    S: 'a sequence',
    i: 'an index',
    c: 'a composite type',
  };
  return names[kind] ?? 'not a table';
}
