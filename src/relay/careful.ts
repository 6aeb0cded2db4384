import type { Catalog, Resource } from '../catalog/types.ts';
import { defaultKey } from '../catalog/watch.ts';
import { sqlState } from '../store/connect.ts';
import type { Log } from '../store/log.ts';
import type { Queryable } from '../store/sql.ts';
import { readable } from './last-row-text.ts';
import type { Gone, LiveBody, Payloads } from './payloads.ts';
import { keyAlone } from './resolve.ts';
import { attempt, inHalves, isOfData } from './savepoint.ts';

/**
 * The same payloads, for a page that cannot be had as a whole: a record that fails is shown by its key alone, and the log says so;
 * the others are as they would have been. Nothing that a table holds may stop the relay.
 *
 * A statement that fails for every record, because a table or a column is missing, is no record's fault: it fails here too, and
 * the page waits until it is mended.
 */
export function carefully(payloads: Payloads, catalog: Catalog, log: Log): Payloads {
  /** Not the error itself: its message may have what the record holds. */
  const facts = (resource: string, key: string, error: unknown) => ({
    resource,
    key,
    sqlState: sqlState(error),
  });

  /**
   * As if the key were all that its last row had; where what hangs on the key fails too, without it; where the key is none any more, as
   * JSON of its texts.
   */
  async function bare(db: Queryable, resourceName: string, gone: Gone, error: unknown): Promise<string> {
    const image = keyAlone({ resourceName, key: gone.key }, catalog);
    const keyed = { ...gone, image };
    const linked = await attempt(db, () => payloads.gone(db, resourceName, [keyed]));
    if ('value' in linked) return linked.value[0] ?? image;
    if (!isOfData(linked.error)) throw error;
    const built = await attempt(db, () => payloads.bare(db, resourceName, keyed));
    return 'value' in built ? built.value : image;
  }

  /** Undefined also for what no key can be: it is the key of no record. */
  async function recordWith(db: Queryable, resourceName: string, key: string): Promise<LiveBody | undefined> {
    const there = await attempt(db, () => payloads.there(db, resourceName, [key]));
    return 'value' in there ? there.value.get(key) : undefined;
  }

  return {
    there: payloads.there,
    bare: payloads.bare,
    async live(db, resourceName, keys) {
      const changedAt = new Date().toISOString();
      const found = await inHalves<string, LiveBody | undefined>(
        db,
        keys,
        async (some) => {
          const bodies = await payloads.live(db, resourceName, some);
          return some.map((key) => bodies.get(key));
        },
        async (key, error) => {
          if (!isOfData(error)) throw error;
          const record = await recordWith(db, resourceName, key);
          if (record === undefined) return undefined;
          const gone = { image: undefined, deleted: false, key, changedAt };
          const body = await bare(db, resourceName, gone, error);
          log.error(facts(resourceName, key, error), 'a record cannot be shown: its event has the key alone');
          return { ...record, body };
        },
      );
      return new Map(
        keys.flatMap(
          (key, i): Array<[string, LiveBody]> => (found[i] === undefined ? [] : [[key, found[i]]]),
        ),
      );
    },
    gone: (db, resourceName, gone) =>
      inHalves<Gone, string | undefined>(
        db,
        gone,
        (some) => payloads.gone(db, resourceName, some),
        async (one, error) => {
          if (one.image === undefined && !isOfData(error)) throw error;
          const body = await bare(db, resourceName, one, error);
          log.warn(
            facts(resourceName, one.key, error),
            'a last row cannot be read: its event has the key alone',
          );
          return body;
        },
      ),
    tenants: (db, resourceName, kind, given) =>
      inHalves<string, ReadonlyArray<string | null> | undefined>(
        db,
        given,
        (some) => payloads.tenants(db, resourceName, kind, some),
        async (one, error) => {
          if (kind === 'key') {
            if (!isOfData(error)) throw error;
            if ((await recordWith(db, resourceName, one)) === undefined) return undefined;
          }
          const key = kind === 'key' ? one : await keyOfImage(db, one, catalog.resources[resourceName]);
          log.warn(facts(resourceName, key, error), 'the tenant of a record cannot be read: it has none');
          return [null];
        },
      ),
  };
}

/** For the log. By the server: JavaScript would round large numbers. */
async function keyOfImage(db: Queryable, image: string, resource: Resource | undefined): Promise<string> {
  const { rows } = await db.query<{ key: string[] }>(
    'select array(select $1::json ->> name from unnest($2::text[]) with ordinality n(name, i) order by i) as key',
    [readable(image), resource?.key ?? defaultKey],
  );
  return rows[0]!.key.join();
}
