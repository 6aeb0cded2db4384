import type pg from 'pg';
import { waitUntil } from '../test/support/wait.ts';

/** Changes that one page holds at most. */
const page = 2_000;

const lowest = '00000000-0000-0000-0000-000000000000';

/** The id of the latest event; those of later ones are higher. */
export async function lastEvent(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    'select id from rowhook.event order by id desc limit 1',
  );
  return rows[0]?.id ?? lowest;
}

/**
 * Waits until so many events are there, and returns how many were made a second: without the first ones, nor what came before them.
 * Those that were there already are not counted each time: with millions of them that would take more than the relay does.
 * @param after the latest event that was there already
 * @param leftOut how many of the first ones do not count; default: a page
 */
export async function eventsPerSecond(
  client: pg.Client,
  count: number,
  after = lowest,
  leftOut = page,
): Promise<number> {
  await waitUntil(
    async () => {
      const { rows } = await client.query<{ count: number }>(
        'select count(*)::int as count from rowhook.event where id > $1',
        [after],
      );
      return rows[0]!.count >= count;
    },
    { what: `${count} events`, timeoutMs: 600_000 },
  );
  const { rows } = await client.query<{ seconds: number }>(
    `select extract(epoch from max(created_at) - min(created_at))::float8 as seconds
     from (select created_at from rowhook.event where id > $1 order by id offset $2 limit $3) made`,
    [after, leftOut, count - leftOut],
  );
  return (count - leftOut) / rows[0]!.seconds;
}

/** Changes rows of a table in transactions of twenty, over and over until there were `count` changes. */
export async function changeInTwenties(
  client: pg.Client,
  { table, column, firstId, rows, count }: Changes,
): Promise<void> {
  await client.query('set synchronous_commit = off');
  await client.query(`do $$
    declare
      mark text := clock_timestamp()::text;
      first int;
    begin
      for i in 0..${count / 20 - 1} loop
        first := ${firstId} + (i * 20) % ${rows};
        update ${table} set ${column} = 'Changed ' || i || ' ' || mark where id between first and first + 19;
        commit;
      end loop;
    end $$`);
  await client.query('reset synchronous_commit');
  await client.query(`vacuum ${table}`);
  await client.query('checkpoint');
}

export interface Changes {
  readonly table: string;
  readonly column: string;
  readonly firstId: number;
  readonly rows: number;
  readonly count: number;
}
