import type { RatePointView } from '../../../src/admin/shapes/overview.ts';
import { shareOf } from '../../data/format.ts';

/** What the tiles tell of a span of time. */
export interface Figures {
  succeeded: number;
  attempts: number;
  /** From 0 to 1; null: there were no attempts. */
  share: number | null;
  /** Deliveries a second, over the whole span. */
  perSecond: number;
  /** Of the latest bucket that has some. */
  delay: RatePointView['delayMs'];
}

export function figuresOf(points: readonly RatePointView[], bucketSeconds: number): Figures {
  const succeeded = sum(points.map((point) => point.succeeded));
  const failed = sum(points.map((point) => point.retried + point.exhausted));
  const seconds = Math.max(1, points.length * bucketSeconds);
  return {
    succeeded,
    attempts: succeeded + failed,
    share: shareOf(succeeded, failed),
    perSecond: succeeded / seconds,
    delay: points.findLast((point) => point.delayMs !== null)?.delayMs ?? null,
  };
}

/** The share of what succeeded, by bucket. */
export function sharesOf(points: readonly RatePointView[]): (number | null)[] {
  return points.map((point) => shareOf(point.succeeded, point.retried + point.exhausted));
}

/** `0.02`, `3.4`, `120`: a rate with as many digits as tell something. */
export function formatRate(rate: number): string {
  if (rate === 0) return '0';
  if (rate < 0.01) return '< 0.01';
  if (rate < 1) return rate.toFixed(2);
  return rate < 100 ? String(Math.round(rate * 10) / 10) : Math.round(rate).toLocaleString('en-US');
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
