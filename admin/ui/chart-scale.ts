/** The upper end of a linear axis: a round number above all values, so that the top line has a label. */
export function niceMax(values: readonly (number | null)[], least = 0): number {
  let most = least;
  for (const value of values) if (value !== null && value > most) most = value;
  if (most <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  for (const step of [1, 2, 2.5, 5, 10]) if (most <= step * power) return step * power;
  return most;
}

/** Whole powers of ten around all values that are above 0; at least two of them apart, so that small changes look small. */
export function logRange(values: readonly (number | null)[]): [min: number, max: number] {
  const found = values.filter((value): value is number => value !== null && value > 0);
  if (found.length === 0) return [1, 1_000];
  const min = Math.floor(Math.log10(found.reduce((a, b) => Math.min(a, b))));
  const max = Math.ceil(Math.log10(found.reduce((a, b) => Math.max(a, b))));
  return [10 ** min, 10 ** Math.max(max, min + 2)];
}

/** The power of ten that no value is above: 10 at least. */
export function powerAbove(values: readonly (number | null)[]): number {
  const most = values.reduce<number>((a, b) => Math.max(a, b ?? 0), 10);
  return 10 ** Math.ceil(Math.log10(most));
}

/** Each value with what lies below it in the stack: the tops of the bars. */
export function stacked(series: readonly (readonly (number | null)[])[]): number[][] {
  const tops: number[][] = [];
  for (const values of series) {
    const below = tops.at(-1);
    tops.push(values.map((value, index) => (below?.[index] ?? 0) + (value ?? 0)));
  }
  return tops;
}

/** Where a value stands alone between gaps: a line would not show it, so it gets a point. */
export function lonely(values: readonly (number | null | undefined)[]): number[] {
  const none = (value: number | null | undefined) => value === null || value === undefined;
  return values.flatMap((value, index) =>
    !none(value) && none(values[index - 1]) && none(values[index + 1]) ? [index] : [],
  );
}

const day = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric' });
const clock = new Intl.DateTimeFormat('en-US', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const seconds = new Intl.DateTimeFormat('en-US', { timeStyle: 'medium', hourCycle: 'h23' });

/** The label of a time at the axis: `14:05`, or at midnight (and where a step is a day) `Mon 23`; `14:05:10` where a step is below a minute. */
export function axisTime(ms: number, stepSeconds: number): string {
  if (stepSeconds < 60) return seconds.format(ms);
  const time = clock.format(ms);
  return stepSeconds >= 86_400 || time === '00:00' ? day.format(ms) : time;
}

/** A bucket in words: `14:05 – 14:06`, of half an hour and more `Mon 23, 14:00 – 15:00`; of a moment (0 s) `14:05:09`. */
export function bucketWords(ms: number, bucketSeconds: number): string {
  if (bucketSeconds === 0) return seconds.format(ms);
  const span = `${clock.format(ms)} – ${clock.format(ms + bucketSeconds * 1_000)}`;
  return bucketSeconds >= 1_800 ? `${day.format(ms)}, ${span}` : span;
}
