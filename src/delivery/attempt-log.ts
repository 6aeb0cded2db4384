import type { Log } from '../store/log.ts';
import type { Finished, Recorded } from './queue/record.ts';

/** The one line of an attempt, with everything that was known of it and what becomes of the delivery. */
export function logAttempt(log: Log, finished: Finished, recorded: Recorded | undefined): void {
  const { delivery, verdict, detail, status, durationMs, url } = finished;
  const line = {
    delivery: delivery.id,
    event: delivery.eventId,
    eventName: delivery.event?.name,
    endpoint: delivery.endpointId,
    url,
    attempt: recorded?.number ?? delivery.attempts + 1,
    status,
    reason: verdict.reason,
    detail: detail ?? undefined,
    durationMs,
    verdict: verdict.verdict,
    dueAt: recorded?.dueAt ?? undefined,
  };
  if (!recorded) log.warn(line, 'lease lost: attempt not counted');
  else if (verdict.verdict === 'exhausted') log.warn(line, 'delivery exhausted');
  else log.info(line, verdict.verdict === 'retry' ? 'delivery failed' : 'delivered');
}
