import { expect } from 'chai';
import fc from 'fast-check';
import pg from 'pg';
import { pino } from 'pino';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { createBell } from '../../src/relay/bell.ts';
import { createRelay } from '../../src/relay/relay.ts';
import { capturedCrm } from '../fixtures/captured.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { type SteppedConnection, steppedConnection } from './stepped-connection.ts';

/** A change that waits for the poll never comes within a test. */
const neverMs = 600_000;
/** Nothing is under way for so long: the relay sleeps, or dozes. */
const silenceMs = 4;
const tries = 2_000;

/** Where a writer's steps fall between the statements of a relay that goes to sleep. */
interface Race {
  /** Before this statement the writer begins, and writes, and so learns whether it must ring. */
  readonly writes: number;
  /** So many statements later it commits; all further ones come when nothing is under way. */
  readonly commitsAfter: number;
  readonly isolation: 'read committed' | 'repeatable read';
  /** A savepoint that is rolled back takes its ring, and the mark that it rang, with it. */
  readonly savepoint: boolean;
  /** Another transaction of nobody's concern is open all the while. */
  readonly bystander: boolean;
}

const race: fc.Arbitrary<Race> = fc.record({
  writes: fc.integer({ min: 0, max: 24 }),
  commitsAfter: fc.integer({ min: 0, max: 12 }),
  isolation: fc.constantFrom('read committed', 'repeatable read'),
  savepoint: fc.boolean(),
  bystander: fc.boolean(),
});

describe('a relay that goes to sleep while writers write', function () {
  this.timeout(180_000);
  const stops: Array<() => Promise<unknown>> = [];

  async function sleepingRelay(db: TestDatabase): Promise<SteppedConnection> {
    const way = await steppedConnection(db.url);
    stops.push(() => way.close());
    const log = pino({ level: process.env.ROWHOOK_TEST_LOG ?? 'silent' });
    const bell = createBell({ connection: { connectionString: db.url }, log });
    const relay = createRelay({
      connection: { connectionString: way.url },
      catalog: siteStacker(),
      log,
      bell,
      onDeliveries: () => {},
      pollMs: neverMs,
      drowsyMs: 0,
    });
    await bell.start();
    await relay.start();
    stops.push(
      () => relay.stop(),
      () => bell.stop(),
    );
    await waitUntil(() => relay.standing() === 'asleep', { what: 'the relay to fall asleep' });
    await way.silent(100);
    return way;
  }

  async function session(db: TestDatabase): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: db.url });
    await client.connect();
    stops.push(() => client.end());
    return client;
  }

  async function raceOften(db: TestDatabase, numRuns: number): Promise<void> {
    const way = await sleepingRelay(db);
    const [writer, waker, bystander] = [await session(db), await session(db), await session(db)];
    let lastId = 100_000;
    const arrival = (id: number) =>
      waitUntil(
        async () =>
          (
            await waker.query({
              name: 'arrived',
              text: `select from rowhook.event where resource = 'tag' and record_key = $1`,
              values: [String(id)],
            })
          ).rowCount === 1,
        { what: `the event of ${id}`, timeoutMs: 5_000 },
      );

    await fc.assert(
      fc.asyncProperty(race, async ({ writes, commitsAfter, isolation, savepoint, bystander: isOpen }) => {
        const [woken, undone, raced] = [++lastId, ++lastId, ++lastId];
        const insert = (id: number) => `insert into tags (id, name) values (${id}, 'raced')`;
        const steps = [
          {
            at: writes,
            async step() {
              await writer.query(`begin isolation level ${isolation}`);
              if (savepoint) await writer.query(`savepoint s; ${insert(undone)}; rollback to s`);
              await writer.query(insert(raced));
            },
          },
          { at: writes + commitsAfter, step: () => writer.query('commit') },
        ];
        if (isOpen) await bystander.query('begin; select pg_current_xact_id()');
        way.restart();
        way.before = async (statement) => {
          while (steps[0] && steps[0].at <= statement) await steps.shift()!.step();
        };
        await waker.query(insert(woken));
        await arrival(woken);
        if (steps.length > 0) await way.silent(silenceMs);
        // The relay says nothing more: what is left comes while it sleeps, or dozes.
        way.before = async () => {};
        for (const { step } of steps.splice(0)) await step();
        await arrival(raced);
        if (isOpen) await bystander.query('commit');
      }),
      { numRuns, endOnFailure: true },
    );
    const { rows } = await db.query(
      `select count(*)::int as events from rowhook.event where name = 'tag_create'`,
    );
    expect(rows).to.deep.equal([{ events: 2 * numRuns }]);
  }

  it(`never leaves a change to the poll, in ${tries} races`, async () => {
    try {
      // Two at a time, each with a database of its own: most of a race is waiting.
      await Promise.all([1, 2].map(async () => raceOften(await capturedCrm(), tries / 2)));
    } finally {
      for (const stop of stops.splice(0).reverse()) await stop();
    }
  });
});
