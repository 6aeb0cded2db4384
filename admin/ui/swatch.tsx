import { useId } from 'preact/hooks';
import { type ChartSeries, toneVariables } from './chart-series.ts';

/** A bit of a line or a bar, as the chart draws it. */
export function Swatch({ series, kind }: { series: ChartSeries; kind: 'stacked' | 'lines' }) {
  const id = useId();
  const colour = `var(${toneVariables[series.tone]})`;
  if (kind === 'lines') {
    return (
      <svg class="swatch" width="22" height="12" aria-hidden="true">
        <path
          d="M1 6h20"
          style={{ stroke: colour, strokeWidth: 2, strokeDasharray: series.dash?.join(' ') }}
        />
      </svg>
    );
  }
  const pattern = series.pattern ?? 'solid';
  return (
    <svg class="swatch" width="14" height="12" aria-hidden="true">
      {pattern !== 'solid' && (
        <pattern id={id} width="6" height="6" patternUnits="userSpaceOnUse">
          <path
            d={pattern === 'cross' ? 'M0 6 6 0M0 0l6 6' : 'M-1 1l2-2M0 6l6-6M5 7l2-2'}
            style={{ stroke: colour, strokeWidth: 1.6 }}
          />
        </pattern>
      )}
      <rect
        x="1"
        y="1"
        width="12"
        height="10"
        style={{ fill: pattern === 'solid' ? colour : `url(#${id})`, stroke: colour }}
      />
    </svg>
  );
}
