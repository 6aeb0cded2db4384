import { expect } from 'chai';
import { pino } from 'pino';
import { changesOf, texts, truncateOf } from '../../src/catalog/define.ts';
import { gapsOf, recordGaps } from '../../src/relay/events/gaps.ts';
import { truncationsOf } from '../../src/relay/events/truncations.ts';
import type { OutboxRow } from '../../src/relay/window/changes.ts';
import { acknowledgeGaps, openGaps } from '../../src/store/gaps.ts';
import { type OwnDatabase, ownDatabase } from './own-catalog.ts';

describe('gaps', () => {
  let own: OwnDatabase;
  const run = (sql: string) => own.db.query(sql);
  const bypassing = (sql: string) =>
    run(`begin; set local session_replication_role = replica; ${sql}; commit`);
  const logged: string[] = [];
  const log = pino({}, { write: (line: string) => logged.push(line) });

  /** Reads the outbox; returns what is open then, as `truncate items 2`. */
  const gaps = async () => {
    await own.turnAll({ log });
    return (await openGaps(own.db)).map(
      ({ kind, table, transactions }) =>
        `${kind} ${table.replaceAll('"', '').replace('public.', '')} ${transactions}`,
    );
  };

  beforeEach(async () => {
    logged.length = 0;
    own = await ownDatabase(
      `create table items (id int primary key, name text); create table tags (id int primary key, item_id int);
       create table visits (id int primary key) partition by range (id); create table visits_1 partition of visits for values from (0) to (10)`,
      {
        name: 'gaps',
        resources: {
          item: {
            table: 'items',
            fields: texts('id'),
            parts: [{ table: 'tags', from: 'item_id', to: 'id' }],
          },
          visit: { table: 'visits', fields: texts('id') },
        },
        events: [...changesOf('item'), ...changesOf('visit'), truncateOf('visit')],
      },
    );
  });
  afterEach(() => own.end());

  it('are what was truncated, and what was written with session_replication_role = replica, counted by transactions', async () => {
    await run('begin; truncate items; truncate items, tags; commit');
    await run('truncate items');
    await bypassing('insert into items values (1); update items set id = 2; truncate items');
    expect(await gaps()).to.eql(['bypassed items 1', 'truncate items 2', 'truncate tags 1']);
    await bypassing('delete from items');
    expect(await gaps()).to.eql(['bypassed items 2', 'truncate items 2', 'truncate tags 1']);
    const lines = logged
      .map((line) => JSON.parse(line))
      .map(({ level, table, msg }) => `${level} ${table} ${msg.split(':')[0]}`);
    expect(lines.filter((line) => line.includes('items'))).to.eql([
      '40 "public"."items" a captured table was written to with session_replication_role = replica, unseen (npx rowhook gaps)',
      '40 "public"."items" a captured table was truncated',
      '40 "public"."items" a captured table was written to with session_replication_role = replica, unseen (npx rowhook gaps)',
    ]);
  });

  it('are not what an event tells; but a partition alone is one', async () => {
    await run('truncate visits');
    expect(await gaps()).to.eql([]);
    expect(logged).to.eql([]);
    // What is empty has lost nothing.
    await run('begin; truncate visits; truncate visits_1; commit');
    expect(await gaps()).to.eql([]);
    await run('truncate visits_1');
    expect(await gaps()).to.eql(['truncate visits 1']);
    await run('truncate visits');
    expect(await gaps()).to.eql(['truncate visits 1']);
  });

  it('span from the first to the last transaction until somebody knows of them, and begin anew then', async () => {
    const at = (op: string, minute: number, xid: string): OutboxRow => ({
      seq: '1',
      xid,
      changed_at: new Date(Date.UTC(2026, 0, 1, 0, minute)),
      capture_id: 1,
      op: op as 't',
      n: 0,
      request_id: null,
      keys: null,
      masks: null,
      vals: ['1'],
    });
    const note = (...rows: OutboxRow[]) =>
      recordGaps(
        own.db,
        gapsOf(rows, truncationsOf(rows), () => false),
      );
    const span = ({
      firstAt,
      lastAt,
      transactions,
    }: {
      firstAt: string;
      lastAt: string;
      transactions: number;
    }) => `${firstAt.slice(14, 16)}–${lastAt.slice(14, 16)} ${transactions}`;
    const open = async () => (await openGaps(own.db)).map(span);
    await note(at('b', 10, '7'), at('b', 5, '8'));
    expect(await open()).to.eql(['05–10 2']);
    await note(at('b', 20, '9'));
    expect(await open()).to.eql(['05–20 3']);
    expect(await acknowledgeGaps(own.db, '"public"."other"')).to.eql([]);
    expect((await acknowledgeGaps(own.db)).map(span)).to.eql(['05–20 3']);
    expect(await open()).to.eql([]);
    expect(await note(at('b', 30, '10'), at('t', 31, '11'))).to.have.length(2);
    expect(await open()).to.eql(['30–30 1', '31–31 1']);
  });

  it('are updated a thousand times at most, and then every ten seconds, so that their rows do not bloat the table', async () => {
    const gap = (second: number, transactions: number) => [
      {
        captureId: 1,
        kind: 'bypassed' as const,
        firstAt: new Date(second * 1_000),
        lastAt: new Date(second * 1_000),
        transactions,
        told: false,
      },
    ];
    expect(await recordGaps(own.db, gap(1, 999))).to.have.length(1);
    expect(await recordGaps(own.db, gap(2, 9))).to.have.length(1);
    expect(await recordGaps(own.db, gap(11, 1))).to.eql([]);
    expect(await recordGaps(own.db, gap(13, 1))).to.have.length(1);
    const { transactions, lastAt } = (await openGaps(own.db))[0]!;
    expect([transactions, Date.parse(lastAt)]).to.eql([1_000, 13_000]);
    const told = gap(14, 0).map((each) => ({ ...each, told: true }));
    expect(await recordGaps(own.db, told)).to.eql([]);
  });

  it('are written with the page that read them, or not at all', async () => {
    await own.endpoint();
    await run(`truncate items; insert into visits values (1)`);
    await run('alter table rowhook.delivery rename to gone');
    await own.turnAll().then(
      () => expect.fail('the page did not fail'),
      () => {},
    );
    expect(await openGaps(own.db)).to.eql([]);
    await run('alter table rowhook.gone rename to delivery');
    expect(await gaps()).to.eql(['truncate items 1']);
  });
});
