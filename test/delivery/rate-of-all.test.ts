import { expect } from 'chai';
import { waitUntil } from '../support/wait.ts';
import { dispatcherKit } from './dispatcher-kit.ts';
import * as queue from './queue.ts';

const rate = 50;
const deliveries = 110;
/** What a receiver on a busy machine may get at once: 0.4 s of the rate. Two dispatchers that do not know of each other send 1 s of it too many. */
const burst = 20;

describe('the rate of an endpoint that two dispatchers send to', () => {
  const kit = dispatcherKit();
  const { receiver, start } = kit;

  it('holds for both together, as its receiver sees it, and when the one that sends stops', async () => {
    const db = kit.db();
    const server = await receiver();
    const id = await queue.addEndpoint(db, server.url());
    await db.query('update rowhook.endpoint set rate = $2 where id = $1', [id, rate]);
    await queue.enqueue(db, id, queue.payloads(deliveries));
    const both = [await start(), await start()];
    await server.waitFor(deliveries / 2);
    const sent = both.map(({ lines }) => lines.filter(({ msg }) => msg === 'delivered').length);
    const [sending, resting] = sent[0]! > sent[1]! ? both : both.toReversed();
    expect(Math.min(...sent), 'one sends for both').to.equal(0);
    await sending!.dispatcher.stop();
    await waitUntil(async () => (await queue.count(db, 'delivery')) === 0, {
      what: 'the other one to send the rest',
      timeoutMs: 20_000,
    });
    await resting!.dispatcher.stop();
    const ids = server.requests.map(({ headers }) => headers['sitestacker-delivery']);
    expect(new Set(ids).size).to.equal(deliveries);
    expect(ids).to.have.length(deliveries);
    expect(mostBeyond(server.requests.map(({ at }) => at))).to.be.at.most(burst);
  });
});

/** By how many the requests of any time, from one of them to another, are more than the rate allows in it. */
function mostBeyond(times: readonly number[]): number {
  const beyond = times.flatMap((from, first) =>
    times.slice(first).map((until, more) => more + 1 - (rate * (until - from)) / 1_000),
  );
  return Math.max(...beyond);
}
