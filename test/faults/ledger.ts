import { expect } from 'chai';
import { rowsOf, type Scene } from './scene.ts';
import type { Receipt } from './staged-receiver.ts';

/** What was to be delivered, what was received, and what we have written down of it: counts of deliveries, but for requests. */
export interface Totals {
  /** Of things, committed. */
  readonly changes: number;
  readonly deliveries: number;
  /** That came in whole. */
  readonly requests: number;
  /** Written down. */
  readonly attempts: number;
  /** Received when the fault came, and not written down: nobody could know. */
  readonly unknown: number;
  readonly repeated: number;
  readonly lost: number;
  /** Received before an earlier one of the same record was, where order is not promised. */
  readonly overtaken: number;
}

/** The counts since the scene's last ledger, and since its beginning. */
export interface Ledger extends Totals {
  readonly what: string;
  readonly totals: Totals;
}

/** By delivery, how many requests came in of which nothing is written down. */
export type Unknown = ReadonlyMap<string, number>;

interface Delivery {
  readonly id: string;
  readonly path: string;
  readonly record: string | null;
  readonly eventId: string;
  readonly payload: string;
  readonly attempts: number;
  /** Of these. */
  readonly answered: number;
  /** What came of the latest. */
  readonly last: string;
}

/** To be asked when nothing is under way. */
export async function unknown({ db, receiver }: Scene): Promise<Unknown> {
  const { rows } = await db.query<{ id: string; attempts: number }>(
    'select delivery_id as id, count(*)::int as attempts from rowhook.attempt group by 1',
  );
  const attempts = new Map(rows.map((row) => [row.id, row.attempts]));
  const more = [...byDelivery(receiver.receipts)].map(
    ([id, receipts]) => [id, receipts.length - (attempts.get(id) ?? 0)] as const,
  );
  return new Map(more.filter(([, count]) => count > 0));
}

/**
 * Closes the books when everything is settled. Of each delivery: it succeeded; each request that came in is an attempt of ours, but for
 * those of which nobody could know, and each attempt that was answered came in; all had the same bytes, with the event's payload in
 * them; and where one of a record goes at a time, none came in after a later one.
 * @param options.before the scene's last ledger, from which this one counts on
 * @param options.mayBe those that nobody could know of need not have come in
 */
