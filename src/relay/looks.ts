import type { Queryable } from '../store/sql.ts';
import type { Beginning } from './window/next-page.ts';
import { parseSnapshot } from './window/snapshot.ts';

/** Tells the awake relay, by one statement and with no transaction, that a page would have nothing on it. */
export interface Looks {
  /** Whether nothing can have come since a page had nothing. Asks the server. */
  nothingNew(db: Queryable): Promise<boolean>;
  /** A page whose transaction began like this had nothing. */
  foundNothing(at: Beginning): void;
}

/**
 * A change that was not there yet has a seq that was not handed out yet, or is of a transaction that had not ended. So nothing is new
 * while the sequence stands and the snapshot is the same: in a quiet database. In one that is busy with other tables, nothing is once all
 * have ended who may have a seq from before: whoever writes to the outbox has an id by then, so those are the ids below one that is
 * taken after the sequence was read. A snapshot's xmax would not do: ids from it on may be in use when it is taken.
 */
export function createLooks(): Looks {
  let empty: (Beginning & { readonly bound?: bigint; readonly settled: boolean }) | undefined;
  return {
    async nothingNew(db) {
      if (!empty) return false;
      const now = await lookNow(db);
      if (now.ceilingSeq !== empty.ceilingSeq) {
        empty = undefined;
        return false;
      }
      if (empty.settled || now.snapshot === empty.snapshot) return true;
      empty = { ...empty, bound: empty.bound ?? (await takeId(db)) };
      return false;
    },
    foundNothing({ snapshot, ceilingSeq }) {
      const bound = empty?.ceilingSeq === ceilingSeq ? empty.bound : undefined;
      const settled = bound !== undefined && parseSnapshot(snapshot).xmin >= bound;
      empty = { snapshot, ceilingSeq, settled, ...(bound === undefined ? {} : { bound }) };
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
