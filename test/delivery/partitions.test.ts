import { expect } from 'chai';
import pg from 'pg';
import { v7 } from 'uuid';
import { dayName } from '../../src/delivery/queue/days.ts';
import { makePartition } from '../../src/delivery/queue/partitions.ts';
import { type DailyTable, dailyTables } from '../../src/store/daily-tables.ts';
import { dayMs } from '../../src/uuid-time.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { sweeperKit } from './sweeper-kit.ts';

describe('sweeper', () => {
  const kit = sweeperKit();
  const day = (offset: number): Date => new Date(Date.now() + offset * dayMs);
  const partitions = async (table: string): Promise<string[]> => {
    const { rows } = await kit.db.query<{ name: string }>(
      `select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
        where inhparent = $1::regclass order by relname`,
      [`rowhook.${table}`],
    );
    return rows.map(({ name }) => name);
  };
  const addEvent = async (at: Date): Promise<string> => {
    const id = v7({ msecs: at.getTime() });
    await kit.db.query(
      `insert into rowhook.event (id, name, payload, delivery_count, changed_at) values ($1, 'person_update', '{}', 0, now())`,
      [id],
    );
    return id;
  };
  const addAttempt = async (at: Date): Promise<string> => {
    const id = v7({ msecs: at.getTime() });
    await kit.db.query(
      `insert into rowhook.attempt (id, endpoint_id, delivery_id, event_id, number, started_at, duration_ms, verdict, reason, url, dialect, request_headers)
       values ($1, 1, $1, $1, 1, $2, 1, 'succeeded', 'success', 'https://a.example/', 'standard', '[]')`,
      [id, at],
    );
    return id;
  };
  const partitionOf = async (id: string): Promise<string> => {
    const { rows } = await kit.db.query(
      'select tableoid::regclass::text as name from rowhook.event where id = $1',
      [id],
    );
    return rows[0]?.name;
  };

  describe('keeps a partition for each day', () => {
    it('from today to three days ahead', async () => {
      await kit.sweep();
      const days = [0, 1, 2, 3].map((offset) => dayName(day(offset)));
      for (const table of dailyTables) {
        expect(await partitions(table)).to.deep.equal([
          ...days.map((name) => `${table}_${name}`),
          `${table}_rest`,
        ]);
      }
      expect(await partitionOf(await addEvent(day(0)))).to.equal(`rowhook.event_${dayName(day(0))}`);
      expect(await partitionOf(await addEvent(day(3)))).to.equal(`rowhook.event_${dayName(day(3))}`);
      expect(await partitionOf(await addEvent(day(4)))).to.equal('rowhook.event_rest');
    });

    it('with the indexes and constraints of the others', async () => {
      await kit.sweep();
      const { rows } = await kit.db.query(
        `select relname, count(indexrelid)::int as indexes from pg_inherits join pg_class on pg_class.oid = inhrelid
          left join pg_index on indrelid = inhrelid where inhparent = 'rowhook.attempt'::regclass group by relname`,
      );
      expect(rows.map((row) => row.indexes)).to.deep.equal([3, 3, 3, 3, 3]);
    });

    it('once, however many daemons there are and however often they do', async () => {
      await Promise.all([kit.sweep(), kit.sweep(), kit.sweep()]);
      await kit.sweep();
      expect(await partitions('event')).to.have.length(5);
      expect(kit.lines.filter((line) => line.msg === 'partition made')).to.have.length(12);
      expect(kit.lines.filter((line) => line.level > 30)).to.deep.equal([]);
    });

    it('but leaves a day where it began: in the default partition', async () => {
      const today = await addEvent(day(0));
      await kit.sweep();
      expect(await partitionOf(today)).to.equal('rowhook.event_rest');
      expect(await partitions('event')).to.not.include(`event_${dayName(day(0))}`);
      expect(await partitions('event')).to.include(`event_${dayName(day(1))}`);
      expect(kit.lines.filter((line) => line.level > 30)).to.deep.equal([]);
    });

    it('though somebody is reading and writing', async () => {
      const reader = new pg.Client({ connectionString: kit.db.url });
      await reader.connect();
      await makePartitionOn(kit.db, day(0));
      await reader.query('begin');
      await reader.query(`select * from rowhook.event_${dayName(day(0))}`);
      await reader.query(
        `insert into rowhook.event (id, name, delivery_count, changed_at) values ($1, 'x', 0, now())`,
        [v7()],
      );
      await kit.sweep();
      await reader.query('commit');
      await reader.end();
      expect(await partitions('event')).to.have.length(5);
    });

    it('later, when the table stays in use, and lets others by meanwhile', async () => {
      const reader = new pg.Client({ connectionString: kit.db.url });
      await reader.connect();
      await reader.query('begin; select * from rowhook.event_rest');
      const waits = async () => {
        const { rows } = await kit.db.query(
          `select from pg_locks where not granted and relation = 'rowhook.event_rest'::regclass`,
        );
        return rows.length > 0;
      };
      const sweeper = kit.sweeperOf();
      const starting = sweeper.start();
      await waitUntil(waits, { what: 'the sweeper to wait' });
      await waitUntil(async () => !(await waits()), { what: 'the sweeper to give up' });
      await waitUntil(waits, { what: 'the sweeper to try again' });
      await reader.query('commit');
      await reader.end();
      await starting;
      await sweeper.stop();
      expect(await partitions('event')).to.have.length(5);
    });
  });

  describe('forgets what is older than retention', () => {
    it('by whole days', async () => {
      for (const offset of [-31, -30, -3, -2, -1]) await makePartitionOn(kit.db, day(offset));
      const old = [await addEvent(day(-31)), await addEvent(day(-3))];
      const kept = await addEvent(day(-2));
      await kit.sweep({ retentionDays: 2 });
      expect((await partitions('event')).filter((name) => name <= `event_${dayName(day(0))}`)).to.deep.equal(
        [-2, -1, 0].map((offset) => `event_${dayName(day(offset))}`),
      );
      const { rows } = await kit.db.query<{ id: string }>('select id from rowhook.event');
      expect(rows).to.deep.equal([{ id: kept }]);
      expect(old).to.have.length(2);
      expect(kit.lines.map((line) => line.msg)).to.include(
        'partitions dropped: older than what retention keeps',
      );
    });

    it('and attempts', async () => {
      for (const offset of [-4, -1]) await makePartitionOn(kit.db, day(offset), 'attempt');
      for (const offset of [-40, -4]) await addAttempt(day(offset));
      const kept = [await addAttempt(day(-1)), await addAttempt(day(0))];
      await kit.sweep({ retentionDays: 2 });
      const { rows } = await kit.db.query<{ id: string; part: string }>(
        'select id, tableoid::regclass::text as part from rowhook.attempt order by id',
      );
      expect(rows).to.deep.equal([
        { id: kept[0], part: `rowhook.attempt_${dayName(day(-1))}` },
        { id: kept[1], part: 'rowhook.attempt_rest' },
      ]);
      expect(await partitions('attempt')).to.not.include(`attempt_${dayName(day(-4))}`);
    });

    it('and what is counted of attempts', async () => {
      for (const offset of [-4, -1]) await makePartitionOn(kit.db, day(offset), 'delivery_stat');
      const count = async (offset: number): Promise<void> => {
        await kit.db.query(
          `insert into rowhook.delivery_stat (endpoint_id, id, at, succeeded, retried, exhausted, durations, delays)
           values (0, $1, $2, 1, 0, 0, '{}', '{}')`,
          [v7({ msecs: day(offset).getTime() }), day(offset)],
        );
      };
      for (const offset of [-40, -4, -1, 0]) await count(offset);
      await kit.sweep({ retentionDays: 2 });
      const { rows } = await kit.db.query<{ at: Date; part: string }>(
        'select at, tableoid::regclass::text as part from rowhook.delivery_stat order by at',
      );
      expect(rows.map(({ at, part }) => [dayName(at), part])).to.deep.equal([
        [dayName(day(-1)), `rowhook.delivery_stat_${dayName(day(-1))}`],
        [dayName(day(0)), 'rowhook.delivery_stat_rest'],
      ]);
      expect(await partitions('delivery_stat')).to.not.include(`delivery_stat_${dayName(day(-4))}`);
    });

    it('also where no partition was made for it', async () => {
      await addEvent(day(-31));
      await addAttempt(day(-31));
      const kept = await addEvent(day(-29));
      const keptAttempt = await addAttempt(day(-29));
      await kit.sweep();
      expect((await kit.db.query('select id from rowhook.event')).rows).to.deep.equal([{ id: kept }]);
      expect((await kit.db.query('select id from rowhook.attempt')).rows).to.deep.equal([
        { id: keptAttempt },
      ]);
    });
  });
});

async function makePartitionOn(db: TestDatabase, at: Date, table: DailyTable = 'event'): Promise<void> {
  const client = await db.pool.connect();
  try {
    expect(await makePartition(client, table, at)).to.equal('made');
  } finally {
    client.release();
  }
}
