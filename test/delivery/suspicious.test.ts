import { expect } from 'chai';
import { startsMax } from '../../src/delivery/sending.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { dispatcherKit } from './dispatcher-kit.ts';
import * as queue from './queue.ts';

describe('a delivery that was begun more often than it ended', () => {
  const kit = dispatcherKit();
  const { receiver, start } = kit;
  let db: TestDatabase;
  beforeEach(() => {
    db = kit.db();
  });
  const startsAre = (starts: number) => db.query('update rowhook.delivery set starts = $1', [starts]);

  it('is sent alone, its start counted just before, while others go on', async () => {
    let open = 0;
    let most = 0;
    const seen: number[] = [];
    const well = await receiver();
    const sick = await receiver(async () => {
      open += 1;
      most = Math.max(most, open);
      const { rows } = await db.query<{ most: number }>('select max(starts) as most from rowhook.delivery');
      seen.push(rows[0]?.most ?? 0);
      open -= 1;
      return {};
    });
    for (let n = 0; n < 3; n += 1) {
      await queue.enqueue(db, await queue.addEndpoint(db, sick.url()), queue.payloads(4));
    }
    await startsAre(2);
    const other = await queue.addEndpoint(db, well.url());
    await queue.enqueue(db, other, queue.payloads(20));
    const { dispatcher } = await start();
    await well.waitFor(20);
    await kit.recorded(32);
    await dispatcher.stop();
    expect(most).to.equal(1);
    expect(seen[0], 'by the time of the request').to.equal(3);
    expect(await queue.count(db, 'delivery')).to.equal(0);
  });

  it(`is ended without a request after ${startsMax} starts`, async () => {
    const server = await receiver();
    const id = await queue.addEndpoint(db, server.url());
    const [poison] = await queue.enqueue(db, id);
    await startsAre(startsMax);
    await queue.enqueue(db, id);
    const { dispatcher, lines } = await start();
    await kit.recorded(2);
    await dispatcher.stop();
    expect(server.requests).to.have.length(1);
    expect((await queue.attempts(db, poison))[0]).to.include({
      verdict: 'exhausted',
      reason: 'process_died',
      detail: 'begun 5 times, ended 0 times',
    });
    expect(lines.find((line) => line.delivery === poison)).to.include({ reason: 'process_died', level: 40 });
  });

  it('counts no start where it is given back', async () => {
    const server = await receiver(() => ({ hang: true }));
    await queue.enqueue(db, await queue.addEndpoint(db, server.url()), queue.payloads(4));
    await startsAre(2);
    const { dispatcher } = await start({ options: { timeoutMs: 30_000 } });
    await server.waitFor(1);
    await dispatcher.stop('abort');
    expect(await queue.count(db, 'delivery where starts = 2 and attempts = 0 and lease is null')).to.equal(4);
  });

  it('is not sent where its start cannot be counted', async () => {
    const server = await receiver();
    await queue.enqueue(db, await queue.addEndpoint(db, server.url()));
    await startsAre(2);
    await db.query(`
      create function refuse() returns trigger language plpgsql as $$ begin raise 'not today'; end $$;
      create trigger refuse before update of starts on rowhook.delivery for each row
        when (new.starts = 3) execute function refuse()`);
    const { dispatcher, lines } = await start();
    await waitUntil(
      () => lines.some((line) => line.msg === 'start of a delivery cannot be counted: not sent'),
      {
        what: 'the failed start',
      },
    );
    await dispatcher.stop();
    expect(server.requests).to.have.length(0);
    expect(await queue.count(db, 'delivery where starts = 2 and lease is null')).to.equal(1);
  });
});
