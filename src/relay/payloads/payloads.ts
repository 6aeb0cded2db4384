import type { Catalog } from '../../catalog/types.ts';
import { RowhookError } from '../../errors.ts';
import { textArray } from '../../store/binary-arrays.ts';
import type { NamedStatement, Queryable } from '../../store/sql.ts';
import type { Unshown } from '../aside/unshown.ts';
import { isAlive } from '../events/decide.ts';
import { canBe } from './key-text.ts';
import { readable } from './last-row-text.ts';
import {
  type Kind,
  kinds,
  payloadError,
  type Statements,
  statementsOf,
  typesOf,
} from './payload-statements.ts';
import { mostCharacters } from './slices.ts';

/** A record as it is in the transaction's snapshot. */
export interface LiveBody {
  /** JSON text; null: it had no room beside the others. Where it cannot be had, why. */
  readonly body: string | null | Unshown;
  /** False: it is marked as deleted, and the world does not see it. */
  readonly alive: boolean;
}

/** Speaks of a record that is gone. */
export interface Gone {
  /** Its last row as JSON text; undefined: the row is still there, marked as deleted. */
  readonly image: string | undefined;
  /** To be shown as its delete shows it; else as it was. */
  readonly deleted: boolean;
  readonly key: string;
  /** ISO 8601. */
  readonly changedAt: string;
}

/** Builds payloads as JSON text, and finds tenants. */
export interface Payloads {
  /** Each query waits for the one before it, and nothing else runs meanwhile: there are savepoints between them. */
  readonly inTurn: boolean;
  /** The records with these keys; one that is missing has no entry. At least one of them has room. */
  live(db: Queryable, resourceName: string, keys: readonly string[]): Promise<Map<string, LiveBody>>;
  /** The same with bodies that say nothing, and so cannot fail for what a record holds. */
  there(db: Queryable, resourceName: string, keys: readonly string[]): Promise<Map<string, LiveBody>>;
  /** Bodies of records that are gone, in their order; undefined for a marked one whose row has gone since. */
  gone(
    db: Queryable,
    resourceName: string,
    gone: readonly Gone[],
  ): Promise<Array<string | Unshown | undefined>>;
  /** The same with nothing in them but the key. */
  bare(db: Queryable, resourceName: string, gone: Gone): Promise<string>;
  /** The values along the resource's path to its tenant, in the order of what is given; undefined for a row that is missing. */
  tenants(
    db: Queryable,
    resourceName: string,
    kind: 'key' | 'image',
    given: readonly string[],
  ): Promise<Array<Path | Unshown | undefined>>;
}

export type Path = ReadonlyArray<string | null>;

/** What comes with the keys or last rows, where anything does: how many characters are wanted, or times that are spoken of. */
const second: Readonly<Partial<Record<Kind, unknown>>> = { live: 0, last: [], gone: [], marked: [] };
/** Those for records that fail; they name nothing that the others do not. */
const rare: readonly Kind[] = ['there', 'bare', 'bareGone'];

/**
 * Reads the types of the catalog's keys once, compiles the queries of each resource, and has the server plan them: a mistake in a
 * payload shows before anything is read, and the first event does not wait for the planner.
 * @throws RowhookError `table_missing`, `column_missing`, naming the resource
 */
