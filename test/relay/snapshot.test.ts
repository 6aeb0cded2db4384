import { expect } from 'chai';
import { highestXmax } from '../../src/relay/cursor/rebase.ts';
import { firstLane, nextWindow } from '../../src/relay/lanes/lane.ts';
import { parseSnapshot, rebasedIds, snapshotAt } from '../../src/relay/window/snapshot.ts';
import { lateOf } from '../../src/relay/window/window.ts';

/** Numbers of JavaScript cannot tell it from the next one. */
const id = 2n ** 53n;

const window = (consumed: string, snapshot: string) =>
  nextWindow({ ...firstLane, consumed }, { snapshot, number: 1, floorSeq: 0, ceilingSeq: 9 });

describe('snapshots', () => {
  it('keep every digit of ids that no number can hold', () => {
    expect(parseSnapshot(`${id}:${id + 3n}:${id},${id + 1n}`)).to.eql({
      xmin: id,
      xmax: id + 3n,
      xip: [String(id), String(id + 1n)],
    });
    expect(parseSnapshot(snapshotAt(rebasedIds.end)).xmax).to.equal(9223372036854775807n);
  });

  it('tell transactions that have ended since from those that go on, by the last digit', () => {
    const before = `${id}:${id + 2n}:${id},${id + 1n}`;
    const until = `${id + 1n}:${id + 9n}:${id + 1n}`;
    expect(lateOf(window(before, until))).to.eql([String(id)]);
    // An earlier one: the second had not begun.
    const earlier = `${id + 1n}:${id + 1n}:`;
    expect(lateOf(window(before, earlier))).to.eql([String(id)]);
  });

  it('say the highest id that lanes speak of, and of rebased ones what comes after', () => {
    const lanes = [
      { ...firstLane, consumed: `5:${id}:`, reading: `5:${id + 1n}:` },
      { ...firstLane, consumed: snapshotAt(rebasedIds.first), thenConsumed: '7:9:' },
    ];
    expect(highestXmax(lanes)).to.equal(id + 1n);
  });
});
