import type { Queryable } from '../store/sql.ts';
import type { Beginning } from './window/next-page.ts';
import { parseSnapshot } from './window/snapshot.ts';

/** Tells the awake relay, by one statement and with no transaction, that a page would have nothing on it. */
export interface Looks {
  /** Whether nothing can have come since everything was read. Asks the server. */
  nothingNew(db: Queryable): Promise<boolean>;
  /**
   * Everything is read that a transaction sees that began like this.
   * @param writtenAs the id of that transaction, where it has one: it was given after the sequence was read
   */
  readUpTo(at: Beginning, writtenAs?: bigint): void;
}

/**
 * A change that was not there yet has a seq that was not handed out yet, or is of a transaction that had not ended. So nothing is new
 * while the sequence stands and the snapshot is the same: in a quiet database. In one that is busy with other tables, nothing is once all
 * have ended who may have a seq from before: whoever writes to the outbox has an id by then, so those are the ids below one that is
 * taken after the sequence was read. A snapshot's xmax would not do: ids from it on may be in use when it is taken. A page that writes has
 * such an id itself, and changes the snapshot by it: if it does not say by then that all have ended, the next page does.
 */
export function createLooks(): Looks {
  let read:
    | (Beginning & { readonly bound?: bigint; readonly settled: boolean; readonly wrote: boolean })
    | undefined;
  return {
    async nothingNew(db) {
      if (!read || (read.wrote && !read.settled)) return false;
      const now = await lookNow(db);
      if (now.ceilingSeq !== read.ceilingSeq) {
        read = undefined;
        return false;
      }
      if (read.settled || now.snapshot === read.snapshot) return true;
      read = { ...read, bound: read.bound ?? (await takeId(db)) };
      return false;
    },
    readUpTo({ snapshot, ceilingSeq }, writtenAs) {
      const bound = writtenAs ?? (read?.ceilingSeq === ceilingSeq ? read.bound : undefined);
      const settled = bound !== undefined && parseSnapshot(snapshot).xmin >= bound;
      read = {
        snapshot,
        ceilingSeq,
        settled,
        wrote: writtenAs !== undefined,
        ...(bound !== undefined && { bound }),
      };
    },
  };
}

async function takeId(db: Queryable): Promise<bigint> {
  const { rows } = await db.query<{ id: string }>('select pg_current_xact_id()::text as id');
  return BigInt(rows[0]!.id);
}

async function lookNow(db: Queryable): Promise<Beginning> {
  const { rows } = await db.query<{ snapshot: string; ceiling: string }>({
    name: 'rowhook_look',
    text: 'select pg_current_snapshot()::text as snapshot, last_value as ceiling from rowhook.outbox_seq',
    values: [],
  });
  return { snapshot: rows[0]!.snapshot, ceilingSeq: Number(rows[0]!.ceiling) };
}
