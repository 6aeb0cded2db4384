import { claimText } from './claim-text.ts';
import type { Claimed, Lane } from './claimed.ts';
import { loadEvents } from './claimed-events.ts';
import { earlierOf } from './earlier.ts';
import { giveBack } from './give-back.ts';
import type { Session } from './session.ts';

export type { Claimed, ClaimedEvent, EndpointSettings, Lane } from './claimed.ts';

export interface ClaimRequest {
  /** Names this claim; every finish must repeat it. */
  readonly lease: string;
  /** Names this dispatcher: endpoints with a limit over all daemons are claimed for by one alone. */
  readonly keeper: string;
  /** Deadline of a request to an endpoint that has none of its own. */
  readonly defaultTimeoutMs: number;
  /** How long a lease lasts before its request must have started, and again after the request's deadline. */
  readonly marginMs: number;
  /** Milliseconds of performance.now() after which too little of the lease is left to send anything. */
  readonly sendBy: number;
  /** Of each lane: how many deliveries are wanted in all. Endpoints take turns: those with a higher id than this come first. */
  readonly turns: readonly [Turn, Turn, Turn];
  /** Endpoints that have deliveries here already: how many more each may get, and the id of the last one it got. */
  readonly lanes: ReadonlyArray<{
    readonly lane: Lane;
    readonly endpointId: string;
    readonly room: number;
    readonly after: string | null;
  }>;
  /** How many each other endpoint may get, in each lane. */
  readonly roomOfOthers: number;
  /** Look for other endpoints too, all over the queue; false: only at those in `lanes`. */
  readonly full: boolean;
  /** Suspicious deliveries too; false: there are some in hand, and they go one after the other. */
  readonly suspicious: boolean;
  /** Deliveries with a lower id have been due for a while. */
  readonly freshFrom: string;
  /** Bytes of payload wanted at most. One delivery is brought whatever its size, unless this is 0 or less. */
  readonly bytes: number;
}

export interface Turn {
  readonly limit: number;
  readonly afterEndpoint: string;
}

/** What a claim brought. */
export interface Claim {
  /** By lane, the endpoints in turn, of each in the order of their ids. */
  readonly deliveries: readonly Claimed[];
  /** More may be due of endpoints that got less than they had room for: the budget of bytes ended it, or later ones of a record were put away. */
  readonly cut: boolean;
}

const fullClaim = { name: 'rowhook claim', text: claimText(true) };
const knownClaim = { name: 'rowhook claim known', text: claimText(false) };

/** A row of the claim. */
interface Leased
  extends Pick<
    Claimed,
    'lane' | 'slot' | 'endpointId' | 'id' | 'eventId' | 'record' | 'attempts' | 'starts' | 'counted' | 'probe'
  > {
  /** With the first delivery of an endpoint in a lane; of those that follow it, null. */
  readonly endpoint: LeasedEndpoint | null;
  /** Deliveries behind earlier ones of their record were put away. */
  readonly putAway: boolean;
}

interface LeasedEndpoint
  extends Pick<Claimed, 'url' | 'secret' | 'dialect' | 'oldSecrets' | 'unwell' | 'settings'> {
  readonly version: string;
}

/**
 * Leases due deliveries of endpoints that may be sent something now: of each lane so many, the endpoints in turn, of each the oldest
 * first. Endpoints with a limit over all daemons are left to whoever keeps them, one behind an open breaker gets its one probe.
 * What does not fit into the budget of bytes is given back at once.
 */
export async function claim(session: Session, request: ClaimRequest): Promise<Claim> {
  const rows = await lease(session, request);
  const putAway = rows.some((row) => row.putAway);
  // Where nothing could be leased there is one row without a delivery.
  const leased = rows.filter((row) => row.id !== null);
  if (leased.length === 0) return { deliveries: [], cut: putAway };
  const { fitting, left } = await loadEvents(session, leased, request.bytes);
  await giveBack(
    session,
    left.map((row) => ({ ...row, lease: request.lease })),
  );
  const earlier = await earlierOf(
    session,
    fitting.map(({ delivery }) => delivery),
  );
  const endpoints = new Map<string, LeasedEndpoint>();
  for (const { endpointId, endpoint } of leased) if (endpoint) endpoints.set(endpointId, endpoint);
  // Property by property: a spread for each delivery costs more than all the rest.
  const deliveries = fitting.map(({ delivery: row, event, bytes }): Claimed => {
    const endpoint = endpoints.get(row.endpointId) as LeasedEndpoint;
    const before = earlier.get(row.id);
    return {
      lane: row.lane,
      slot: row.slot,
      endpointId: row.endpointId,
      id: row.id,
      eventId: row.eventId,
      lease: request.lease,
      sendBy: request.sendBy,
      attempts: row.attempts,
      settledAttempts: before?.settled ?? 0,
      firstDialect: before?.dialect ?? null,
      starts: row.starts,
      counted: row.counted,
      backlog: row.lane !== 0 || row.id < request.freshFrom,
      probe: row.probe,
      unwell: endpoint.unwell,
      record: row.record,
      url: endpoint.url,
      secret: endpoint.secret,
      oldSecrets: endpoint.oldSecrets,
      endpointVersion: endpoint.version,
      dialect: endpoint.dialect,
      settings: endpoint.settings,
      event,
      bytes,
    };
  });
  return { deliveries, cut: putAway || left.length > 0 };
}

async function lease(session: Session, request: ClaimRequest): Promise<Leased[]> {
  const turns = request.turns.flatMap(({ limit, afterEndpoint }, lane) =>
    limit > 0 ? [{ lane, limit, afterEndpoint }] : [],
  );
  if (request.bytes <= 0 || turns.length === 0) return [];
  const { full, roomOfOthers } = request;
  // A full claim goes by the queue, and asks only about those that differ from the others.
  const lanes = full ? request.lanes.filter(({ room }) => room !== roomOfOthers) : request.lanes;
  const { rows } = await session.query<Leased>(full ? fullClaim : knownClaim, [
    turns.map((turn) => turn.lane),
    turns.map((turn) => turn.limit),
    turns.map((turn) => turn.afterEndpoint),
    lanes.map((lane) => lane.lane),
    lanes.map((lane) => lane.endpointId),
    lanes.map((lane) => lane.room),
    lanes.map((lane) => lane.after),
    request.keeper,
    request.lease,
    request.defaultTimeoutMs,
    request.marginMs,
    request.suspicious,
    ...(full ? [roomOfOthers] : []),
  ]);
  return rows;
}
