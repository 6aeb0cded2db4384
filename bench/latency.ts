import type pg from 'pg';
import { createEndpoint } from '../src/index.ts';
import { siteStacker } from '../src/presets/site-stacker.ts';
import { waitUntil } from '../test/support/wait.ts';
import { benchCrm, firstId, install } from './crm.ts';
import { startDaemon } from './daemon.ts';
import { type Bench, quantile, round } from './harness.ts';
import { type CountingReceiver, startCountingReceiver } from './receiver.ts';

const people = 2_000;
const rates = [50, 200] as const;

/** From the commit of a change to the receiver having its body, at a steady rate. */
export const latency: Bench = {
  name: 'latency',
  async run({ server, quick, progress }) {
    const client = await benchCrm(server, 'latency', people);
    await install(client);
    const receiver = await startCountingReceiver({ names: true });
    const events = ['person_update'];
    await createEndpoint(client, siteStacker(), { url: receiver.url, events, secret: 's' });
    const daemon = await startDaemon(server.url('latency'));
    const found = new Map<number, number[]>(rates.map((rate) => [rate, []]));
    const rounds = quick ? 2 : 6;
    for (let at = 1; at <= rounds; at++) {
      for (const perSecond of rates) {
        const some = await latencies(client, receiver, { perSecond, seconds: quick ? 6 : 15, at });
        found.get(perSecond)!.push(...some);
        const p99 = round(quantile(some, 0.99), 1);
        progress(`round ${at}, ${perSecond} a second: p50 ${round(quantile(some, 0.5), 1)}, p99 ${p99} ms`);
      }
    }
    const peak = await daemon.stop();
    await receiver.stop();
    await client.end();
    const metrics: Record<string, number> = {};
    const bars: Record<string, { max: number }> = { peak_rss_mb: { max: 200 } };
    for (const [perSecond, all] of found) {
      metrics[`p50_ms_at_${perSecond}`] = round(quantile(all, 0.5), 1);
      metrics[`p99_ms_at_${perSecond}`] = round(quantile(all, 0.99), 1);
      metrics[`longest_ms_at_${perSecond}`] = round(Math.max(...all), 1);
      bars[`p50_ms_at_${perSecond}`] = { max: 10 };
      bars[`p99_ms_at_${perSecond}`] = { max: 50 };
    }
    return {
      metrics: { ...metrics, peak_rss_mb: round(peak, 0) },
      bars,
      note: `updates of full persons one by one, from the first one after the daemon's start; ${rounds} rounds; writer, daemon and receiver are processes of their own`,
    };
  },
};

/**
 * Milliseconds for each change of a person; each names itself in the body.
 * @param at tells the names of one call from those of others
 */
export async function latencies(
  client: pg.Client,
  receiver: CountingReceiver,
  { perSecond, seconds, at }: { perSecond: number; seconds: number; at: number },
): Promise<number[]> {
  const committedAt = new Map<string, number>();
  const start = performance.now();
  for (let i = 0; i < perSecond * seconds; i++) {
    const early = start + (i * 1000) / perSecond - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    const name = `${at}-${perSecond}-${i}`;
    await client.query('update people set fullname = $1 where id = $2', [name, firstId + (i % people)]);
    committedAt.set(name, performance.timeOrigin + performance.now());
  }
  const arrivals = receiver.arrivals();
  await waitUntil(() => [...committedAt.keys()].every((name) => arrivals.has(name)), {
    what: 'every change to arrive',
    timeoutMs: 60_000,
  });
  return [...committedAt].map(([name, committed]) => Math.max(0, arrivals.get(name)! - committed));
}
