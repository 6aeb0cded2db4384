import { useState } from 'preact/hooks';
import { shell } from '../texts/shell.ts';
import { bucketWords } from './chart-scale.ts';
import type { ChartProps } from './chart-series.ts';
import { lazy } from './lazy.tsx';
import { soundLanguage } from './sound-language.ts';
import { Swatch } from './swatch.tsx';

export type { ChartProps, ChartSeries } from './chart-series.ts';

const ChartPlot = lazy(async () => {
  soundLanguage();
  return (await import('./chart-plot.tsx')).ChartPlot;
}, '200px');

/** Values over time, with a legend that tells the latest ones, and all of them as a table for who does not see the drawing. */
export function Chart(props: ChartProps) {
  const { label, series, kind, format } = props;
  return (
    <figure class="chart" aria-label={label}>
      <ul class="legend">
        {series.map((one) => {
          const last = one.values.findLast((value) => value !== null);
          return (
            <li key={one.label}>
              <Swatch series={one} kind={kind} />
              {one.label}
              {kind === 'lines' && <b>{last === null || last === undefined ? '–' : format(last)}</b>}
            </li>
          );
        })}
      </ul>
      <ChartPlot {...props} />
      <ChartTable {...props} />
    </figure>
  );
}

function ChartTable({ label, times, series, bucketSeconds, format }: ChartProps) {
  // Hundreds of rows that nobody asked for would cost more than the drawing.
  const [open, setOpen] = useState(false);
  return (
    <details class="chart-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{shell.asTable}</summary>
      {open && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard
        <div class="chart-rows" tabIndex={0}>
          <table>
            <caption class="unseen">{label}</caption>
            <thead>
              <tr>
                <th scope="col">{shell.time}</th>
                {series.map((one) => (
                  <th key={one.label} scope="col">
                    {one.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {times.map((at, index) => (
                <tr key={at}>
                  <th scope="row">{bucketWords(at, bucketSeconds)}</th>
                  {series.map((one) => {
                    const value = one.values[index];
                    return (
                      <td key={one.label}>{value === null || value === undefined ? '–' : format(value)}</td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
