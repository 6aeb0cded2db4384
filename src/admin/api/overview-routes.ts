import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { endpointTroubles } from '../../store/endpoint-troubles.ts';
import { openGaps } from '../../store/gaps.ts';
import { latestReasons } from '../../store/latest-reasons.ts';
import { overview as readOverview } from '../../store/overview.ts';
import { type SealedStatus, sealedStatus } from '../../store/resealing.ts';
import { setAsideStatus } from '../../store/set-aside.ts';
import { type AdminEnv, type AdminParts, answer } from '../http/app.ts';
import * as shapes from '../shapes/overview.ts';
import { iso } from '../views/times.ts';
import { type WarningFacts, warningsOf } from '../views/warnings.ts';

const overview = createRoute({
  operationId: 'getOverview',
  method: 'get',
  path: '/overview',
  summary: 'How it goes, what waits, and what is not as it should be.',
  tags: ['overview'],
  request: { query: shapes.overviewFilter },
  responses: { 200: answer(shapes.overview, 'As of now.') },
});

/** Endpoints that are named one by one in warnings, of each kind. */
const namedMost = 10;
/** All secrets are opened for it: not each time that somebody looks. */
const sealedForMs = 60_000;

export function overviewRoutes(api: OpenAPIHono<AdminEnv>, parts: AdminParts): void {
  const { db, sealer } = parts;
  const sealed = keptFor(sealedForMs, () => sealedStatus(db, sealer));

  api.openapi(overview, async (c) => {
    const { range } = c.req.valid('query');
    const { points, queue, ...found } = await readOverview(db, range);
    const warnings = warningsOf({ queue, ...(await readWarnings(parts, sealed)) });
    return c.json(
      { ...found, queue, warnings, points: points.map(({ at, ...point }) => ({ at: iso(at), ...point })) },
      200,
    );
  });
}

async function readWarnings(
  { db, sealer, drifts, relay, now }: AdminParts,
  sealed: () => Promise<SealedStatus>,
): Promise<Omit<WarningFacts, 'queue'>> {
  const troubles = await endpointTroubles(db, namedMost, { sealer });
  return {
    now: now(),
    drifts: await drifts(),
    gaps: await openGaps(db),
    setAside: await setAsideStatus(db),
    relayFailingSince: relay?.failingSince() ?? null,
    troubles,
    reasons: await latestReasons(
      db,
      troubles.failing.map(({ id }) => id),
    ),
    sealed: await sealed(),
  };
}

/** What was read is good for a while; whoever asks meanwhile, or while it is read, shares it. */
function keptFor<T>(ms: number, read: () => Promise<T>): () => Promise<T> {
  let known: Promise<T> | undefined;
  let until = 0;
  return () => {
    if (known && performance.now() < until) return known;
    until = performance.now() + ms;
    known = read().catch((error: unknown) => {
      until = 0;
      throw error;
    });
    return known;
  };
}
