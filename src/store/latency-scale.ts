/** Each class reaches so many times as far as the one before, in powers of two: its middle is off by less than 15%. */
const step = 0.4;

/** 0 is less than a millisecond; the last one is everything from 70 minutes on. */
export const classCount = 57;

/** The class that a time belongs to. What is less than 0 (clocks differ) is 0. */
export function classOf(ms: number): number {
  if (!(ms >= 1)) return 0;
  return Math.min(classCount - 1, 1 + Math.floor(Math.log2(ms) / step));
}

/** The time in ms that stands for all of a class: its geometric middle. */
export function middleOf(index: number): number {
  return index === 0 ? 0.5 : 2 ** (step * (index - 0.5));
}

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/**
 * Percentiles in ms by nearest rank, each off by less than 15%; null where nothing was counted.
 * @param counts a number for each class; the last ones may be left out
 */
export function percentiles(counts: readonly number[]): Percentiles | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const at = (share: number): number => {
    let left = Math.ceil(share * total);
    const index = counts.findIndex((count) => {
      left -= count;
      return left <= 0;
    });
    return middleOf(index);
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
