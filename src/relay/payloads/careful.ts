import type { Catalog, Resource } from '../../catalog/types.ts';
import { defaultKey } from '../../catalog/watch.ts';
import { sqlState } from '../../store/connect.ts';
import type { Log } from '../../store/log.ts';
import type { Queryable } from '../../store/sql.ts';
import type { Unshown } from '../aside/unshown.ts';
import { readable } from './last-row-text.ts';
import type { Gone, LiveBody, Path, Payloads } from './payloads.ts';
import { keyAlone } from './resolve.ts';
import { attempt, type Budget, createBudget, inHalves, isOfData } from './savepoint.ts';

/**
 * The same payloads, for a page that cannot be had as a whole. Instead of the body, or the tenant, of a record that is there and fails
 * comes why; the others are as they would have been. Nothing that a table holds may stop the relay.
 *
 * A record that is gone is shown as far as its last row can be read, at worst by its key, and the log says so: nobody can mend that row,
 * and whoever waited for it would wait for ever.
 *
 * A statement that fails for every record, because a table or a column is missing, is no record's fault: it fails here too, and
 * the page waits until it is mended.
 *
 * @param budget for looking for the records that fail; where it is spent, those are left unproven that could not be read together
 */
export function carefully(
  payloads: Payloads,
  catalog: Catalog,
  log: Log,
  budget: Budget = createBudget(),
): Payloads {
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
    if ('value' in linked) {
      const [body] = linked.value;
      if (typeof body === 'string') return body;
    } else {
      if (!isOfData(linked.error)) throw error;
      const built = await attempt(db, () => payloads.bare(db, resourceName, keyed));
      if ('value' in built) return built.value;
    }
    return image;
  }

  /** In the order of the keys; undefined also for what no key can be: it is the key of no record. */
  const recordsWith = (db: Queryable, resourceName: string, keys: readonly string[]) =>
    inHalves<string, LiveBody | undefined>(
      db,
      keys,
      async (some) => {
        const found = await payloads.there(db, resourceName, some);
        return some.map((key) => found.get(key));
      },
      async () => undefined,
    );

  /** Of those that are there, why they cannot be shown. */
  const unshownRecords = async (
    db: Queryable,
    resourceName: string,
    keys: readonly string[],
    unshown: Unshown,
  ) =>
    (await recordsWith(db, resourceName, keys)).map(
      (record): LiveBody | undefined => record && { ...record, body: unshown },
    );

  return {
    inTurn: true,
    there: payloads.there,
    bare: payloads.bare,
    async live(db, resourceName, keys) {
      const whyNot = (some: readonly string[], error: unknown) => {
        if (!isOfData(error)) throw error;
        return unshownRecords(db, resourceName, some, unshown('payload_failed', error, some));
      };
      const found = await inHalves<string, LiveBody | undefined>(
        db,
        keys,
        async (some) => {
          const bodies = await payloads.live(db, resourceName, some);
          return some.map((key) => bodies.get(key));
        },
        async (key, error) => (await whyNot([key], error))[0],
        { budget, together: whyNot },
      );
      return new Map(
        keys.flatMap(
          (key, i): Array<[string, LiveBody]> => (found[i] === undefined ? [] : [[key, found[i]]]),
        ),
      );
    },
    async gone(db, resourceName, gone) {
      // The row of a marked record is there: it can be mended.
      const marked = gone.filter(({ image }) => image === undefined);
      const ended = gone.filter(({ image }) => image !== undefined);
      const whyNot = (some: readonly Gone[], error: unknown) => {
        if (!isOfData(error)) throw error;
        return Promise.resolve(some.map(() => unshown('payload_failed', error, some)));
      };
      const all = (some: readonly Gone[]) => payloads.gone(db, resourceName, some);
      const built = new Map<Gone, string | Unshown | undefined>();
      const ofMarked = await inHalves(
        db,
        marked,
        all,
        async (one, error) => (await whyNot([one], error))[0],
        {
          budget,
          together: whyNot,
        },
      );
      for (const [i, one] of marked.entries()) built.set(one, ofMarked[i]);
      const ofEnded = await inHalves(db, ended, all, async (one, error) => {
        const body = await bare(db, resourceName, one, error);
        log.warn(
          facts(resourceName, one.key, error),
          'a last row cannot be read: its event has the key alone',
        );
        return body;
      });
      for (const [i, one] of ended.entries()) built.set(one, ofEnded[i]);
      return gone.map((one) => built.get(one));
    },
    async tenants(db, resourceName, kind, given) {
      const all = (some: readonly string[]) => payloads.tenants(db, resourceName, kind, some);
      if (kind === 'image') {
        return inHalves<string, Path | Unshown | undefined>(db, given, all, async (one, error) => {
          const key = await keyOfImage(db, one, catalog.resources[resourceName]);
          log.warn(facts(resourceName, key, error), 'the tenant of a last row cannot be read: it has none');
          return [null];
        });
      }
      const whyNot = async (some: readonly string[], error: unknown) => {
        if (!isOfData(error)) throw error;
        const why = unshown('tenant_failed', error, some);
        return (await recordsWith(db, resourceName, some)).map((record) => record && why);
      };
      return inHalves<string, Path | Unshown | undefined>(
        db,
        given,
        all,
        async (key, error) => (await whyNot([key], error))[0],
        { budget, together: whyNot },
      );
    },
  };
}

function unshown(reason: string, error: unknown, together: readonly unknown[]): Unshown {
  return { reason, detail: `SQLSTATE ${sqlState(error)}`, proven: together.length === 1 };
}

/** For the log. By the server: JavaScript would round large numbers. */
async function keyOfImage(db: Queryable, image: string, resource: Resource | undefined): Promise<string> {
  const { rows } = await db.query<{ key: string[] }>(
    'select array(select $1::json ->> name from unnest($2::text[]) with ordinality n(name, i) order by i) as key',
    [readable(image), resource?.key ?? defaultKey],
  );
  return rows[0]!.key.join();
}
