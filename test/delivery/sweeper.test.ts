import { expect } from 'chai';
import pg from 'pg';
import { pino } from 'pino';
import { v7 } from 'uuid';
import { dayName } from '../../src/delivery/days.ts';
import { makePartition } from '../../src/delivery/partitions.ts';
import { deleteOrphans, moveDueRetries } from '../../src/delivery/retries.ts';
import { createSweeper, type SweeperParts } from '../../src/delivery/sweeper.ts';
import type { Lifetime } from '../../src/lifetime.ts';
import { dayMs } from '../../src/uuid-time.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { addEndpoint, count, enqueue, type LogLine, payloads, queueDatabase } from './queue.ts';

/** So that the duties come round only when a test means them to. */
const never = '0 0 0 1 1 *';

describe('sweeper', () => {
  let db: TestDatabase;
  let lines: LogLine[];
  const running: Lifetime[] = [];

  beforeEach(async () => {
    db = await queueDatabase();
    lines = [];
  });
  afterEach(async () => {
    for (const sweeper of running.splice(0)) await sweeper.stop('abort');
  });

  const sweeperOf = (options: SweeperParts['options'] = {}, wake = () => {}, pool = db.pool): Lifetime => {
    const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) });
    const made = createSweeper({ pool, log, wake, options: { cron: { retries: never }, ...options } });
    running.push(made);
    return made;
  };
  const sweep = async (options: SweeperParts['options'] = {}): Promise<void> => {
    const sweeper = sweeperOf(options);
    await sweeper.start();
    await sweeper.stop();
  };
  const day = (offset: number): Date => new Date(Date.now() + offset * dayMs);
  const partitions = async (table: string): Promise<string[]> => {
    const { rows } = await db.query<{ name: string }>(
      `select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
        where inhparent = $1::regclass order by relname`,
      [`rowhook.${table}`],
    );
    return rows.map(({ name }) => name);
  };
  const addEvent = async (at: Date): Promise<string> => {
    const id = v7({ msecs: at.getTime() });
    await db.query(
      `insert into rowhook.event (id, name, payload, delivery_count, changed_at) values ($1, 'person_update', '{}', 0, now())`,
      [id],
    );
    return id;
  };
  const partitionOf = async (id: string): Promise<string> => {
    const { rows } = await db.query(
      'select tableoid::regclass::text as name from rowhook.event where id = $1',
      [id],
    );
    return rows[0]?.name;
  };

  describe('brings retries back', () => {
    const wait = async (endpoint: string, seconds: number, count = 1): Promise<void> => {
      await enqueue(db, endpoint, payloads(count));
      await db.query(
        `with moved as (delete from rowhook.delivery where attempts = 0 and lease is null returning *)
         insert into rowhook.delivery_waiting (endpoint_id, id, event_id, attempts, due_at)
         select endpoint_id, id, event_id, 3, now() + $1 * interval '1 second' from moved`,
        [seconds],
      );
    };

    it('when their time has come, not sooner, and wakes the dispatcher', async () => {
      const endpoint = await addEndpoint(db, 'http://127.0.0.1:9/');
      await wait(endpoint, -1, 3);
      await wait(endpoint, 60, 2);
      let woken = 0;
      const sweeper = sweeperOf({ cron: {} }, () => {
        woken += 1;
      });
      await sweeper.start();
      await waitUntil(() => woken > 0, { what: 'the dispatcher to be woken' });
      await sweeper.stop();
      const { rows } = await db.query(
        'select endpoint_id::text, attempts, starts, lease from rowhook.delivery',
      );
      expect(rows).to.deep.equal(
        Array(3).fill({ endpoint_id: endpoint, attempts: 3, starts: 3, lease: null }),
      );
      expect(await count(db, 'delivery_waiting')).to.equal(2);
    });

    it('a thousand at a time, the oldest first, until none is left', async () => {
      const endpoint = await addEndpoint(db, 'http://127.0.0.1:9/');
      await wait(endpoint, -1, 600);
      await wait(endpoint, -5, 600);
      const first = await moveDueRetries(db.pool, new Date(0));
      expect(first).to.include({ taken: 1_000, moved: 1_000 });
      const { rows } = await db.query(
        `select due_at < now() - interval '3 seconds' as old from rowhook.delivery_waiting`,
      );
      expect(rows).to.deep.equal(Array(200).fill({ old: false }));
      const sweeper = sweeperOf({ cron: {} });
      await sweeper.start();
      await waitUntil(async () => (await count(db, 'delivery')) === 1_200, { what: 'the rest' });
      await sweeper.stop();
    });

    it('none of an endpoint that is gone, nor one that is due already', async () => {
      const endpoint = await addEndpoint(db, 'http://127.0.0.1:9/');
      const gone = await addEndpoint(db, 'http://127.0.0.1:9/');
      await wait(endpoint, -1, 2);
      await wait(gone, -1, 2);
      await db.query('delete from rowhook.endpoint where id = $1', [gone]);
      await db.query(
        `insert into rowhook.delivery (endpoint_id, id, event_id, attempts)
         select endpoint_id, id, event_id, 11 from rowhook.delivery_waiting where endpoint_id = $1 limit 1`,
        [endpoint],
      );
      expect(await moveDueRetries(db.pool, new Date(0))).to.include({ taken: 4, moved: 1 });
      expect((await db.query('select attempts from rowhook.delivery order by 1')).rows).to.deep.equal([
        { attempts: 3 },
        { attempts: 11 },
      ]);
      expect(await count(db, 'delivery_waiting')).to.equal(0);
    });

    it('each once, however many sweep', async () => {
      await wait(await addEndpoint(db, 'http://127.0.0.1:9/'), -1, 500);
      const moved = await Promise.all(Array.from({ length: 4 }, () => moveDueRetries(db.pool, new Date(0))));
      expect(moved.reduce((sum, each) => sum + each.moved, 0)).to.equal(500);
      expect(await count(db, 'delivery')).to.equal(500);
    });

    it('which became due in time, and looks at nothing from before', async () => {
      await wait(await addEndpoint(db, 'http://127.0.0.1:9/'), -100, 1);
      expect(await moveDueRetries(db.pool, new Date(Date.now() - 50_000))).to.include({ taken: 0 });
      expect(await moveDueRetries(db.pool, new Date(Date.now() - 150_000))).to.include({ taken: 1 });
    });
  });

  it('takes away what is owed to endpoints that are gone', async () => {
    const endpoints: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      const endpoint = await addEndpoint(db, 'http://127.0.0.1:9/');
      endpoints.push(endpoint);
      await enqueue(db, endpoint, payloads(2));
    }
    await db.query('delete from rowhook.endpoint where id = any ($1)', [[endpoints[0], endpoints[2]]]);
    expect(await deleteOrphans(db.pool)).to.equal(4);
    expect((await db.query('select endpoint_id::text as id from rowhook.delivery')).rows).to.deep.equal(
      Array(2).fill({ id: endpoints[1] }),
    );
    expect(await deleteOrphans(db.pool)).to.equal(0);
  });

  describe('keeps a partition for each day', () => {
    it('from today to three days ahead', async () => {
      await sweep();
      const days = [0, 1, 2, 3].map((offset) => dayName(day(offset)));
      for (const table of ['event', 'attempt']) {
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
      await sweep();
      const { rows } = await db.query(
        `select relname, count(indexrelid)::int as indexes from pg_inherits join pg_class on pg_class.oid = inhrelid
          left join pg_index on indrelid = inhrelid where inhparent = 'rowhook.attempt'::regclass group by relname`,
      );
      expect(rows.map((row) => row.indexes)).to.deep.equal([2, 2, 2, 2, 2]);
    });

    it('once, however many daemons there are and however often they do', async () => {
      await Promise.all([sweep(), sweep(), sweep()]);
      await sweep();
      expect(await partitions('event')).to.have.length(5);
      expect(lines.filter((line) => line.msg === 'partition made')).to.have.length(8);
      expect(lines.filter((line) => line.level > 30)).to.deep.equal([]);
    });

    it('and moves into it what had come before it', async () => {
      const today = await addEvent(day(0));
      const later = await addEvent(day(9));
      await sweep();
      expect(await partitionOf(today)).to.equal(`rowhook.event_${dayName(day(0))}`);
      expect(await partitionOf(later)).to.equal('rowhook.event_rest');
    });

    it('unless too much has come before it', async () => {
      await db.query(
        `insert into rowhook.event (id, name, delivery_count, changed_at)
         select (left($1, 18) || '-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'x', 0, now() from generate_series(1, 10001) n`,
        [v7()],
      );
      await sweep();
      expect(await partitions('event')).to.not.include(`event_${dayName(day(0))}`);
      expect(await partitions('event')).to.include(`event_${dayName(day(1))}`);
      expect(await count(db, 'event_rest')).to.equal(10_001);
      expect(lines.filter((line) => line.level > 30)).to.deep.equal([]);
    });

    it('though somebody is reading and writing', async () => {
      const reader = new pg.Client({ connectionString: db.url });
      await reader.connect();
      await makePartitionOn(db, day(0));
      await reader.query('begin');
      await reader.query(`select * from rowhook.event_${dayName(day(0))}`);
      await reader.query(
        `insert into rowhook.event (id, name, delivery_count, changed_at) values ($1, 'x', 0, now())`,
        [v7()],
      );
      await sweep();
      await reader.query('commit');
      await reader.end();
      expect(await partitions('event')).to.have.length(5);
    });

    it('later, when the table stays in use, and lets others by meanwhile', async () => {
      const reader = new pg.Client({ connectionString: db.url });
      await reader.connect();
      await reader.query('begin; select * from rowhook.event_rest');
      const waits = async () => {
        const { rows } = await db.query(
          `select from pg_locks where not granted and relation = 'rowhook.event_rest'::regclass`,
        );
        return rows.length > 0;
      };
      const sweeper = sweeperOf();
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
      for (const offset of [-31, -30, -3, -2, -1]) await makePartitionOn(db, day(offset));
      const old = [await addEvent(day(-31)), await addEvent(day(-3))];
      const kept = await addEvent(day(-2));
      await sweep({ retentionDays: 2 });
      expect((await partitions('event')).filter((name) => name <= `event_${dayName(day(0))}`)).to.deep.equal(
        [-2, -1, 0].map((offset) => `event_${dayName(day(offset))}`),
      );
      const { rows } = await db.query<{ id: string }>('select id from rowhook.event');
      expect(rows).to.deep.equal([{ id: kept }]);
      expect(old).to.have.length(2);
      expect(lines.map((line) => line.msg)).to.include('partitions dropped: older than what retention keeps');
    });

    it('also where no partition was made for it', async () => {
      await addEvent(day(-31));
      const kept = await addEvent(day(-29));
      await sweep();
      expect((await db.query('select id from rowhook.event')).rows).to.deep.equal([{ id: kept }]);
    });
  });

  it('logs a duty that fails, and does it again', async () => {
    await db.query('alter table rowhook.delivery_waiting rename to hidden');
    const sweeper = sweeperOf({ cron: {} });
    await sweeper.start();
    await waitUntil(() => lines.some((line) => line.msg === 'duty failed; it will be tried again'), {
      what: 'a failure',
    });
    await db.query('alter table rowhook.hidden rename to delivery_waiting');
    const endpoint = await addEndpoint(db, 'http://127.0.0.1:9/');
    await db.query(
      `insert into rowhook.delivery_waiting values ($1, gen_random_uuid(), gen_random_uuid(), 1, now())`,
      [endpoint],
    );
    await waitUntil(async () => (await count(db, 'delivery')) === 1, { what: 'the retry' });
    await sweeper.stop();
  });

  it('keeps the contract of everything that runs', async () => {
    const sweeper = sweeperOf();
    await Promise.all([sweeper.start(), sweeper.start()]);
    await Promise.all([sweeper.stop(), sweeper.stop('abort')]);
    await sweeper.start();
    const unstarted = sweeperOf();
    await unstarted.stop();
    await unstarted.start();
    expect(lines.filter((line) => line.level > 30)).to.deep.equal([]);
  });
});

async function makePartitionOn(db: TestDatabase, at: Date): Promise<void> {
  const client = await db.pool.connect();
  try {
    expect(await makePartition(client, 'event', at)).to.equal('made');
  } finally {
    client.release();
  }
}
