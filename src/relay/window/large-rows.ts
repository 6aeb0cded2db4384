import type { Queryable } from '../../store/sql.ts';
import type { OutboxRow } from './changes.ts';

/** A row of a page; `held` is how many bytes of keys and values it has that were not read yet, as they are stored. */
export interface StoredRow extends OutboxRow {
  readonly held: number | null;
}

/** In SQL, of an outbox row `o`: what it holds, where that may be much: null where it is little, and so can be read at once. */
export const heldSql = `case
    when coalesce(pg_column_compression(o.keys), pg_column_compression(o.vals)) is not null
      or coalesce(pg_column_size(o.keys), 0) + coalesce(pg_column_size(o.vals), 0) > 8192
    then coalesce(pg_column_size(o.keys), 0) + coalesce(pg_column_size(o.vals), 0)
  end`;

/** Characters of keys and values that a page holds at most, or a single row that has more. */
const mostCharacters = 2 * 2 ** 20;
/** Read at first, in bytes as it is stored: compressed, it may be a hundredth of what comes. Then as much as that tells to be little enough. */
const firstStored = 16 * 2 ** 10;

/**
 * Reads what a page's large rows hold, and returns as many rows from its beginning as may be held at a time: the last row of a deleted
 * record can be megabytes, and how much a compressed one is shows only when it is read.
 */
export async function withHeld<Row extends StoredRow>(db: Queryable, rows: readonly Row[]): Promise<Row[]> {
  const read: Row[] = [];
  let characters = 0;
  let known = new Map<string, Contents>();
  let most = firstStored;
  for (const [i, stored] of rows.entries()) {
    if (stored.held !== null && !known.has(stored.seq)) {
      const found = await contentsFrom(db, rows, i, most);
      known = found.contents;
      most = Math.floor(((mostCharacters - characters - found.characters) * found.stored) / found.characters);
    }
    const row = { ...stored, ...known.get(stored.seq) };
    characters += lengthOf(row);
    if (characters > mostCharacters && read.length > 0) break;
    read.push(row);
  }
  return read;
}

type Contents = Pick<OutboxRow, 'seq' | 'keys' | 'vals'>;

/** Of the large row at this place, and of those behind it that are not more than so many bytes with it as they are stored. */
async function contentsFrom(
  db: Queryable,
  rows: readonly StoredRow[],
  from: number,
  most: number,
): Promise<{ contents: Map<string, Contents>; stored: number; characters: number }> {
  const seqs: string[] = [];
  let stored = 0;
  for (const { seq, held } of rows.slice(from)) {
    if (stored + (held ?? 0) > most && seqs.length > 0) break;
    stored += held ?? 0;
    if (held !== null) seqs.push(seq);
  }
  const { rows: found } = await db.query<Contents>({
    name: 'rowhook_held',
    // As JSON: pg reads an array character by character.
    text: 'select seq, array_to_json(keys) as keys, array_to_json(vals) as vals from rowhook.outbox where seq = any ($1::bigint[])',
    values: [seqs],
  });
  const characters = found.reduce((sum, row) => sum + lengthOf(row), 0);
  return {
    contents: new Map(found.map((row) => [row.seq, row])),
    stored,
    characters: Math.max(1, characters),
  };
}

function lengthOf({ keys, vals }: Pick<OutboxRow, 'keys' | 'vals'>): number {
  const sum = (texts: ReadonlyArray<string | null> | null) =>
    (texts ?? []).reduce((length, text) => length + (text?.length ?? 0), 0);
  return sum(keys) + sum(vals);
}
