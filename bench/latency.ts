import type pg from 'pg';
import { pino } from 'pino';
import { createDaemon, createEndpoint, resolveConfig } from '../src/index.ts';
import { siteStacker } from '../src/presets/site-stacker.ts';
import { startReceiver } from '../test/support/receiver.ts';
import { benchCrm, firstId, install } from './crm.ts';
import { type Bench, quantile, round } from './harness.ts';

/** From the commit of a change to the receiver having its body, at a steady rate. */
export const latency: Bench = {
  name: 'latency',
  async run({ server, quick, progress }) {
    const client = await benchCrm(server, 'latency', 2_000);
    await install(client);
    const receiver = await startReceiver();
    await createEndpoint(client, siteStacker(), {
      url: receiver.url('/'),
      events: ['person_update'],
      secret: 's',
    });
    const daemon = createDaemon({
      config: resolveConfig({
        database: server.url('latency'),
        catalog: 'site-stacker',
        delivery: { allow: ['127.0.0.0/8'] },
      }),
      log: pino({ level: 'silent' }),
    });
    await daemon.start();
    await receiver.waitFor(1);
    const metrics: Record<string, number> = {};
    for (const perSecond of [50, 200]) {
      progress(`${perSecond} a second`);
      const found = await latencies(client, receiver, perSecond, (quick ? 8 : 30) * perSecond);
      metrics[`p50_ms_at_${perSecond}`] = round(quantile(found, 0.5), 1);
      metrics[`p99_ms_at_${perSecond}`] = round(quantile(found, 0.99), 1);
    }
    await daemon.stop();
    await receiver.close();
    await client.end();
    return {
      metrics,
      bars: {
        p50_ms_at_50: { max: 10 },
        p50_ms_at_200: { max: 10 },
        p99_ms_at_50: { max: 50 },
        p99_ms_at_200: { max: 50 },
      },
      note: 'updates of full persons one by one; writer, daemon and receiver share this process and its clock',
    };
  },
};

/** Milliseconds for each of so many changes; each names itself in the body. */
async function latencies(
  client: pg.Client,
  receiver: Awaited<ReturnType<typeof startReceiver>>,
  perSecond: number,
  count: number,
): Promise<number[]> {
  const committedAt = new Map<string, number>();
  const from = receiver.requests.length;
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    const due = start + (i * 1000) / perSecond;
    const early = due - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    const name = `${perSecond}-${i}`;
    await client.query('update people set fullname = $1 where id = $2', [name, firstId + (i % 2_000)]);
    committedAt.set(name, Date.now());
  }
  await receiver.waitFor((requests) => requests.length - from >= count, { timeoutMs: 60_000 });
  return receiver.requests.slice(from).flatMap((request) => {
    const { fullname } = JSON.parse(request.body.toString()) as { fullname: string };
    const committed = committedAt.get(fullname);
    return committed === undefined ? [] : [Math.max(0, request.at - committed)];
  });
}
