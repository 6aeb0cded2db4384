import { kept, type Result } from './harness.ts';

/** What programs read: four keys, and no more. Where it was measured, and how, goes to stderr. */
export function jsonLine(bench: string, result: Result): string {
  const { metrics, bars } = result;
  return JSON.stringify({ bench, metrics, bars, ok: kept(result) });
}

/** What people read: a line for each figure, with its bar. */
export function figureLines({ metrics, bars, note }: Result): string[] {
  const missing = Object.keys(bars).filter((name) => !(name in metrics));
  const lines = [...Object.entries(metrics), ...missing.map((name) => [name, Number.NaN] as const)];
  return lines.map(([metric, value]) => {
    const bar = bars[metric];
    const bounds = [
      bar?.min === undefined ? [] : `at least ${bar.min}`,
      bar?.max === undefined ? [] : `at most ${bar.max}`,
    ].flat();
    const verdict = bar && !kept({ metrics, bars: { [metric]: bar }, note }) ? 'MISSED' : '';
    return `  ${metric.padEnd(24)} ${String(value).padStart(10)}  ${bounds.join(', ')} ${verdict}`.trimEnd();
  });
}

/** What the command ends with: 1 as soon as one bar of one bench is missed. */
export function exitCode(results: readonly Result[]): 0 | 1 {
  return results.every(kept) ? 0 : 1;
}
