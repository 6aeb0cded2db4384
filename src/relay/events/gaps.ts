import type { Log } from '../../store/log.ts';
import type { Queryable } from '../../store/sql.ts';
import type { OutboxRow } from '../window/changes.ts';
import type { Truncation } from './truncations.ts';

/** Changes of a captured table of which nobody knows what they were: rows of a page, counted. */
export interface Gap {
  readonly captureId: number;
  readonly kind: 'truncate' | 'bypassed';
  /** When its transactions began: the first and the last of them. */
  readonly firstAt: Date;
  readonly lastAt: Date;
  readonly transactions: number;
  /** Events have told it: nobody needs to be told again. */
  readonly told: boolean;
}

/** A gap as it was written down. */
export interface NotedGap {
  readonly table: string | null;
  readonly kind: Gap['kind'];
}

/**
 * The gaps of a page: one for each capture and kind. Pure.
 * @param isTold whether events say all that there is to say of a truncation
 */
export function gapsOf(
  rows: readonly OutboxRow[],
  truncations: readonly Truncation[],
  isTold: (truncation: Truncation) => boolean,
): Gap[] {
  const bypassed = rows.flatMap((row) =>
    row.op === 'b'
      ? [{ captureId: row.capture_id, xid: row.xid, changedAt: row.changed_at, told: false }]
      : [],
  );
  return [
    ...counted('bypassed', bypassed),
    ...counted(
      'truncate',
      truncations.map((each) => ({ ...each, told: isTold(each) })),
    ),
  ];
}

interface Found {
  readonly captureId: number;
  readonly xid: string;
  readonly changedAt: Date;
  readonly told: boolean;
}

function counted(kind: Gap['kind'], found: readonly Found[]): Gap[] {
  const groups = new Map<number, Found[]>();
  for (const each of found) groups.set(each.captureId, [...(groups.get(each.captureId) ?? []), each]);
  return [...groups].map(([captureId, group]) => {
    const untold = group.filter(({ told }) => !told);
    const times = (untold.length > 0 ? untold : group).map(({ changedAt }) => changedAt.getTime());
    return {
      captureId,
      kind,
      firstAt: new Date(Math.min(...times)),
      // Also of one that was told: what was said of a record earlier may be wrong since.
      lastAt: new Date(Math.max(...group.map(({ changedAt }) => changedAt.getTime()))),
      transactions: new Set(untold.map(({ xid }) => xid)).size,
      told: untold.length === 0,
    };
  });
}

const news: Readonly<Record<Gap['kind'], string>> = {
  truncate: 'a captured table was truncated: nobody was told which records are gone (npx rowhook gaps)',
  bypassed:
    'a captured table was written to with session_replication_role = replica, unseen (npx rowhook gaps)',
};

export function logGaps(log: Pick<Log, 'warn'>, gaps: readonly NotedGap[]): void {
  for (const { table, kind } of gaps) log.warn({ table }, news[kind]);
}

/**
 * Writes gaps down, in the transaction that consumes their rows. A row is updated no more than 1,000 times between two acknowledgements,
 * and then every ten seconds: an application that truncates all day, or writes as a replica does, must not bloat it (invariant 8).
 * @returns those that are news
 */
export async function recordGaps(db: Queryable, gaps: readonly Gap[]): Promise<NotedGap[]> {
  if (gaps.length === 0) return [];
  const { rows } = await db.query<NotedGap>(
    `with noted as (
       insert into rowhook.gap as g (capture_id, kind, first_at, last_at, transactions, acknowledged_at)
       select t.capture_id, t.kind, t.first_at, t.last_at, least(t.transactions, 1000), case when t.told then now() end
       from unnest($1::int[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::int[], $6::boolean[])
         t(capture_id, kind, first_at, last_at, transactions, told)
       order by 1, 2
       on conflict (capture_id, kind) do update set
         first_at = case when g.acknowledged_at is null and excluded.acknowledged_at is null
           then least(g.first_at, excluded.first_at)
           when excluded.acknowledged_at is null then excluded.first_at else g.first_at end,
         last_at = greatest(g.last_at, excluded.last_at),
         transactions = case when excluded.acknowledged_at is not null then g.transactions
           else least(1000, excluded.transactions + case when g.acknowledged_at is null then g.transactions else 0 end) end,
         acknowledged_at = case when excluded.acknowledged_at is not null then g.acknowledged_at end
       where excluded.acknowledged_at is null and (g.acknowledged_at is not null or g.transactions < 1000)
         or g.last_at < excluded.last_at - interval '10 seconds'
       returning g.capture_id, g.kind, g.acknowledged_at
     )
     select c.table_name as "table", n.kind from noted n left join rowhook.capture c on c.id = n.capture_id
     where n.acknowledged_at is null order by 1, 2`,
    [
      gaps.map(({ captureId }) => captureId),
      gaps.map(({ kind }) => kind),
      gaps.map(({ firstAt }) => firstAt.toISOString()),
      gaps.map(({ lastAt }) => lastAt.toISOString()),
      gaps.map(({ transactions }) => transactions),
      gaps.map(({ told }) => told),
    ],
  );
  return rows;
}
