import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { theme } from '../data/theme.ts';
import { dataOf, optionsOf } from './chart-options.ts';
import { readPalette } from './chart-paint.ts';
import { bucketWords } from './chart-scale.ts';
import type { ChartProps } from './chart-series.ts';
import { Swatch } from './swatch.tsx';

interface Tip {
  index: number;
  /** In pixels from the left of the chart. */
  left: number;
  /** It stands at the left of the cursor, where there is no room at the right. */
  before: boolean;
}

/** The drawing itself, with a crosshair that shows the values. A chart of its own, since only it needs uPlot. */
export function ChartPlot(props: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [tip, setTip] = useState<Tip | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const dark = useDark();
  const shape = JSON.stringify([
    props.series.map((one) => [one.label, one.tone]),
    props.kind,
    props.scale,
    props.height,
    props.bucketSeconds,
  ]);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const bars = uPlot.paths.bars?.({ size: [0.8, 40, 1], gap: 1 });
    const options = optionsOf(latest.current, readPalette(element), element.clientWidth, bars);
    options.hooks = {
      setCursor: [
        (u) => {
          const { idx, left = -1 } = u.cursor;
          const here = box.current?.matches(':hover') === true;
          if (idx === null || idx === undefined || left < 0 || !here) return setTip(null);
          const x = left + u.bbox.left / devicePixelRatio;
          setTip({ index: idx, left: x, before: x > element.clientWidth / 2 });
        },
      ],
    };
    plot.current = new uPlot(options, dataOf(latest.current), element);
    const watch = new ResizeObserver(() => {
      const { clientWidth: width } = element;
      if (width > 0) plot.current?.setSize({ width, height: options.height });
    });
    watch.observe(element);
    return () => {
      watch.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
    // Colours are read when it is made: another theme makes it anew.
  }, [shape, dark]);

  const { times, series } = props;
  useEffect(() => {
    const now = plot.current;
    const element = box.current;
    if (!now || !element) return;
    // The axis depends on the values; the rest of what is drawn stays.
    const { scales } = optionsOf(latest.current, readPalette(element), element.clientWidth, undefined);
    const range = scales?.y?.range;
    if (now.scales.y && typeof range === 'function') now.scales.y.range = range;
    now.setData(dataOf(latest.current));
  }, [times, series]);

  return (
    <div class="plot" style={{ height: `${props.height ?? 200}px` }} aria-hidden="true">
      <div ref={box} />
      {tip && <TipBox props={props} tip={tip} />}
    </div>
  );
}

function TipBox({ props, tip }: { props: ChartProps; tip: Tip }) {
  const at = props.times[tip.index];
  if (at === undefined) return null;
  return (
    <div class={tip.before ? 'tip before' : 'tip'} style={{ left: `${tip.left}px` }}>
      <p>{bucketWords(at, props.bucketSeconds)}</p>
      <dl>
        {props.series.map((one) => {
          const value = one.values[tip.index];
          return (
            <div key={one.label}>
              <dt>
                <Swatch series={one} kind={props.kind} />
                {one.label}
              </dt>
              <dd>{value === null || value === undefined ? '–' : props.format(value)}</dd>
            </div>
          );
        })}
      </dl>
    </div>
  );
}

/** Whether the page is dark now, by choice or by the system. */
function useDark(): boolean {
  const [system, setSystem] = useState(() => darkSystem.matches);
  useEffect(() => {
    const changed = () => setSystem(darkSystem.matches);
    darkSystem.addEventListener('change', changed);
    return () => darkSystem.removeEventListener('change', changed);
  }, []);
  return theme.value === 'system' ? system : theme.value === 'dark';
}

const darkSystem = matchMedia('(prefers-color-scheme: dark)');
