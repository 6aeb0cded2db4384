import { attemptsFrom, literal } from '../../uuid-time.ts';
import type { Session } from './session.ts';

// A schedule of retries begins after the last verdict that ended one. The bound leaves out partitions that are too old. Attempts without a
// request have no dialect.
const earlierText = (from: string): string => `
select delivery_id as id, coalesce(max(number) filter (where verdict <> 'retry'), 0) as settled,
       (array_agg(dialect order by number) filter (where dialect <> ''))[1] as dialect
  from rowhook.attempt
 where delivery_id = any ($1::uuid[]) and id > ${literal(from)}
 group by delivery_id`;

/** What the attempts of a delivery say of it. */
export interface Earlier {
  readonly id: string;
  /** The number of the last one that ended a schedule; 0: none has. */
  readonly settled: number;
  /** Of the first one that had a request. */
  readonly dialect: string | null;
}

/** What there is to know of deliveries' earlier attempts, by delivery. Those without any are left out. */
export async function earlierOf(
  session: Session,
  rows: ReadonlyArray<{ readonly id: string; readonly attempts: number }>,
): Promise<Map<string, Earlier>> {
  const ids = rows.filter((row) => row.attempts > 0).map((row) => row.id);
  // A first attempt need not look.
  if (ids.length === 0) return new Map();
  const found = await session.query<Earlier>({ text: earlierText(attemptsFrom(ids)) }, [ids]);
  return new Map(found.rows.map((row) => [row.id, row]));
}
