import pg from 'pg';
import { round } from './harness.ts';

export const sizedTables = [
  'outbox',
  'delivery',
  'delivery_waiting',
  'relay_cursor',
  'relay_parked',
] as const;

/** MB by table, with indexes. `outbox_past`: in slots of the outbox that the relay empties, all but the clock's own and those beside it. */
export type Sizes = Readonly<Record<(typeof sizedTables)[number] | 'outbox_past', number>>;

export const shown = (sizes: Sizes): string =>
  Object.entries(sizes)
    .map(([name, mb]) => `${name} ${round(mb, 1)}`)
    .join(', ');

/** Looks each second: the queue grows and is emptied by turns, and what one look finds is chance. */
export async function watchSizes(url: string): Promise<{ largest(): Promise<Sizes>; stop(): Promise<void> }> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  let largest: Sizes | undefined;
  const look = async () => {
    const sizes = await tableSizes(client);
    const most = (name: keyof Sizes) => Math.max(sizes[name], largest?.[name] ?? 0);
    largest = Object.fromEntries(
      (Object.keys(sizes) as Array<keyof Sizes>).map((name) => [name, most(name)]),
    ) as Sizes;
    // It only shrinks within a part.
    largest = { ...largest, outbox_past: sizes.outbox_past };
    return largest;
  };
  let latest: Promise<unknown> = look();
  // What fails is told by the part's own look.
  const timer = setInterval(() => {
    latest = look().catch(() => {});
  }, 1_000);
  return {
    /** Since the last time. */
    async largest() {
      const found = await look();
      largest = undefined;
      return found;
    },
    async stop() {
      clearInterval(timer);
      await latest;
      await client.end();
    },
  };
}

async function tableSizes(client: pg.Client): Promise<Sizes> {
  const { rows } = await client.query<{ name: keyof Sizes; mb: number }>(
    `select name, sum(pg_total_relation_size(coalesce(part.relid, ('rowhook.' || name)::regclass)))::float8 / 1e6 as mb
     from unnest($1::text[]) name
     left join lateral pg_partition_tree(('rowhook.' || name)::regclass) part on part.isleaf
     group by name
     union all
     select 'outbox_past', coalesce(sum(pg_total_relation_size(('rowhook.outbox_' || slot)::regclass)), 0)::float8 / 1e6
     from generate_series(0, 5) slot, (select date_part('epoch', clock_timestamp())::bigint / 600 % 6 as now) clock
     where (slot - clock.now + 6) % 6 not in (0, 1, 5)`,
    [sizedTables],
  );
  return Object.fromEntries(rows.map(({ name, mb }) => [name, mb])) as Sizes;
}

/** Bytes that an event takes. */
export async function eventSize(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ bytes: number }>(
    `select sum(pg_total_relation_size(relid))::float8 / (select count(*) from rowhook.event) as bytes
     from pg_partition_tree('rowhook.event') where isleaf`,
  );
  return rows[0]!.bytes;
}
