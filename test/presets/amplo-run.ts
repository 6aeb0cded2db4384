import { createEndpoint } from '../../src/index.ts';
import { amplo } from '../../src/presets/amplo.ts';
import { startRelay } from '../relay/relay-run.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';

/** An event with the endpoints that get it. */
export interface SentEvent {
  readonly name: string;
  readonly key: string;
  readonly body: string | null;
  /** Tenants of the endpoints that it has deliveries to. */
  readonly to: readonly string[];
}

/** An endpoint for the events of a tenant; nobody delivers to it here. @returns its id */
export async function endpointOf(db: TestDatabase, tenant: string, events = ['*']): Promise<string> {
  const url = `https://receiver.example/${tenant}`;
  return (await createEndpoint(db.pool, amplo(), { url, events, tenant })).id;
}

/** A relay at work for this catalog. */
export const startAmploRelay = (db: TestDatabase) => startRelay(db, { catalog: amplo(), pollMs: 50 });

/** Not of a campaign that `relayed` made. Four digits at the end would not do: one of 13 sets of 5,000 random ids has those. */
export const notMarker = `e.record_key not like '%beefbeefbeef'`;

/** All events so far, in their order, but for those of markers. */
export async function sentEvents(db: TestDatabase): Promise<SentEvent[]> {
  const { rows } = await db.query<SentEvent>(
    `select e.name, e.record_key as key, e.payload as body,
            coalesce(array_agg(p.tenant order by p.tenant) filter (where d.id is not null), '{}') as to
       from rowhook.event e
       left join rowhook.delivery d on d.event_id = e.id
       left join rowhook.endpoint p on p.id = d.endpoint_id
      where ${notMarker}
      group by e.id order by e.id`,
  );
  return rows;
}

/** Waits until everything that is committed by now has become events, and returns all of them. */
export async function relayed(db: TestDatabase): Promise<SentEvent[]> {
  // A change of its own marks the end: events follow the order of seqs within what is visible at once.
  const { rows } = await db.query<{ id: string }>(
    `insert into campaigns (id, entity_id, name)
     select left(replace(gen_random_uuid()::text, '-', ''), 12) || 'beefbeefbeef', min(id), 'marker' from entities returning id`,
  );
  const marker = rows[0]!.id;
  await waitUntil(
    async () => (await db.query('select from rowhook.event where record_key = $1', [marker])).rowCount === 1,
    { what: 'the relay to reach the marker', timeoutMs: 30_000 },
  );
  return sentEvents(db);
}

/** Names and keys, as `donation_update 5f0c…`. */
export const named = (events: readonly SentEvent[]): string[] =>
  events.map(({ name, key }) => `${name} ${key}`);
