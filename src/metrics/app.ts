import { Hono } from 'hono';
import type { Metrics } from './metrics.ts';

/** `GET /metrics` for Prometheus, `GET /health` for whoever restarts what does not work: to be served alone, or mounted in another app. */
export function createMetricsApp(metrics: Metrics): Hono {
  return new Hono()
    .get('/metrics', async (context) =>
      context.body(await metrics.text(), 200, { 'content-type': metrics.contentType }),
    )
    .get('/health', async (context) => {
      const health = await metrics.health();
      return context.json(health, health.status === 'ok' ? 200 : 503);
    });
}
