import type { z } from 'zod';
import type { Columns, Session } from '../database.ts';

/** A request that the application does not carry out: the status and the sentence that the client gets. */
export class Refused extends Error {
  readonly status: 400 | 404;

  constructor(status: 400 | 404, message: string) {
    super(message);
    this.status = status;
  }
}

/** How a kind of record is written; what is absent is not offered. `change` and `remove` get an id that exists. */
export interface Writer {
  create?: (db: Session, input: unknown) => Promise<string>;
  change?: (db: Session, id: string, input: unknown) => Promise<void>;
  remove?: (db: Session, id: string) => Promise<void>;
}

export function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const complaint = (issue: z.core.$ZodIssue) =>
    issue.path.length ? `${issue.path.join('.')}: ${issue.message}` : issue.message;
  throw new Refused(400, parsed.error.issues.map(complaint).join('; '));
}

/** Tables whose records do not say when they were last changed. */
const UNSTAMPED = new Set([
  'campaigns',
  'campaign_goals',
  'campaign_fixed_amounts',
  'person_relations',
  'tags',
  'tag_categories',
]);

export async function insert(db: Session, table: string, columns: Columns): Promise<string> {
  const given = Object.entries(columns).filter(([, value]) => value !== undefined);
  const names = given.map(([name]) => `"${name}"`);
  const places = given.map((_, index) => `$${index + 1}`);
  const rows = await db.query(
    given.length
      ? `insert into ${table} (${names.join(', ')}) values (${places.join(', ')}) returning id`
      : `insert into ${table} default values returning id`,
    given.map(([, value]) => value),
  );
  return rows[0]!.id as string;
}

/** Writes the columns given, and `modified`, if any of them really differs. Returns whether one did. */
export async function update(db: Session, table: string, id: string, columns: Columns): Promise<boolean> {
  const given = Object.entries(columns).filter(([, value]) => value !== undefined);
  if (!given.length) return false;
  const sets = given.map(([name], index) => `"${name}" = $${index + 2}`);
  const differs = given.map(([name], index) => `"${name}" is distinct from $${index + 2}`);
  if (!UNSTAMPED.has(table)) sets.push('modified = now()');
  const rows = await db.query(
    `update ${table} set ${sets.join(', ')} where id = $1 and (${differs.join(' or ')}) returning id`,
    [id, ...given.map(([, value]) => value)],
  );
  return rows.length > 0;
}

/** Makes the records tied to `ownerId` those given: one with an id is changed, one without is added, the rest go. */
export async function replaceAll(
  db: Session,
  table: string,
  column: string,
  ownerId: string,
  records: Columns[],
): Promise<boolean> {
  const existing = await db.all(table, column, ownerId);
  const named = new Set(records.map((record) => record.id));
  let changed = false;
  for (const row of existing) {
    if (named.has(row.id as string)) continue;
    await db.query(`delete from ${table} where id = $1`, [row.id]);
    changed = true;
  }
  for (const { id, ...columns } of records) {
    if (typeof id !== 'string') {
      await insert(db, table, { ...columns, [column]: ownerId });
      changed = true;
    } else {
      if (!existing.some((row) => row.id === id))
        throw new Refused(400, `${table} ${id} is not one of this record's.`);
      changed = (await update(db, table, id, columns)) || changed;
    }
  }
  return changed;
}

/** Deletes a record and, where its kind can be tagged, its tag links, which no foreign key holds. */
export const removal = (table: string, model?: string) => async (db: Session, id: string) => {
  if (model) await db.query('delete from tags_models where model = $1 and foreign_key = $2', [model, id]);
  await db.query(`delete from ${table} where id = $1`, [id]);
};

/** The writer of a record that is one row. */
export function simple(
  table: string,
  fields: z.ZodObject,
  offers: { create?: boolean; remove?: boolean } = {},
): Writer {
  const changes = fields.partial();
  return {
    change: async (db, id, input) => void (await update(db, table, id, parse(changes, input) as Columns)),
    ...(offers.create !== false && {
      create: async (db, input) => insert(db, table, parse(fields, input) as Columns),
    }),
    ...(offers.remove !== false && { remove: removal(table) }),
  };
}
