import { expect } from 'chai';
import { v7 } from 'uuid';
import { showDelivery } from '../../src/store/deliveries.ts';
import { deliveriesOfEvent } from '../../src/store/deliveries-of.ts';
import { type DeliveryFilter, listDeliveries } from '../../src/store/history.ts';
import { dayMs, lowestUuid, uuidTime } from '../../src/uuid-time.ts';
import { dialectNamed, dialectNames } from '../../src/wire/dialects.ts';
import { addEndpoint, queueDatabase } from '../delivery/queue.ts';
import type { TestDatabase } from '../support/database.ts';
import { countingRows, longHistory } from './long-history.ts';

interface Made {
  id: string;
  endpointId: string;
  eventId: string;
  name: string;
  record: string;
  state: string;
  status: number | null;
  attempts: number;
  /** The latest attempt, or the delivery. */
  place: string;
}

/** What there is, found by looking at all of it. */
const allSql = `
select made.id, made.endpoint_id::text as "endpointId", made.event_id as "eventId", name, 'person:' || record_key as record,
  case when exists (select from rowhook.delivery where id = made.id) then 'due'
    when exists (select from rowhook.delivery_waiting where id = made.id) then 'waiting'
    when last.verdict = 'retry' then 'dropped' else last.verdict end as state,
  last.response_status as status, coalesce(last.number, 0) as attempts, coalesce(last.id, made.id) as place
from made left join lateral (select * from rowhook.attempt where delivery_id = made.id order by number desc limit 1) last on true
order by place desc`;

