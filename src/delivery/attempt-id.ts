import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const bytesPerId = 16;
const pool = Buffer.alloc(bytesPerId * 256);
let used = pool.length;

/** A UUIDv7 of a moment. Random bytes are fetched for many at a time: one by one they cost more than all the rest of it. */
export function attemptId(at: Date): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytesPerId;
  return v7({ msecs: at.getTime(), random: pool.subarray(used - bytesPerId, used) });
}
