import type { ComponentChildren } from 'preact';
import type { OverviewView } from '../../../src/admin/shapes/overview.ts';
import { formatCount, formatDuration, formatShare, plural } from '../../data/format.ts';
import { overviewWords as words } from '../../texts/overview.ts';
import { figuresOf, formatRate } from './figures.ts';
import type { Range } from './use-overview.ts';

/** The figures that one looks at first. */
export function Tiles({ data, range }: { data: OverviewView; range: Range }) {
  const { queue, points, bucketSeconds } = data;
  const figures = figuresOf(points, bucketSeconds);
  const now = {
    count: queue.due.count + queue.behind.count,
    atLeast: queue.due.atLeast || queue.behind.atLeast,
  };
  const late = queue.oldestDueSeconds >= 60;
  return (
    <section class="tiles" aria-label={words.figures}>
      <Tile
        name={`${words.delivered} ${words.lastOf[range]}`}
        value={formatCount(figures.succeeded)}
        rest={words.perSecond(formatRate(figures.perSecond))}
      />
      <Tile
        name={words.success}
        value={formatShare(figures.share)}
        bad={figures.share !== null && figures.share < 0.95}
        rest={words.successOf(plural(figures.attempts, ...words.attempts))}
      />
      <Tile
        name={`${words.latency}, ${words.median}`}
        value={figures.delay ? formatDuration(figures.delay.p50) : '–'}
        rest={
          figures.delay &&
          words.latencyRest(formatDuration(figures.delay.p95), formatDuration(figures.delay.p99))
        }
      />
      <Tile
        name={words.waiting}
        value={formatCount(now)}
        rest={words.waitingRest(formatCount(queue.waiting))}
      />
      <Tile
        name={words.oldest}
        value={late || queue.oldestDueSeconds > 0 ? formatDuration(queue.oldestDueSeconds * 1_000) : '–'}
        bad={late}
        rest={late ? null : words.oldestNone}
      />
    </section>
  );
}

interface TileProps {
  name: string;
  value: string;
  rest: ComponentChildren;
  bad?: boolean | undefined;
}

function Tile({ name, value, rest, bad }: TileProps) {
  return (
    <dl class="tile">
      <dt>{name}</dt>
      <dd class={bad ? 'tile-value bad-text' : 'tile-value'}>{value}</dd>
      <dd class="tile-rest">{rest}</dd>
    </dl>
  );
}
