import { expect } from 'chai';
import { pino } from 'pino';
import { dayName } from '../../src/delivery/queue/days.ts';
import { createSweeper } from '../../src/delivery/sweeper.ts';
import { dailyTables } from '../../src/store/daily-tables.ts';
import { waitUntil } from '../support/wait.ts';
import { header, type Running, startSystem } from './running.ts';

describe('partitions of days that somebody has dropped', () => {
  let running: Running;
  before(async () => {
    running = await startSystem({ events: ['tag_update'] });
  });
  after(() => running?.stop());

  const partitions = async (): Promise<string[]> => {
    const { rows } = await running.db.query<{ name: string }>(
      `select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
       where inhparent = any ($1::regclass[]) and relname !~ '_rest$' order by relname`,
      [dailyTables.map((table) => `rowhook.${table}`)],
    );
    return rows.map(({ name }) => name);
  };
  const change = async (name: string): Promise<void> => {
    await running.db.query('update tags set name = $1 where id = 29', [name]);
    await running.receiver.waitFor((requests) => requests.some(({ body }) => body.toString().includes(name)));
  };
  /** Its attempts and the queue: recorded, or nothing. */
  const recorded = async (attempts: number): Promise<void> => {
    await waitUntil(
      async () => {
        const { rows } = await running.db.query<{ made: number; open: number }>(
          `select (select count(*)::int from rowhook.attempt a join rowhook.event e on e.id = a.event_id where e.name = 'tag_update') as made,
             (select count(*)::int from rowhook.delivery) as open`,
        );
        return rows[0]!.made === attempts && rows[0]!.open === 0;
      },
      { what: `${attempts} attempts to be recorded` },
    );
  };

  it('are missed by nobody: all is delivered and recorded, and the sweeper makes them again', async () => {
    await change('Ocean 1');
    await recorded(1);
    const all = await partitions();
    const today = dailyTables.map((table) => `${table}_${dayName(new Date())}`);
    expect(all).to.include.members(today);
    // Those of today with what is in them, and those of the days to come.
    await running.db.query(all.map((name) => `drop table rowhook.${name};`).join(' '));
    for (const n of [2, 3, 4]) await change(`Ocean ${n}`);
    await recorded(3);
    expect(await partitions()).to.eql([]);
    expect(running.arrivals().map((request) => header(request, 'SiteStacker-Event'))).to.eql(
      Array.from({ length: 4 }, () => 'tag_update'),
    );

    // As the daemon does when it starts, and once an hour. What came today lies in the default partitions by now, and stays there.
    const sweeper = createSweeper({ pool: running.db.pool, log: pino({ level: 'silent' }), wake() {} });
    await sweeper.start();
    await sweeper.stop();
    const again = all.filter((name) => !today.includes(name));
    expect(again).to.have.length(3 * dailyTables.length);
    expect(await partitions()).to.include.members(again);
    expect(await partitions()).to.not.include.members([`event_${dayName(new Date())}`]);
    await change('Ocean 5');
    await recorded(4);
    // Counts are written at the ends of minutes, and when it stops.
    await running.daemon.stop();
    expect((await running.db.query('select from rowhook.delivery_stat')).rowCount).to.be.above(0);
  });
});
