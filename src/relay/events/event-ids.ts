import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';
import type { Queryable } from '../../store/sql.ts';
import { uuidTime } from '../../uuid-time.ts';

/** An id that is further ahead of the clock than this is nothing to go on from, in ms. */
const furthestAhead = 86_400_000;

/** Ids of events and deliveries. */
export interface Ids {
  /** So many new ones, 16 bytes for each, each higher than all before it. */
  next(count: number): Buffer;
  /** From now on ids tell the time by this clock, in ms since 1970, and are higher than this one. */
  follow(clock: number, last: string | undefined): void;
}

/**
 * UUIDv7 by the batch: random bytes are asked for once, which is most of what an id costs. Ids rise also within a millisecond, and
 * while a clock that was set back catches up (RFC 9562, 6.2, method 1): their order is that of the events.
 */
export function createIds(): Ids {
  let msecs = Number.NEGATIVE_INFINITY;
  let seq = 0;
  let followed = { clock: Date.now(), at: performance.now() };
  // A machine's clock can be set while it runs; how long something took cannot.
  const now = (): number => Math.floor(followed.clock + performance.now() - followed.at);
  return {
    follow(clock, last) {
      followed = { clock, at: performance.now() };
      const time = last === undefined ? 0 : uuidTime(last).getTime();
      if (time > msecs && time < clock + furthestAhead) [msecs, seq] = [time, 0xffff_ffff];
    },
    next(count) {
      const ids = Buffer.allocUnsafe(16 * count);
      const random = randomFillSync(Buffer.allocUnsafe(16 * count));
      const time = now();
      for (let i = 0, at = 0; i < count; i++, at += 16) {
        const bytes = random.subarray(at, at + 16);
        if (time > msecs) {
          msecs = time;
          // Half of its range is left to count on.
          seq = bytes.readUInt32BE(6) & 0x7fffffff;
        } else {
          seq = (seq + 1) >>> 0;
          if (seq === 0) msecs++;
        }
        v7({ msecs, seq, random: bytes }, ids, at);
      }
      return ids;
    },
  };
}

/** One for the process: of two relays that follow each other in it, the second one's ids are higher too. */
export const ids = createIds();

/**
 * Ids go on from the last event that there is, by the database's clock: relays follow each other on machines whose clocks differ, and
 * the order of ids is that of the events (invariant 3).
 */
export async function followDatabase(db: Queryable): Promise<void> {
  const { rows } = await db.query<{ clock: number; last: string | null }>(
    `select (date_part('epoch', clock_timestamp()) * 1000)::float8 as clock,
       (select id from rowhook.event order by id desc limit 1) as last`,
  );
  const { clock, last } = rows[0]!;
  ids.follow(clock, last ?? undefined);
}
