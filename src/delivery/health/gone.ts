import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Log } from '../../store/log.ts';
import { shownUrl } from '../../wire/endpoint-url.ts';
import type { Claimed } from '../queue/claim.ts';

const triesMax = 8;
const firstPauseMs = 100;
const longestPauseMs = 5_000;
const answerMs = 10_000;

// Only as the endpoint was when its deliveries were claimed: who has changed it since (another URL, made active again) does
// not want it disabled for what came before. A locked row is not waited for, as it may be locked for long.
const text = `
with found as materialized (
  select id, xmin, active from rowhook.endpoint where id = $1
), held as materialized (
  select id from rowhook.endpoint where id = $1 and active and xmin = $2::xid for update skip locked
), disabled as (
  update rowhook.endpoint
     set active = false, disabled_reason = $3, updated_at = now()
    from held
   where endpoint.id = held.id
  returning 1
)
select case
         when exists (select from disabled) then 'disabled'
         when exists (select from found where active and xmin = $2::xid) then 'locked'
         else 'changed'
       end as outcome`;

/** Why we disable an endpoint; a person needs no reason. */
export type DisableReason = keyof typeof why;
const why = {
  http_410: 'its receiver wants nothing more',
  failing: 'it has failed for days; its deliveries are held until it is resumed',
} as const;

/**
 * Makes an endpoint inactive whose receiver has said that it wants nothing more, or has not been well for days. Apart from the recording of its attempt, which
 * must not wait for anybody's endpoint. Where it does not come about, the next such answer brings it about.
 * @param parts.hurry ends it after one more try
 */
export async function disableEndpoint(
  { pool, log, hurry }: { pool: Pool; log: Log; hurry: AbortSignal },
  { endpointId, endpointVersion, url }: Pick<Claimed, 'endpointId' | 'endpointVersion' | 'url'>,
  reason: DisableReason,
): Promise<void> {
  const where = { endpoint: endpointId, url: shownUrl(url), reason };
  let pauseMs = firstPauseMs;
  for (let tries = 1; ; tries += 1) {
    let problem: unknown = 'locked by another transaction';
    try {
      const values = [endpointId, endpointVersion, reason];
      const query = { text, values, query_timeout: answerMs };
      const { rows } = await pool.query<{ outcome: 'disabled' | 'locked' | 'changed' }>(query);
      const outcome = rows[0]?.outcome;
      if (outcome === 'disabled') log.warn(where, `endpoint disabled: ${why[reason]}`);
      if (outcome !== 'locked') return;
    } catch (error) {
      problem = error;
    }
    if (tries === triesMax || hurry.aborted) {
      log.warn({ ...where, err: problem }, 'endpoint not disabled: left to its next answer of that kind');
      return;
    }
    await sleep(pauseMs, undefined, { signal: hurry }).catch(() => {});
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}