export async function closeLedger(
  what: string,
  scene: Scene,
  couldNotKnow: Unknown,
  { before, mayBe = false }: { readonly before?: Totals | undefined; readonly mayBe?: boolean } = {},
): Promise<Ledger> {
  const { receipts } = scene.receiver;
  const deliveries = await deliveriesOf(scene);
  const received = byDelivery(receipts);
  await expectAllEvents(scene);
  expect(deliveries.filter(({ last }) => last !== 'succeeded')).to.eql([]);
  expect([...received.keys()].filter((id) => !deliveries.some((delivery) => delivery.id === id))).to.eql([]);
  for (const { id, payload, answered, attempts } of deliveries) {
    const got = received.get(id) ?? [];
    const more = couldNotKnow.get(id) ?? 0;
    expect(got.length, `requests of ${id}`).to.be.within(answered + (mayBe ? 0 : more), attempts + more);
    expect(new Set(got.map(({ hash }) => hash)).size, `different bodies of ${id}`).to.equal(1);
    expect(got[0]!.body.endsWith(`"data":${payload}}`), `the payload in ${id}`).to.equal(true);
  }
  expect(overtakenOf(deliveries, receipts, '/ordered')).to.eql([]);
  const counts = deliveries.map(({ id }) => received.get(id)?.length ?? 0);
  const totals: Totals = {
    changes: sum([...scene.changes.values()]),
    deliveries: deliveries.length,
    requests: receipts.length,
    attempts: sum(deliveries.map(({ attempts }) => attempts)),
    unknown: sum([...couldNotKnow.values()]),
    repeated: counts.filter((count) => count > 1).length,
    lost: counts.filter((count) => count === 0).length,
    overtaken: overtakenOf(deliveries, receipts, '/any').length,
  };
  const names = Object.keys(totals) as Array<keyof Totals>;
  const since = Object.fromEntries(names.map((name) => [name, totals[name] - (before?.[name] ?? 0)]));
  return { what, ...(since as unknown as Totals), totals };
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** Prints them as a table, below the tests that they are of. */
export function printLedgers(ledgers: readonly Ledger[]): void {
  const names = [
    'changes',
    'deliveries',
    'requests',
    'attempts',
    'unknown',
    'repeated',
    'lost',
    'overtaken',
  ] as const;
  const width = Math.max(...ledgers.map(({ what }) => what.length));
  const lines = ledgers.map((ledger) =>
    [ledger.what.padEnd(width), ...names.map((name) => String(ledger[name]).padStart(name.length))].join(
      '  ',
    ),
  );
  console.log(
    ['', [''.padEnd(width), ...names].join('  '), ...lines, ''].map((line) => `    ${line}`).join('\n'),
  );
}

/** Each committed change is one event, each event one delivery to each endpoint, and each delivery's attempts are numbered from 1. */
async function expectAllEvents(scene: Scene): Promise<void> {
  const { rows } = await scene.db.query<{ key: string; names: string[] }>(
    `select record_key as key, array_agg(name order by id) as names
       from rowhook.event where resource = 'thing' group by 1 order by record_key::int`,
  );
  const made = (count: number) => [
    'thing_create',
    ...Array.from({ length: count - 1 }, () => 'thing_update'),
  ];
  const changes = [...scene.changes].sort(([one], [other]) => one - other);
  expect(rows).to.eql(changes.map(([id, count]) => ({ key: String(id), names: made(count) })));
  const faulty = `select from rowhook.event
    cross join rowhook.endpoint
     left join (select event_id, endpoint_id, count(distinct delivery_id) as deliveries, count(*) as attempts, max(number) as highest
                  from rowhook.attempt group by 1, 2) as done
       on done.event_id = event.id and done.endpoint_id = endpoint.id
    where resource = 'thing' and (done.deliveries is distinct from 1 or done.attempts <> done.highest)`;
  expect(await rowsOf(scene, faulty), 'deliveries missing, or there twice').to.equal(0);
}

async function deliveriesOf({ db }: Scene): Promise<Delivery[]> {
  const { rows } = await db.query<Delivery>(
    `select delivery_id as id, substring(attempt.url from '[^/]*$') as path, record_key as record, event.id as "eventId", payload,
            count(*)::int as attempts, count(response_status)::int as answered, (array_agg(verdict order by number desc))[1] as last
       from rowhook.attempt join rowhook.event on event.id = attempt.event_id
      group by delivery_id, attempt.url, record_key, event.id, payload
      order by delivery_id`,
  );
  return rows.map((row) => ({ ...row, path: `/${row.path}` }));
}

/** Deliveries of which the first request came after one of a later event of their record. */
function overtakenOf(deliveries: readonly Delivery[], receipts: readonly Receipt[], path: string): string[] {
  const known = new Map(deliveries.map((delivery) => [delivery.id, delivery]));
  const latest = new Map<string, string>();
  const late: string[] = [];
  for (const { deliveryId } of receipts) {
    const { record, eventId, path: to } = known.get(deliveryId) ?? {};
    if (!record || !eventId || to !== path) continue;
    if (eventId < (latest.get(record) ?? '')) late.push(deliveryId);
    else latest.set(record, eventId);
  }
  return late;
}

function byDelivery(receipts: readonly Receipt[]): Map<string, Receipt[]> {
  const found = new Map<string, Receipt[]>();
  for (const receipt of receipts) {
    found.set(receipt.deliveryId, [...(found.get(receipt.deliveryId) ?? []), receipt]);
  }
  return found;
}
