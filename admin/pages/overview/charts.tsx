import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import type { OverviewView, RatePointView } from '../../../src/admin/shapes/overview.ts';
import {
  formatCount,
  formatDuration,
  formatDurationShort,
  formatShare,
  formatShort,
} from '../../data/format.ts';
import { overviewWords as words } from '../../texts/overview.ts';
import { Chart, type ChartSeries } from '../../ui/chart.tsx';
import { sharesOf } from './figures.ts';
import { course } from './use-overview.ts';

const { charts, series } = words;

/** The charts over time. */
export function Charts({ data }: { data: OverviewView }) {
  const { points, bucketSeconds } = data;
  const found = useMemo(() => seriesOf(points), [points]);
  const shared = { times: found.times, bucketSeconds };
  const none = points.every((point) => point.succeeded + point.retried + point.exhausted === 0);
  const lines = {
    ...shared,
    kind: 'lines',
    format: formatDuration,
    axis: formatDurationShort,
    scale: 'log',
  } as const;
  return (
    <>
      <ChartCard title={charts.rate} hint={none ? words.noPoints : undefined}>
        <Chart
          {...shared}
          label={charts.rate}
          kind="stacked"
          series={found.rate}
          format={formatCount}
          axis={formatShort}
          range={{ max: 10 }}
        />
      </ChartCard>
      <ChartCard title={charts.success}>
        <Chart
          {...shared}
          label={charts.success}
          kind="lines"
          series={found.share}
          range={{ min: 0, max: 1 }}
          format={formatShare}
        />
      </ChartCard>
      <ChartCard title={charts.delay} hint={words.delayHint}>
        <Chart {...lines} label={charts.delay} series={found.delay} />
      </ChartCard>
      <ChartCard title={charts.duration}>
        <Chart {...lines} label={charts.duration} series={found.duration} />
      </ChartCard>
    </>
  );
}

/** How the queue has been since the page was opened. */
export function QueueCharts() {
  const samples = course.value;
  const times = useMemo(() => samples.map((one) => one.at), [samples]);
  const values = (pick: (one: (typeof samples)[number]) => number) => samples.map(pick);
  const shared = { times, bucketSeconds: 0, kind: 'lines', leastSeconds: 60 } as const;
  const waiting: ChartSeries[] = [
    { label: series.due, values: values((one) => one.due), tone: 'one' },
    { label: series.retry, values: values((one) => one.retry), tone: 'two', dash: [6, 3] },
    { label: series.changes, values: values((one) => one.changes), tone: 'three', dash: [2, 3] },
  ];
  const oldest: ChartSeries[] = [
    { label: series.age, values: values((one) => one.oldest * 1_000), tone: 'one' },
  ];
  return (
    <>
      <ChartCard title={charts.queue} hint={words.liveHint}>
        <Chart
          {...shared}
          label={charts.queue}
          series={waiting}
          format={formatCount}
          axis={formatShort}
          scale="magnitude"
        />
      </ChartCard>
      <ChartCard title={charts.oldest} hint={words.liveHint}>
        <Chart
          {...shared}
          label={charts.oldest}
          series={oldest}
          format={formatDuration}
          axis={formatDurationShort}
          range={{ max: 1_000 }}
        />
      </ChartCard>
    </>
  );
}

function ChartCard(props: { title: string; hint?: string | undefined; children: ComponentChildren }) {
  return (
    <section class="card chart-card" aria-label={props.title}>
      <h2>
        {props.title} {props.hint && <small>{props.hint}</small>}
      </h2>
      {props.children}
    </section>
  );
}

function seriesOf(points: readonly RatePointView[]) {
  const of = (pick: (point: RatePointView) => number | null) => points.map(pick);
  const three = (pick: (point: RatePointView) => RatePointView['delayMs']): ChartSeries[] => [
    { label: series.p50, values: of((point) => pick(point)?.p50 ?? null), tone: 'one' },
    { label: series.p95, values: of((point) => pick(point)?.p95 ?? null), tone: 'two', dash: [6, 3] },
    { label: series.p99, values: of((point) => pick(point)?.p99 ?? null), tone: 'three', dash: [2, 3] },
  ];
  const rate: ChartSeries[] = [
    { label: series.succeeded, values: of((point) => point.succeeded), tone: 'ok' },
    { label: series.retried, values: of((point) => point.retried), tone: 'warn', pattern: 'hatch' },
    { label: series.exhausted, values: of((point) => point.exhausted), tone: 'bad', pattern: 'cross' },
  ];
  const share: ChartSeries[] = [{ label: series.share, values: sharesOf(points), tone: 'ok' }];
  return {
    times: points.map((point) => Date.parse(point.at)),
    rate,
    share,
    delay: three((point) => point.delayMs),
    duration: three((point) => point.durationMs),
  };
}
