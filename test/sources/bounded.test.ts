import { expect } from 'chai';
import { mapBounded } from '../../src/sources/bounded.ts';
import { never } from './kit.ts';

describe('a bounded map', () => {
  /** Ends only when it is broken off. */
  const untilBroken = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

  it('gives results in the order of the items, whatever ends first', async () => {
    const ends: Array<() => void> = [];
    const all = mapBounded([1, 2, 3], 3, never, async (n) => {
      await new Promise<void>((resolve) => ends.push(resolve));
      return n * 10;
    });
    for (const end of ends.toReversed()) end();
    expect(await all).to.deep.equal([10, 20, 30]);
  });

  it('has no more under way than it may, and no fewer', async () => {
    let [underWay, most] = [0, 0];
    await mapBounded([...Array(20).keys()], 4, never, async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise(setImmediate);
      underWay -= 1;
    });
    expect(most).to.equal(4);
  });

  it('breaks the others off at the first failure, starts no more, and says what failed', async () => {
    const started: number[] = [];
    let brokenOff = 0;
    const failure = new Error('the first');
    const outcome = await mapBounded([1, 2, 3, 4, 5], 3, never, async (n, signal) => {
      started.push(n);
      if (n === 2) throw failure;
      await untilBroken(signal).finally(() => {
        brokenOff += 1;
      });
    }).catch((error: unknown) => error);
    expect(outcome).to.equal(failure);
    expect(started).to.deep.equal([1, 2, 3]);
    expect(brokenOff).to.equal(2);
  });

  it('is broken off from without, also before it begins', async () => {
    const stop = new AbortController();
    const under = mapBounded([1, 2], 1, stop.signal, (_, signal) => untilBroken(signal));
    stop.abort(new Error('stopped'));
    expect(String(await under.catch(String))).to.equal('Error: stopped');
    let started = false;
    const late = mapBounded([1], 1, stop.signal, async (_, signal) => {
      started = true;
      signal.throwIfAborted();
    });
    expect(await late.catch(String)).to.equal('Error: stopped');
    expect(started).to.equal(false);
  });
});
