import { attemptsFrom } from '../uuid-time.ts';
import type { HeaderList } from '../wire/dialect.ts';
import type { Queryable } from './sql.ts';

/** An attempt as a listing shows it. */
export interface AttemptSummary {
  readonly id: string;
  /** 1 for the first request of a delivery, and on, also when it is redelivered by hand. */
  readonly number: number;
  readonly verdict: 'succeeded' | 'retry' | 'exhausted';
  /** A stable word: success, http_500, redirect, timeout, … */
  readonly reason: string;
  /** Null when there was no answer. */
  readonly status: number | null;
  readonly startedAt: Date;
}

/** The first three only where a new connection was made. */
export interface AttemptPhases {
  readonly dns?: number;
  readonly connect?: number;
  readonly tls?: number;
  readonly wait?: number;
  readonly body?: number;
}

/** One request with its answer, as it went over the wire. */
export interface Attempt extends AttemptSummary {
  readonly detail: string | null;
  readonly durationMs: number;
  /** Milliseconds of each part of the request, as far as it got; null: none was made, or by an older version. */
  readonly phases: AttemptPhases | null;
  readonly url: string;
  readonly dialect: string;
  readonly requestHeaders: HeaderList;
  readonly responseHeaders: HeaderList | null;
  /** The first 64 KiB. */
  readonly responseBody: Buffer | null;
  /** The answer was longer than what is kept of it. */
  readonly responseCut: boolean;
  /** When the next attempt was due after this one. */
  readonly dueAt: Date | null;
}

const summaryColumns = `id, number, verdict, reason, response_status as status, started_at as "startedAt"`;

/** The latest attempt of each of these deliveries that has one, by delivery id. */
export async function latestAttempts(
  db: Queryable,
  deliveryIds: readonly string[],
): Promise<Map<string, AttemptSummary>> {
  if (deliveryIds.length === 0) return new Map();
  // A subselect with a limit for each: for all of them at once, planners of older servers read days of attempts as a whole.
  const { rows } = await db.query<AttemptSummary & { deliveryId: string }>(
    `select latest.*
       from unnest($1::uuid[]) as delivery (id)
      cross join lateral (
         select delivery_id as "deliveryId", ${summaryColumns}
           from rowhook.attempt
          where delivery_id = delivery.id and attempt.id >= $2::uuid
          order by number desc
          limit 1
      ) as latest`,
    [deliveryIds, attemptsFrom(deliveryIds)],
  );
  return new Map(rows.map(({ deliveryId, ...attempt }) => [deliveryId, attempt]));
}

/** The latest attempts of a delivery, the first one of them first. */
export async function attemptsOf(
  db: Queryable,
  deliveryId: string,
  most: number,
): Promise<(Attempt & { endpointId: string; eventId: string })[]> {
  const { rows } = await db.query<Attempt & { endpointId: string; eventId: string }>(
    `select ${summaryColumns}, endpoint_id::text as "endpointId", event_id as "eventId", detail,
            duration_ms as "durationMs", phases, url, dialect, request_headers as "requestHeaders",
            response_headers as "responseHeaders", response_body as "responseBody", response_cut as "responseCut",
            due_at as "dueAt"
       from rowhook.attempt
      where delivery_id = $1 and id >= $2::uuid
      order by number desc, id desc
      limit $3`,
    [deliveryId, attemptsFrom([deliveryId]), most],
  );
  return rows.reverse();
}
