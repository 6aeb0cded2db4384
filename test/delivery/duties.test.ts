import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { pino } from 'pino';
import { Duties } from '../../src/delivery/duties.ts';
import { waitUntil } from '../support/wait.ts';

describe('duties', () => {
  const failures: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line) => failures.push(line) });

  it('are never under way twice at once, go on after a failure, and end with what is under way', async () => {
    const duties = new Duties(log);
    let [underWay, most, rounds] = [0, 0, 0];
    let open = (): void => {};
    let gate: Promise<void> | undefined;
    const work = async (): Promise<void> => {
      underWay += 1;
      most = Math.max(most, underWay);
      for (let turns = 0; turns < 5; turns++) await setImmediate();
      await gate;
      underWay -= 1;
      rounds += 1;
      if (rounds === 3) throw new Error('the third one');
    };
    duties.every('it', 1, 1, work);
    await waitUntil(
      async () => {
        await duties.round('it', work);
        return rounds > 20;
      },
      { what: 'many rounds' },
    );
    gate = new Promise((resolve) => {
      open = resolve;
    });
    await waitUntil(() => underWay === 1, { what: 'a round to begin' });
    void duties.round('it', work);
    let ended = false;
    const stopped = duties.stop().then(() => {
      ended = true;
    });
    for (let turns = 0; turns < 5; turns++) await setImmediate();
    expect(ended).to.equal(false);
    open();
    await stopped;
    expect([underWay, most, failures.length]).to.deep.equal([0, 1, 1]);

    const done = rounds;
    const others = new Duties(log);
    let later = 0;
    others.every('another', 1, 1, async () => {
      later += 1;
    });
    await waitUntil(() => later > 5, { what: 'another duty to come round' });
    await others.stop();
    expect(rounds).to.equal(done);
  });
});
