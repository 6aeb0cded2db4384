import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { queueStatus } from '../src/store/status.ts';
import { waitUntil } from '../test/support/wait.ts';
import { firstId } from './crm.ts';
import { startRelayAlone } from './daemon.ts';
import { median, round } from './harness.ts';

const parts = 10;
/** The first pages, in which the program is getting warm. */
const warmUp = 10_000;

/** What one relay showed that read a backlog to its end. */
export interface Drained {
  readonly perSecond: number;
  /** The slowest tenth of the backlog's changes: its rate / the median of all tenths. */
  readonly slowestDecileRatio: number;
  /** Milliseconds from the commit of a change of a person, meanwhile, to its event. */
  readonly newcomers: readonly number[];
  readonly peakMb: number;
}

/**
 * Lets one relay read all changes of tags that wait, and meanwhile changes a person now and then: no table of a person is in the
 * group of tags, so it goes ahead of them.
 * @param newcomerMs from one change of a person to the next
 */
export async function drain(
  client: pg.Client,
  databaseUrl: string,
  { newcomerMs, progress }: { newcomerMs: number; progress: (text: string) => void },
): Promise<Drained> {
  const newcomers: number[] = [];
  const relay = await startRelayAlone(databaseUrl);
  while (await isWaiting(client)) {
    const next = performance.now() + newcomerMs;
    newcomers.push(await newcomer(client, newcomers.length));
    if (newcomers.length % 10 === 1) progress(`a change of a person: ${round(newcomers.at(-1)!, 1)} ms`);
    await sleep(Math.max(0, next - performance.now()));
  }
  const peakMb = await relay.stop();
  const { rows } = await client.query<{ count: number; marks: number[] }>(
    `select count(*)::int as count, percentile_disc($1::float8[]) within group (order by extract(epoch from created_at)::float8) as marks
     from rowhook.event
     where resource = 'tag'
       and created_at > (select created_at from rowhook.event where resource = 'tag' order by id offset $2 limit 1)`,
    [Array.from({ length: parts + 1 }, (_, at) => at / parts), warmUp],
  );
  const { count, marks } = rows[0]!;
  const rates = marks.slice(1).map((mark, at) => count / parts / (mark - marks[at]!));
  progress(`${count} changes, by tenths ${rates.map((rate) => round(rate, 0)).join(' ')} a second`);
  return {
    perSecond: count / (marks.at(-1)! - marks[0]!),
    slowestDecileRatio: Math.min(...rates) / median(rates),
    newcomers,
    peakMb,
  };
}

async function isWaiting(client: pg.Client): Promise<boolean> {
  return (await queueStatus(client)).relay.changesWaiting.count > 0;
}

async function newcomer(client: pg.Client, at: number): Promise<number> {
  const id = firstId + at;
  await client.query('update people set fullname = $2 where id = $1', [id, `Newcomer ${at}`]);
  const committed = performance.now();
  await waitUntil(
    async () => {
      const { rows } = await client.query<{ made: boolean }>(
        `select exists (select from rowhook.event where resource = 'person' and record_key = $1) as made`,
        [String(id)],
      );
      return rows[0]!.made;
    },
    { what: 'the event of a person beside the backlog', timeoutMs: 600_000 },
  );
  return performance.now() - committed;
}
