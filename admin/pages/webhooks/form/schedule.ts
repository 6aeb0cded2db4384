const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const unitMs = { ms: 1, s: second, m: minute, h: hour, d: day } as const;

/** What the server takes: src/wire/endpoint-settings.ts. */
export const schedulesMax = 50;
const shortestMs = second;
const longestMs = 7 * day;

/** Why a text is no schedule: the part that is wrong, and in which way. */
export interface ScheduleProblem {
  readonly kind: 'form' | 'short' | 'long' | 'many';
  readonly part: string;
}

/**
 * Reads pauses before each retry: `5s, 30s, 2m, 1h`, and `10 x 1m` for ten of a minute. Commas, semicolons or spaces between them.
 * @returns milliseconds; empty: no retry
 */
export function parseSchedule(
  text: string,
): { readonly delaysMs: number[] } | { readonly problem: ScheduleProblem } {
  const parts = text
    // A unit or a sign belongs to the number before it, whatever space there is.
    .replace(/(\d)\s+(ms|[smhd])\b/gi, '$1$2')
    .replace(/\s*[x×*]\s*/gi, 'x')
    .split(/[\s,;]+/)
    .filter((part) => part !== '');
  const delaysMs: number[] = [];
  for (const part of parts) {
    const [, times = '1', count = '', unit = ''] =
      /^(?:(\d{1,3})x)?(\d{1,7}(?:\.\d{1,3})?)(ms|[smhd])$/i.exec(part) ?? [];
    const ms = Math.round(
      Number(count || Number.NaN) * (unitMs[unit.toLowerCase() as keyof typeof unitMs] ?? Number.NaN),
    );
    if (Number.isNaN(ms) || Number(times) === 0) return { problem: { kind: 'form', part } };
    if (ms < shortestMs) return { problem: { kind: 'short', part } };
    if (ms > longestMs) return { problem: { kind: 'long', part } };
    delaysMs.push(...Array<number>(Number(times)).fill(ms));
    if (delaysMs.length > schedulesMax) return { problem: { kind: 'many', part } };
  }
  return { delaysMs };
}

/** A schedule as `parseSchedule` reads it: what repeats is told once, `10 x 1m`. */
export function scheduleText(delaysMs: readonly number[]): string {
  return runsOf(delaysMs)
    .map(({ ms, times }) =>
      times > 2 ? `${times} x ${shortDuration(ms)}` : Array(times).fill(shortDuration(ms)).join(', '),
    )
    .join(', ');
}

/** Equal pauses behind each other. */
export function runsOf(delaysMs: readonly number[]): { readonly ms: number; readonly times: number }[] {
  const runs: { ms: number; times: number }[] = [];
  for (const ms of delaysMs) {
    const last = runs.at(-1);
    if (last?.ms === ms) last.times += 1;
    else runs.push({ ms, times: 1 });
  }
  return runs;
}

/** `90s`, `2m`, `24h`: in the largest unit that it is a whole number of. */
export function shortDuration(ms: number): string {
  const [unit, size] = unitsDown.find(([, each]) => ms !== 0 && ms % each === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}
const unitsDown = Object.entries(unitMs).reverse() as [string, number][];

/** `5 s`, `2 min`, `72 h` up to two days and a bit; then days, to a tenth: for people. */
export function plainDuration(ms: number): string {
  if (ms < second) return `${ms} ms`;
  if (ms < minute) return `${tenth(ms / second)} s`;
  if (ms < hour) return `${tenth(ms / minute)} min`;
  if (ms <= 2 * day) return `${tenth(ms / hour)} h`;
  return `${tenth(ms / day)} days`;
}
const tenth = (value: number): string => String(Math.round(value * 10) / 10);
