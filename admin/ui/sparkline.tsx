export interface SparklineProps {
  /** The oldest first. */
  bars: readonly { succeeded: number; failed: number }[];
  /** All of it in words, for who does not see it: "24 hours: 120 delivered, 3 failed". */
  label: string;
}

const step = 5;
const height = 24;

/** Small bars over time: what failed stands on top, hatched by a gap and in another colour. */
export function Sparkline({ bars, label }: SparklineProps) {
  const most = Math.max(1, ...bars.map((bar) => bar.succeeded + bar.failed));
  const width = bars.length * step;
  return (
    <svg
      class="sparkline"
      role="img"
      aria-label={label}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
    >
      <title>{label}</title>
      {/* A path for all bars of a colour: a list of fifty has thousands of bars. */}
      <path class="none" d={bars.map((_, index) => barAt(index, 0, 1)).join('')} />
      <path class="ok" d={bars.map((bar, index) => barAt(index, 0, sizeOf(bar.succeeded, most))).join('')} />
      <path
        class="bad"
        d={bars
          .map((bar, index) => {
            const ok = sizeOf(bar.succeeded, most);
            return barAt(index, ok + 1, sizeOf(bar.failed, most));
          })
          .join('')}
      />
    </svg>
  );
}

/** A rectangle as a piece of a path: `from` pixels above the ground, `size` high. */
function barAt(index: number, from: number, size: number): string {
  if (size === 0) return '';
  const x = index * step;
  return `M${x} ${height - from - size}h${step - 1}v${size}h${1 - step}z`;
}

/** Whatever there is at all can be seen: at least two pixels. */
function sizeOf(value: number, most: number): number {
  return value === 0 ? 0 : Math.max(2, Math.round((value / most) * (height - 3)));
}
