import { expect } from 'chai';
import { createDoze } from '../../src/relay/doze.ts';
import type { Queryable } from '../../src/store/sql.ts';

/** Answers nothing: nobody who is awake asks. */
const nobody: Queryable = { query: () => Promise.reject(new Error('asked')) };

function awake() {
  const waits: number[] = [];
  const pause = {
    async forMs(ms: number) {
      waits.push(ms);
      return false;
    },
    end() {},
  };
  return { waits, doze: createDoze({ pause, drowsyMs: 3_600_000, pollMs: 1 }) };
}

describe('an awake relay', () => {
  const { now } = performance;
  afterEach(() => {
    performance.now = now;
  });

  it('looks again soon after a page of few changes', async () => {
    const { waits, doze } = awake();
    await doze.worked(nobody, 1);
    await doze.nothingCame(nobody);
    await doze.nothingCame(nobody);
    const [afterFew, afterNone] = waits;
    expect(afterFew).to.be.below(afterNone!);
  });

  it('lets changes share a page where many come', async () => {
    const { waits, doze } = awake();
    await doze.worked(nobody, 100);
    await doze.nothingCame(nobody);
    await doze.nothingCame(nobody);
    const [afterMany, afterNone] = waits;
    expect(afterMany).to.be.above(afterNone!);
  });

  it('waits no longer for more than many', async () => {
    const { waits, doze } = awake();
    for (const changes of [1_000, 1_000_000]) {
      await doze.worked(nobody, changes);
      await doze.nothingCame(nobody);
    }
    expect(waits[1]).to.equal(waits[0]);
  });

  it('looks less and less often while nothing comes', async () => {
    let ms = 0;
    performance.now = () => ms;
    const { waits, doze } = awake();
    await doze.worked(nobody, 1);
    for (ms of [10, 60, 200]) await doze.nothingSeen(nobody);
    const [close, later, quiet] = waits;
    expect(close).to.be.below(later!);
    expect(later).to.be.below(quiet!);
  });
});