export async function preparePayloads(db: Queryable, catalog: Catalog): Promise<Payloads> {
  const statements = new Map<string, Statements>();
  const facts = { timestamps: catalog.timestamps, tables: await typesOf(db, catalog) };
  for (const [name, resource] of Object.entries(catalog.resources)) {
    statements.set(name, statementsOf(resource, catalog, facts));
  }
  const names = [...statements.keys()];
  const statement = (kind: Kind, resourceName: string, values: readonly unknown[]): NamedStatement => {
    const text = statements.get(resourceName)?.texts[kind];
    if (text === undefined) throw nothingToAsk(kind, resourceName);
    // Planning ten nested lookups costs more than running them.
    return { name: `rowhook_${kind}_${names.indexOf(resourceName)}`, text, values };
  };
  for (const [name, { texts }] of statements) {
    for (const kind of kinds) {
      if (texts[kind] === undefined || rare.includes(kind)) continue;
      const values = kind in second ? [[], second[kind]] : [[]];
      await db.query(statement(kind, name, values)).catch((error: unknown) => {
        throw payloadError(name, error);
      });
    }
  }
  /** Keys that are none go to no server; the order stays. */
  const asKeys = (resourceName: string, keys: readonly string[]) => {
    const types = statements.get(resourceName)?.keyTypes ?? [];
    if (types.length !== 1) return keys;
    return keys.map((key) => (canBe(types[0]!, key) ? key : null));
  };
  const rowsOf = async (
    kind: 'live' | 'there',
    db: Queryable,
    resourceName: string,
    keys: readonly string[],
  ) => {
    const given = textArray(asKeys(resourceName, keys));
    const { rows } = await db.query<{ ord: number; body: string | null; life?: string | null }>(
      statement(kind, resourceName, kind === 'live' ? [given, mostCharacters] : [given]),
    );
    return new Map(rows.map(({ ord, body, life }) => [keys[ord - 1]!, { body, alive: isAlive(life) }]));
  };
  const bodies = async (db: Queryable, kind: Kind, resourceName: string, gone: readonly Gone[]) => {
    if (gone.length === 0) return [];
    const given =
      kind === 'marked'
        ? asKeys(
            resourceName,
            gone.map(({ key }) => key),
          )
        : gone.map(({ image }) => readable(image ?? '{}'));
    const at = gone.map(({ changedAt }) => changedAt);
    const { rows } = await db.query<{ ord: number; body: string }>(
      statement(kind, resourceName, [textArray(given), at]),
    );
    return inOrder(gone.length, rows, ({ body }) => body);
  };
  return {
    inTurn: false,
    live: (...asked) => rowsOf('live', ...asked),
    there: (...asked) => rowsOf('there', ...asked),
    async gone(db, resourceName, gone) {
      const built = new Map<Gone, string | undefined>();
      const hasOwn = statements.get(resourceName)?.texts.gone !== undefined;
      for (const kind of ['last', 'gone', 'marked'] as const) {
        const some = gone.filter((one) => kindOf(one, hasOwn) === kind);
        for (const [i, body] of (await bodies(db, kind, resourceName, some)).entries())
          built.set(some[i]!, body);
      }
      return gone.map((one) => built.get(one));
    },
    async bare(db, resourceName, gone) {
      const [body] = await bodies(db, gone.deleted ? 'bareGone' : 'bare', resourceName, [gone]);
      return body!;
    },
    async tenants(db, resourceName, kind, given) {
      if (given.length === 0) return [];
      const values = kind === 'key' ? asKeys(resourceName, given) : given.map(readable);
      const { rows } = await db.query<{ ord: number; path: Array<string | null> }>(
        statement(kind === 'key' ? 'tenant' : 'goneTenant', resourceName, [textArray(values)]),
      );
      return inOrder(given.length, rows, ({ path }) => path);
    },
  };
}

/** @param hasOwn whether deletes show something of their own */
function kindOf({ image, deleted }: Gone, hasOwn: boolean): 'last' | 'gone' | 'marked' {
  if (image === undefined) return 'marked';
  return deleted && hasOwn ? 'gone' : 'last';
}

function inOrder<Row extends { ord: number }, T>(
  length: number,
  rows: readonly Row[],
  value: (row: Row) => T,
): Array<T | undefined> {
  const ordered = new Array<T | undefined>(length).fill(undefined);
  for (const row of rows) ordered[row.ord - 1] = value(row);
  return ordered;
}

function nothingToAsk(kind: Kind, resourceName: string): RowhookError {
  return new RowhookError(
    'catalog_invalid',
    `the catalog has no resource "${resourceName}" with a payload of this kind (${kind})`,
    {
      where: `resources.${resourceName}`,
      fix: 'Put the resource back into the catalog, or drop what is set aside of it.',
    },
  );
}
