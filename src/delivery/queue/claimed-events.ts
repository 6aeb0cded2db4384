import { idsWithin, literal, uuidDay, uuidTime } from '../../uuid-time.ts';
import type { ClaimedEvent } from './claimed.ts';
import { dayName } from './days.ts';
import type { Session, Statement } from './session.ts';

// Apart from the claim, where all of a month's partitions would be planned for. It also brings an event that goes to many endpoints once. The length is read without the payload; where
// all together are too much, none comes.
const textOf = (within: string): string => `
select id, name, request_id as "requestId", changed_at as "changedAt", coalesce(octet_length(payload), 0) as bytes,
       payload is null as gone, case when sum(octet_length(payload)) over () <= $2::bigint then payload end as payload
  from rowhook.event
 where id = any ($1::uuid[]) and ${within}`;

/** Those of one day, as nearly all are, are asked for by a statement of that day's: it is planned once, not by each claim. */
function statementOf(ids: readonly string[]): Statement {
  const sorted = [...ids].sort();
  const day = uuidTime(sorted[0] as string);
  const { from, to } = uuidDay(day);
  if ((sorted.at(-1) as string) >= to) return { text: textOf(idsWithin(ids)) };
  const within = `id >= ${literal(from)} and id < ${literal(to)}`;
  return { name: `rowhook events ${dayName(day)}`, text: textOf(within) };
}

const payloadText = (ids: readonly string[]): string => `
select id, payload
  from rowhook.event
 where id = any ($1::uuid[]) and ${idsWithin(ids)}`;

interface Found {
  readonly id: string;
  readonly name: string;
  readonly requestId: string | null;
  readonly changedAt: Date;
  readonly bytes: number;
  readonly gone: boolean;
  readonly payload: string | null;
}

/** The part of a delivery that says which event it brings, and when its turn is. */
export interface Owed {
  readonly lane: number;
  readonly eventId: string;
}

/** The deliveries that fit, with their events; null: retention has taken it away. And those that do not fit. */
export interface Loaded<Delivery> {
  readonly fitting: ReadonlyArray<{
    readonly delivery: Delivery;
    readonly event: ClaimedEvent | null;
    readonly bytes: number;
  }>;
  readonly left: readonly Delivery[];
}

/**
 * Reads the events of deliveries, as far as their payloads fit into so many bytes. The lanes take turns, and within each the order is
 * kept: of no endpoint and lane a later one fits where an earlier one does not. The first one fits, whatever its size.
 */
export async function loadEvents<Delivery extends Owed>(
  session: Session,
  deliveries: readonly Delivery[],
  most: number,
): Promise<Loaded<Delivery>> {
  const wanted = [...new Set(deliveries.map((delivery) => delivery.eventId))];
  const { rows } = await session.query<Found>(statementOf(wanted), [wanted, most]);
  const found = new Map(rows.map((row) => [row.id, row]));
  const bytesOf = (delivery: Delivery): number => found.get(delivery.eventId)?.bytes ?? 0;
  const fits = new Set<Delivery>();
  let total = 0;
  for (const delivery of inTurns(deliveries)) {
    total += bytesOf(delivery);
    if (total > most && fits.size > 0) break;
    fits.add(delivery);
  }
  const fitting = deliveries.filter((delivery) => fits.has(delivery));
  const payloads = await payloadsOf(session, fitting, found);
  return {
    fitting: fitting.map((delivery) => {
      const row = found.get(delivery.eventId);
      const payload = payloads.get(delivery.eventId);
      const event =
        row && payload !== undefined
          ? { name: row.name, payload, requestId: row.requestId, changedAt: row.changedAt }
          : null;
      return { delivery, event, bytes: event === null ? 0 : bytesOf(delivery) };
    }),
    left: deliveries.filter((delivery) => !fits.has(delivery)),
  };
}

async function payloadsOf(
  session: Session,
  deliveries: readonly Owed[],
  found: ReadonlyMap<string, Found>,
): Promise<Map<string, string>> {
  const payloads = new Map<string, string>();
  const missing = new Set<string>();
  for (const { eventId } of deliveries) {
    const row = found.get(eventId);
    if (!row || row.gone) continue;
    if (row.payload === null) missing.add(eventId);
    else payloads.set(eventId, row.payload);
  }
  if (missing.size === 0) return payloads;
  const ids = [...missing];
  const { rows } = await session.query<{ id: string; payload: string | null }>({ text: payloadText(ids) }, [
    ids,
  ]);
  for (const { id, payload } of rows) if (payload !== null) payloads.set(id, payload);
  return payloads;
}

/** One of each lane at a time, so that large ones in the first lane leave room for the others. */
function* inTurns<Delivery extends Owed>(deliveries: readonly Delivery[]): Generator<Delivery> {
  const lanes = new Map<number, Delivery[]>();
  for (const delivery of deliveries) {
    const lane = lanes.get(delivery.lane);
    if (lane) lane.push(delivery);
    else lanes.set(delivery.lane, [delivery]);
  }
  for (let n = 0, some = true; some; n += 1) {
    some = false;
    for (const lane of lanes.values()) {
      const delivery = lane[n];
      if (!delivery) continue;
      some = true;
      yield delivery;
    }
  }
}
