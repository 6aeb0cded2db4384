import { expect } from 'chai';
import { createSlices, inSlices, mostCharacters, whileRoom } from '../../src/relay/payloads/slices.ts';

describe('slices of a page', () => {
  /** How many events each slice takes, when their payloads are this long. */
  function taken(lengths: readonly number[]): number[] {
    const slices = createSlices(lengths.length);
    const counts: number[] = [];
    for (let range = slices.next(); range; range = slices.next()) {
      const some = lengths.slice(...range);
      const end = some.findIndex((length) => !slices.takes('x'.repeat(length)));
      counts.push(end < 0 ? some.length : end);
    }
    return counts;
  }

  it('are of 500 events where payloads are small', () => {
    expect(taken(Array.from({ length: 1_200 }, () => 1_000))).to.eql([500, 500, 200]);
  });

  it('end before the payload for which there is no room, and are shorter from then on', () => {
    const half = mostCharacters / 2;
    expect(taken([half, half, half, half, half])).to.eql([2, 2, 1]);
  });

  it('have room for one payload, however long', () => {
    expect(taken([10, mostCharacters * 2, mostCharacters * 2, 10])).to.eql([1, 1, 1, 1]);
  });

  it('are cut where lengths that are known before come to more than there is room for', () => {
    const half = mostCharacters / 2;
    const cut = (lengths: readonly number[]) => whileRoom(lengths, (length) => length);
    expect(cut([half, half, 1, 1])).to.eql([half, half]);
    expect(cut([3 * half, 1])).to.eql([3 * half]);
    expect(cut([1, 2, 3])).to.eql([1, 2, 3]);
  });

  it('grow again behind a large payload', () => {
    const counts = taken([mostCharacters, ...Array.from({ length: 999 }, () => 10)]);
    expect(counts.slice(0, 4)).to.eql([1, 1, 2, 4]);
    expect(counts.reduce((sum, count) => sum + count)).to.equal(1_000);
  });

  it('take an event alone that had no room beside those that were read with it', () => {
    const slices = createSlices(10);
    expect(slices.next()).to.eql([0, 10]);
    // Nothing was taken.
    expect(slices.next()).to.eql([0, 1]);
  });

  it('are asked for before the last one is written, and in turn only after it', async () => {
    const order = async (inTurn: boolean) => {
      const slices = createSlices(1_000);
      const steps: string[] = [];
      await inSlices(
        slices,
        async (from, to) => {
          steps.push(`read ${from}`);
          for (let i = from; i < to; i++) slices.takes('');
          return from;
        },
        async (from) => {
          steps.push(`write ${from}`);
        },
        inTurn,
      );
      return steps;
    };
    expect(await order(false)).to.eql(['read 0', 'read 500', 'write 0', 'write 500']);
    expect(await order(true)).to.eql(['read 0', 'write 0', 'read 500', 'write 500']);
  });

  it('fail with what made a slice fail that is being written while the next one is read', async () => {
    const slices = createSlices(1_000);
    const error = await inSlices(
      slices,
      async (from, to) => {
        for (let i = from; i < to; i++) slices.takes('');
      },
      async () => {
        throw new Error('not written');
      },
      false,
    ).catch(String);
    expect(error).to.equal('Error: not written');
  });

  it('leave the last one to be waited for by whoever ends the page', async () => {
    const slices = createSlices(1);
    const { written } = await inSlices(
      slices,
      async () => {
        slices.takes('');
      },
      async () => {
        throw new Error('not written');
      },
      false,
    );
    expect(await written.catch(String)).to.equal('Error: not written');
  });

  it('fail with the cause, also where what follows from it is heard of first', async () => {
    const failed = (code: string) => Object.assign(new Error(code), { code });
    const slices = createSlices(1_000);
    let reads = 0;
    const error = await inSlices(
      slices,
      async (from, to) => {
        for (let i = from; i < to; i++) slices.takes('');
        reads += 1;
        if (reads < 2) return;
        // pg reads both answers at once; this one goes through more hands.
        await Promise.resolve()
          .then(() => {})
          .then(() => {});
        throw failed('22021');
      },
      async () => {
        throw failed('25P02');
      },
      false,
    ).catch((thrown: { code: string }) => thrown);
    expect(error).to.have.property('code', '22021');
  });
});
