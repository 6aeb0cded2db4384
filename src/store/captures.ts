import type { Queryable } from './sql.ts';

/** What the triggers of one table write. Stored in rowhook.capture, so that old changes stay readable. */
export interface CapturePlan {
  /** Quoted and schema-qualified. */
  readonly table: string;
  readonly key: readonly string[];
  /** Bit i of a mask is set when one of classes[i]'s columns changed; `*` is any column of the table. */
  readonly classes: ReadonlyArray<readonly string[]>;
  /** Columns whose values go along with inserts and updates. */
  readonly values: readonly string[];
  /** Columns that a last row does not keep. */
  readonly exclude?: readonly string[];
}

/** In a class: whatever columns the table has. */
export const everyColumn = '*';

export interface StoredCapture {
  readonly id: number;
  readonly plan: CapturePlan;
}

/** A plan of rowhook.capture, which says what its table is called now: it may have been renamed since. */
export const planSql = `jsonb_set(plan, '{table}', to_jsonb(table_name))`;

/** The plan that a table is captured by now. */
export async function currentCapture(db: Queryable, table: string): Promise<StoredCapture | undefined> {
  const { rows } = await db.query<StoredCapture>(
    `select id, ${planSql} as plan from rowhook.capture where table_name = $1 and released_at is null`,
    [table],
  );
  return rows[0];
}

/** Plans by id, released ones too: changes that wait are read by the plan that wrote them. */
export async function capturesById(db: Queryable, ids: readonly number[]): Promise<StoredCapture[]> {
  const { rows } = await db.query<StoredCapture>(
    `select id, ${planSql} as plan from rowhook.capture where id = any($1)`,
    [ids],
  );
  return rows;
}

/** Tables that are captured now, by name. */
export async function capturedTables(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ table_name: string }>(
    'select table_name from rowhook.capture where released_at is null order by table_name',
  );
  return rows.map((row) => row.table_name);
}

/** The tables of all captures by id, of released ones too: what they are called now. */
export async function tablesOfCaptures(db: Queryable): Promise<Map<number, string>> {
  const { rows } = await db.query<{ id: number; table_name: string }>({
    name: 'rowhook_captures',
    text: 'select id, table_name from rowhook.capture',
    values: [],
  });
  return new Map(rows.map((row) => [row.id, row.table_name]));
}
