import { expect } from 'chai';
import pg from 'pg';
import { capturedCrm } from '../fixtures/captured.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { events, named, startRelay, subscribe } from './relay-run.ts';

type Query = (this: pg.Client, ...given: unknown[]) => unknown;
const original = pg.Client.prototype.query as Query;

describe('a relay whose ring its own daemon does not hear', () => {
  let db: TestDatabase;
  const stops: Array<() => Promise<unknown>> = [];
  beforeEach(async () => {
    db = await capturedCrm();
    await subscribe(db);
  });
  afterEach(async () => {
    pg.Client.prototype.query = original as typeof pg.Client.prototype.query;
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  it('tells of deliveries also where the answer to their commit is lost', async () => {
    let told = 0;
    const run = await startRelay(db, {
      onDeliveries: () => {
        told += 1;
      },
    });
    stops.push(run.stop);
    await run.relay.ready();
    let lost = 0;
    pg.Client.prototype.query = function (...given) {
      const answer = original.apply(this, given);
      // Of the page that has the event alone: whoever asks else looks for what is committed.
      if (given[0] !== 'commit' || told > 0 || lost > 0) return answer;
      return (answer as Promise<unknown>).then(async (result) => {
        if (named(await events(db)).length === 0) return result;
        lost += 1;
        throw new Error('the answer is lost');
      });
    } as Query as typeof pg.Client.prototype.query;
    await db.query(`update tags set name = 'x' where id = 29`);
    await waitUntil(() => told > 0, { what: 'the dispatcher to be told' });
    expect([lost, named(await events(db))]).to.deep.equal([1, ['tag_update 29']]);
  });
});
