/** What is drawn, and how it is told apart: by colour, and without it by dashes or by a pattern. */
export interface ChartSeries {
  label: string;
  /** One for each time; null: nothing was measured. */
  values: readonly (number | null)[];
  tone: 'ok' | 'warn' | 'bad' | 'one' | 'two' | 'three';
  /** Of a line: `[6, 4]`. */
  dash?: readonly number[] | undefined;
  /** Of a bar. */
  pattern?: 'solid' | 'hatch' | 'cross' | undefined;
}

export interface ChartProps {
  /** What it shows: the name for screen readers, and the caption of its table. */
  label: string;
  /** When each bucket begins: milliseconds since 1970, growing. */
  times: readonly number[];
  bucketSeconds: number;
  series: readonly ChartSeries[];
  /** Bars upon each other, or lines. */
  kind: 'stacked' | 'lines';
  /** `log` for what spans several powers of ten (latencies); `magnitude` the same with 0 (counts). */
  scale?: 'linear' | 'log' | 'magnitude' | undefined;
  /** The time axis shows at least so many seconds up to the last value: for what has just begun. */
  leastSeconds?: number | undefined;
  /** The least that the axis reaches up to; a share would be `{ min: 0, max: 1 }`. */
  range?: { min?: number | undefined; max?: number | undefined } | undefined;
  /** A value in words, with its unit: in the tip, the table, and (shorter, if `axis` is given) at the axis. */
  format: (value: number) => string;
  axis?: ((value: number) => string) | undefined;
  /** In pixels. */
  height?: number | undefined;
}

/** The variable of style/tokens.css that holds a tone's colour. */
export const toneVariables: Record<ChartSeries['tone'], string> = {
  ok: '--chart-ok',
  warn: '--chart-warn',
  bad: '--chart-bad',
  one: '--chart-1',
  two: '--chart-2',
  three: '--chart-3',
};
