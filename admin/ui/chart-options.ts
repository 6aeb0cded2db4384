import type uPlot from 'uplot';
import { fillOf, type Palette } from './chart-paint.ts';
import { axisTime, logRange, lonely, niceMax, powerAbove, stacked } from './chart-scale.ts';
import type { ChartProps } from './chart-series.ts';

const font = '12px system-ui, sans-serif';

/** The values as uPlot takes them: seconds, then each series; of stacked bars the tops, the highest (drawn first) in front. */
export function dataOf({ times, series, kind }: ChartProps): uPlot.AlignedData {
  const seconds = times.map((ms) => ms / 1_000);
  const values = series.map((one) => [...one.values]);
  if (kind === 'lines') return [seconds, ...values] as uPlot.AlignedData;
  // What is nothing is not drawn: its edge would shine through the bar below.
  const tops = stacked(values).map((row, index) => row.map((top, at) => (values[index]?.[at] ? top : null)));
  return [seconds, ...tops.reverse()] as uPlot.AlignedData;
}

/** How uPlot draws it. The legend, the tip and the table are ours. */
export function optionsOf(
  props: ChartProps,
  palette: Palette,
  width: number,
  bars: uPlot.Series.PathBuilder | undefined,
): uPlot.Options {
  const { series, kind, bucketSeconds, format, axis = format, leastSeconds = 0 } = props;
  const drawn = kind === 'stacked' ? [...series].reverse() : series;
  const half = bucketSeconds / 2;
  const grid = { stroke: palette.line, width: 1 };
  const shared = { stroke: palette.text, font, grid, ticks: { show: false } };
  return {
    width,
    height: props.height ?? 200,
    legend: { show: false },
    padding: [8, 20, 0, 0],
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { show: kind === 'lines', size: 7 },
      sync: { key: 'charts' },
    },
    scales: {
      x: {
        time: true,
        // Of the data itself: uPlot makes a whole day of a single value.
        range: ({ data: [at] }) => {
          const [min, max] = [at[0] ?? 0, at.at(-1) ?? 1];
          return kind === 'stacked' ? [min - half, max + half] : [Math.min(min, max - leastSeconds), max];
        },
      },
      y: scaleOf(props),
    },
    axes: [
      {
        ...shared,
        space: 64,
        size: 28,
        values: (_, splits, __, ___, step) => splits.map((at) => axisTime(at * 1_000, step)),
      },
      {
        ...shared,
        size: 58,
        gap: 6,
        splits: props.scale === 'log' || props.scale === 'magnitude' ? powers : undefined,
        // uPlot would leave out some of a logarithmic axis's own.
        filter: (_, splits) => splits,
        values: (_, splits) => splits.map((value) => axis(value)),
      },
    ],
    series: [
      {},
      ...drawn.map(
        (one): uPlot.Series => ({
          label: one.label,
          stroke: palette.of(one.tone),
          // An outline would mark also what is nothing.
          width: kind === 'stacked' ? 0 : 2,
          dash: one.dash ? [...one.dash] : undefined,
          ...(kind === 'stacked'
            ? { paths: bars, fill: (u) => fillOf(u.ctx, palette, one), points: { show: false } }
            : {
                points: {
                  show: true,
                  size: 5,
                  fill: palette.of(one.tone),
                  filter: (u, index) => lonely([...(u.data[index] ?? [])]),
                },
              }),
        }),
      ),
    ],
  };
}

function scaleOf({ series, kind, scale, range }: ChartProps): uPlot.Scale {
  const all =
    kind === 'stacked'
      ? stacked(series.map((one) => one.values)).flat()
      : series.flatMap((one) => one.values);
  if (scale === 'log') {
    const ends = logRange(all);
    return { distr: 3, log: 10, range: () => ends };
  }
  if (scale === 'magnitude') {
    const ends: [number, number] = [0, powerAbove(all)];
    return { distr: 4, asinh: 1, range: () => ends };
  }
  const ends: [number, number] = [range?.min ?? 0, niceMax(all, range?.max)];
  return { range: () => ends };
}

/** Of a logarithmic axis only the powers of ten, and 0 where it begins there. */
function powers(u: uPlot): number[] {
  const { min, max } = u.scales.y ?? {};
  const from = Math.round(Math.log10(min || 1));
  const to = Math.round(Math.log10(max || 1));
  const found = Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
  return min === 0 ? [0, ...found.slice(1)] : found;
}