describe('a list of deliveries', () => {
  describe('holds what is looked for', () => {
    let db: TestDatabase;
    let all: Made[];
    before(async () => {
      db = await longHistory({ events: 400, endpoints: 7 });
      all = (await db.query<Made>(allSql)).rows;
    });
    after(() => db.drop());

    const listed = async (filter: DeliveryFilter, limit: number): Promise<string[]> => {
      const ids: string[] = [];
      let before: string | undefined;
      do {
        const page = await listDeliveries(db.pool, { ...filter, limit, before });
        expect(page.deliveries.length).to.be.at.most(limit);
        expect(page.searchedUntil?.getTime()).to.equal(page.next && uuidTime(page.next).getTime());
        ids.push(...page.deliveries.map(({ id }) => id));
        before = page.next;
      } while (before !== undefined);
      return ids;
    };
    const someOf = (holds: (each: Made) => boolean): string[] => all.filter(holds).map(({ id }) => id);
    // Of one moment: between what is asked for and what is expected there may be minutes.
    const loadedAt = Date.now();
    const ago = (part: number): Date => new Date(loadedAt - part * dayMs);
    const within = (each: Made, since: Date, until: Date): boolean =>
      each.place >= lowestUuid(since) && each.place < lowestUuid(until);

    const cases: readonly (readonly [string, DeliveryFilter, (each: Made) => boolean])[] = [
      ['everything', {}, () => true],
      ['of an endpoint', { endpointId: '3' }, (each) => each.endpointId === '3'],
      ['of a name', { eventName: 'tag_assign' }, (each) => each.name === 'tag_assign'],
      ...(['due', 'waiting', 'succeeded', 'exhausted', 'dropped'] as const).map(
        (state) => [`that are ${state}`, { state }, (each: Made) => each.state === state] as const,
      ),
      ['with a status', { status: '503' }, ({ status }) => status === 503],
      ['with a status of success', { status: '204' }, ({ status }) => status === 204],
      ['with a class of status', { status: '5xx' }, ({ status }) => status === 500 || status === 503],
      ['without an answer', { status: 'none' }, (each) => each.attempts > 0 && each.status === null],
      [
        'that wait after a status',
        { state: 'waiting', status: '500' },
        (each) => each.state === 'waiting' && each.status === 500,
      ],
      ['since a time', { since: ago(3) }, (each) => within(each, ago(3), ago(0))],
      ['until a time', { until: ago(3) }, (each) => within(each, ago(99), ago(3))],
      [
        'of an endpoint between two times',
        { endpointId: '2', since: ago(5), until: ago(4) },
        (each) => each.endpointId === '2' && within(each, ago(5), ago(4)),
      ],
      [
        'all that failed between two times',
        { state: 'exhausted', since: ago(7), until: ago(2) },
        (each) => each.state === 'exhausted' && within(each, ago(7), ago(2)),
      ],
      [
        'with a part of an id',
        { text: 'A1' },
        (each) => each.id.includes('a1') || each.eventId.includes('a1'),
      ],
    ];
    for (const [name, filter, holds] of cases) {
      it(name, async () => {
        const expected = someOf(holds);
        expect(expected).to.not.be.empty;
        expect(await listed(filter, 90)).to.deep.equal(expected);
      });
    }

    it('a few at a time', async () => {
      expect(await listed({ state: 'exhausted' }, 7)).to.deep.equal(
        someOf((each) => each.state === 'exhausted'),
      );
      expect(await listed({ endpointId: '3' }, 9)).to.deep.equal(someOf((each) => each.endpointId === '3'));
    });

    const latestMade = (holds: (each: Made) => boolean): string[] => someOf(holds).sort().reverse();

    it('of a record, the latest made first', async () => {
      const { record, endpointId } = all.find(({ state }) => state === 'due')!;
      const ofRecord = (each: Made) => each.record === record;
      expect(latestMade(ofRecord)).to.have.length(16);
      for (const limit of [3, 4, 90]) {
        expect(await listed({ record }, limit)).to.deep.equal(latestMade(ofRecord));
      }
      expect(await listed({ record, state: 'succeeded' }, 90)).to.deep.equal(
        latestMade((each) => ofRecord(each) && each.state === 'succeeded'),
      );
      expect(await listed({ record, endpointId }, 90)).to.deep.equal(
        latestMade((each) => ofRecord(each) && each.endpointId === endpointId),
      );
      expect(await listed({ record, since: ago(5) }, 90)).to.deep.equal(
        latestMade((each) => ofRecord(each) && within(each, ago(5), ago(0))),
      );
      expect(await listed({ record: 'person:none' }, 90)).to.deep.equal([]);
    });

    it('of a record with many events whose deliveries lie behind all of them', async () => {
      const other = await queueDatabase();
      const start = Date.now() - 60_000;
      const id = (offset: number): string => v7({ msecs: start + offset });
      const made = Array.from({ length: 230 }, (_, n) => ({ event: id(n), id: id(1_000 + n) }));
      const endpoint = await addEndpoint(other, 'http://127.0.0.1:9/');
      const [events, ids] = [made.map(({ event }) => event), made.map((each) => each.id)];
      await other.query(
        `insert into rowhook.event (id, name, resource, record_key, delivery_count, changed_at)
         select unnest($1::uuid[]), 'person_update', 'person', '7', 1, now()`,
        [events],
      );
      await other.query(
        `insert into rowhook.attempt (id, endpoint_id, delivery_id, event_id, number, started_at, duration_ms, verdict, reason, url,
           dialect, request_headers)
         select attempt, $1, id, event, 1, now(), 5, case when event = $4 then 'exhausted' else 'succeeded' end, '', '', '', '[]'
         from unnest($2::uuid[], $3::uuid[], $5::uuid[]) as t (event, id, attempt)`,
        [endpoint, events, ids, events[0], made.map((_, n) => id(2_000 + n))],
      );
      const found: string[] = [];
      let before: string | undefined;
      do {
        const page = await listDeliveries(other.pool, { record: 'person:7', state: 'exhausted', before });
        found.push(...page.deliveries.map((each) => each.id));
        before = page.next;
      } while (before !== undefined);
      expect(found).to.deep.equal([ids[0]]);
      await other.drop();
    });

    it('by an id: a delivery, or the deliveries of an event', async () => {
      for (const state of ['due', 'waiting', 'succeeded', 'dropped']) {
        const { id, eventId } = all.find((each) => each.state === state)!;
        expect(await listed({ text: id.toUpperCase() }, 90)).to.deep.equal([id]);
        expect(await listed({ text: ` ${eventId} ` }, 90)).to.deep.equal(
          latestMade((each) => each.eventId === eventId),
        );
        expect(await listed({ text: id, state: 'behind' }, 90)).to.deep.equal([]);
        const ofEvent = await deliveriesOfEvent(db.pool, eventId);
        expect(ofEvent.map((each) => each.id)).to.deep.equal(
          latestMade((each) => each.eventId === eventId).reverse(),
        );
      }
      expect(await listed({ text: 'ffffffff-ffff-4fff-bfff-ffffffffffff' }, 90)).to.deep.equal([]);
      expect(await deliveriesOfEvent(db.pool, 'nonsense')).to.deep.equal([]);
    });

    it('with what is known of each', async () => {
      const made = all.find(({ state }) => state === 'exhausted')!;
      const { deliveries } = await listDeliveries(db.pool, { text: made.id });
      const { id, endpointId, eventId, status, name: eventName } = made;
      expect(deliveries[0]).to.deep.include({
        id,
        endpointId,
        eventId,
        eventName,
        state: 'exhausted',
        attempts: 3,
        lastStatus: status,
        resource: 'person',
        recordKey: made.record.slice(7),
        createdAt: uuidTime(id),
      });
    });
  });

  describe('looks at few rows', () => {
    let db: TestDatabase;
    before(async function () {
      this.timeout(120_000);
      db = await longHistory({ events: 45_000, endpoints: 20 });
    });
    after(() => db.drop());

    const deep = new Date(Date.now() - 6 * dayMs);
    const cases: readonly (readonly [string, DeliveryFilter, number])[] = [
      ['the newest', {}, 900],
      ['far back', { until: deep }, 900],
      ['of an endpoint', { endpointId: '3' }, 1_300],
      ['of an endpoint far back', { endpointId: '3', until: deep }, 900],
      ['exhausted', { state: 'exhausted' }, 10_000],
      ['exhausted ones of an endpoint', { state: 'exhausted', endpointId: '3' }, 3_000],
      ['with a status', { status: '503' }, 10_000],
      ['with a status that there is none of', { status: '418', endpointId: '3' }, 2_500],
      ['of a name that there is none of', { eventName: 'nothing' }, 16_000],
      ['with a text that is in no id', { text: 'zz', endpointId: '3' }, 7_000],
      ['of a record', { record: 'person:7' }, 7_000],
      ['of a time', { since: new Date(deep.getTime() - 60_000), until: deep }, 150],
    ];
    for (const [name, filter, most] of cases) {
      it(`for those ${name}`, async () => {
        const counting = countingRows(db);
        await listDeliveries(counting.db, filter);
        // There are 100,000 attempts and more.
        expect(counting.rows()).to.be.within(1, most);
      });
    }

    it('for one that is shown, queued or not', async () => {
      for (const luck of [0, 1, 2, 3]) {
        const { rows } = await db.query<{ id: string }>(
          'select id from made where luck = $1 order by i limit 1',
          [luck],
        );
        const counting = countingRows(db);
        expect((await showDelivery(counting.db, rows[0]!.id)).id).to.equal(rows[0]!.id);
        // Of the attempts, the event, and a step for each endpoint and queue.
        expect(counting.rows(), String(luck)).to.be.within(1, 100);
      }
    });

    it('for the deliveries of an event', async () => {
      const { rows } = await db.query<{ id: string }>(
        'select event_id as id from made where luck = 0 order by i limit 1',
      );
      const counting = countingRows(db);
      expect(await deliveriesOfEvent(counting.db, rows[0]!.id)).to.have.length(2);
      expect(counting.rows()).to.be.within(1, 5_000);
    });
  });

  it('may look for statuses beyond 299 among what failed: no dialect takes one for a success', () => {
    for (const name of dialectNames) {
      for (const status of [100, 199, 300, 304, 400, 410, 429, 500, 599]) {
        expect(dialectNamed(name).succeeded(status), `${name} ${status}`).to.equal(false);
      }
    }
  });
});
