import { Hono } from 'hono';
import type { Log } from '../store/log.ts';
import type { Metrics } from './metrics.ts';

/**
 * `GET /metrics` for Prometheus, `GET /health` for whoever wants to know whether it works: to be served alone, or mounted in another app.
 * What fails is answered with 500 and logged.
 */
export function createMetricsApp(metrics: Metrics, log?: Pick<Log, 'warn'>): Hono {
  return new Hono()
    .get('/metrics', async (context) =>
      context.body(await metrics.text(), 200, { 'content-type': metrics.contentType }),
    )
    .get('/health', async (context) => {
      const health = await metrics.health();
      return context.json(health, health.status === 'ok' ? 200 : 503);
    })
    .onError((error, context) => {
      log?.warn({ err: error }, 'metrics cannot be told');
      return context.text('it failed; the log says why', 500);
    });
}
