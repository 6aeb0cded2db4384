import type { OldestDue } from '../store/oldest-due.ts';
import type { QueueStatus } from '../store/status.ts';

/** What a daemon's relay says of itself. */
export interface RelayHealth {
  readonly standing: string;
  readonly failingSince: Date | undefined;
}

export interface Health {
  readonly status: 'ok' | 'failing';
  /** Why it fails; stable codes. */
  readonly reasons: ReadonlyArray<{
    readonly code: 'database_unreachable' | 'relay_failing' | 'relay_stuck' | 'deliveries_stuck';
    readonly message: string;
  }>;
}

/** A failure that mends itself, such as a restart of the database, is over by then. */
const failingMs = 30_000;
/** The slowest thing that the relay waits for is an application that gives payloads: up to a minute. A dispatcher waits for nothing. */
const stuckMs = 120_000;

/**
 * Whether a daemon does its work. Drift is not looked at: a restart would not mend it. Pure.
 * @param queue undefined: the database did not answer
 * @param due undefined: nobody knows
 * @param nowMs milliseconds since 1970, of this machine's clock
 */
export function healthOf(
  relay: RelayHealth,
  queue: QueueStatus | undefined,
  due: OldestDue | undefined,
  nowMs: number,
): Health {
  const reasons: Array<Health['reasons'][number]> = [];
  if (!queue) reasons.push({ code: 'database_unreachable', message: 'the database does not answer' });
  const { standing, failingSince } = relay;
  if (failingSince && nowMs - failingSince.getTime() > failingMs) {
    reasons.push({
      code: 'relay_failing',
      message: `the relay has been failing since ${failingSince.toISOString()}; the log says why`,
    });
  }
  const stuck = queue && standing !== 'standby' ? stuckSince(queue) : undefined;
  if (stuck) {
    reasons.push({
      code: 'relay_stuck',
      message: `changes have been waiting since ${stuck}, and the relay does not move`,
    });
  }
  // One endpoint whose deliveries are old is its own affair (invariant 7): only where nothing at all is being sent.
  if (due && !due.sending && due.seconds * 1_000 > stuckMs) {
    reasons.push({
      code: 'deliveries_stuck',
      message: `deliveries have been due for ${Math.floor(due.seconds)} s, and none is being sent`,
    });
  }
  return { status: reasons.length === 0 ? 'ok' : 'failing', reasons };
}

/** By the database's clock. A change that is old may have been committed just now: only where the relay stands still too. */
function stuckSince({ at, relay }: QueueStatus): string | undefined {
  const { oldestChangeAt, movedAt } = relay;
  if (oldestChangeAt === null) return undefined;
  const old = (time: string) => Date.parse(at) - Date.parse(time) > stuckMs;
  return old(oldestChangeAt) && (movedAt === null || old(movedAt)) ? oldestChangeAt : undefined;
}
