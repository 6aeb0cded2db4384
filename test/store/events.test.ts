import { expect } from 'chai';
import { type EventFilter, listEvents } from '../../src/store/events.ts';
import { dayMs, lowestUuid, uuidTime } from '../../src/uuid-time.ts';
import type { TestDatabase } from '../support/database.ts';
import { countingRows, longHistory } from './long-history.ts';

interface Made {
  id: string;
  name: string;
  resource: string;
  record: string;
  deliveries: number;
}

describe('a list of events', () => {
  let db: TestDatabase;
  let all: Made[];
  before(async () => {
    db = await longHistory({ events: 12_000, endpoints: 3 });
    const { rows } = await db.query<Made>(
      `select id, name, resource, resource || ':' || record_key as record, delivery_count as deliveries from rowhook.event order by id desc`,
    );
    all = rows;
  });
  after(() => db.drop());

  const ago = (part: number): Date => new Date(Date.now() - part * dayMs);
  const listed = async (filter: EventFilter, limit: number): Promise<string[]> => {
    const ids: string[] = [];
    let before: string | undefined;
    do {
      const page = await listEvents(db.pool, { ...filter, limit, before });
      expect(page.events.length).to.be.at.most(limit);
      expect(page.searchedUntil?.getTime()).to.equal(page.next && uuidTime(page.next).getTime());
      ids.push(...page.events.map(({ id }) => id));
      before = page.next;
    } while (before !== undefined);
    return ids;
  };

  const cases: readonly (readonly [string, EventFilter, (each: Made) => boolean])[] = [
    ['between two times', { since: ago(3), until: ago(2.7) }, () => true],
    ['of a name', { eventName: 'tag_assign', since: ago(1) }, ({ name }) => name === 'tag_assign'],
    ['that went to nobody', { undelivered: true }, ({ deliveries }) => deliveries === 0],
    ['that went to somebody', { undelivered: false, since: ago(1) }, ({ deliveries }) => deliveries > 0],
    ['of a record', { record: 'person:7' }, ({ record }) => record === 'person:7'],
    [
      'of a record and a name',
      { record: 'person:7', eventName: 'tag_assign' },
      ({ record, name }) => record === 'person:7' && name === 'tag_assign',
    ],
    ['of a resource', { record: 'thing' }, ({ resource }) => resource === 'thing'],
    ['with a part of an id', { text: 'A1B' }, ({ id }) => id.includes('a1b')],
  ];
  for (const [name, filter, holds] of cases) {
    it(`holds those ${name}`, async () => {
      const { since = ago(99), until = ago(0) } = filter;
      const expected = all.filter(
        (each) => holds(each) && each.id >= lowestUuid(since) && each.id < lowestUuid(until),
      );
      expect(expected).to.not.be.empty;
      expect(await listed(filter, 150)).to.deep.equal(expected.map(({ id }) => id));
    });
  }

  it('finds the oldest of many', async () => {
    const oldest = all.at(-1)!.id;
    expect(await listed({ text: oldest.toUpperCase() }, 50)).to.deep.equal([oldest]);
  });

  it('knows that a full page is the last one', async () => {
    const { events, next, searchedUntil } = await listEvents(db.pool, { record: 'person:7', limit: 240 });
    expect([events.length, next, searchedUntil]).to.deep.equal([240, undefined, null]);
    expect(events[0]).to.have.all.keys(
      ...[
        'id',
        'name',
        'resource',
        'recordKey',
        'tenant',
        'requestId',
        'deliveries',
        'changedAt',
        'createdAt',
      ],
    );
  });

  it('looks at few rows, however rare what is looked for', async () => {
    for (const [filter, most] of [
      [{}, 200],
      [{ until: ago(6) }, 200],
      [{ record: 'person:7' }, 200],
      [{ record: 'person:7', eventName: 'nothing' }, 300],
      [{ eventName: 'nothing' }, 6_000],
      [{ text: 'zz' }, 6_000],
      [{ record: 'nothing' }, 6_000],
    ] as const) {
      const counting = countingRows(db);
      await listEvents(counting.db, filter);
      expect(counting.rows(), JSON.stringify(filter)).to.be.within(1, most);
    }
  });
});
