import { dailyTables } from '../store/daily-tables.ts';

/** The statement of a migration that makes the partitions which an installation begins with, as the text of it. */
export function partitionsText(): string {
  return `/** Events, attempts and counts of them are kept by the day. The first days are made here, later ones by the daemon. */
const firstPartitions = \`
do $partitions$
declare
  day date := (now() at time zone 'UTC')::date;
  lowest text[];
begin
  for i in 0..3 loop
    -- Ids are UUIDv7: the lowest one of a day begins with its milliseconds since 1970.
    select array_agg(left(hex, 8) || '-' || right(hex, 4) || '-0000-0000-000000000000' order by n) into lowest
      from (
        select n, lpad(to_hex((extract(epoch from (day + i + n)::timestamp) * 1000)::bigint), 12, '0') as hex
          from generate_series(0, 1) n
      ) bounds;
${dailyTables.map(partitionText).join('\n')}
  end loop;
end
$partitions$\`;`;
}

const partitionText = (table: string): string =>
  `    execute format('create table rowhook.${table}_%s partition of rowhook.${table} for values from (%L) to (%L)',
      to_char(day + i, 'YYYYMMDD'), lowest[1], lowest[2]);`;
