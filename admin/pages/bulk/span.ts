import type { BulkScopeView } from '../../../src/admin/shapes/bulk.ts';

export type SinceChoice = 'hour' | 'day' | 'week' | 'failing' | 'exact';

/** What the dialog holds: a choice, and of an exact one the texts of its two fields (`2026-11-23T14:05`, in the viewer's zone). */
export interface SpanInput {
  choice: SinceChoice;
  from: string;
  until: string;
}

export type Span = Omit<BulkScopeView, 'endpointId'>;

const hourMs = 3_600_000;
const agoMs = { hour: hourMs, day: 24 * hourMs, week: 168 * hourMs } as const;

/** The span of time that is meant; or what is wrong with it. @param openedAt when the dialog was opened, so that a span stays the same */
export function spanOf(
  { choice, from, until }: SpanInput,
  failingSince: string | null,
  openedAt: number,
): Span | 'from_missing' | 'order_wrong' {
  if (choice === 'failing') return failingSince === null ? 'from_missing' : { since: failingSince };
  if (choice !== 'exact') return { since: new Date(openedAt - agoMs[choice]).toISOString() };
  const since = Date.parse(from);
  if (Number.isNaN(since)) return 'from_missing';
  const end = until === '' ? null : Date.parse(until);
  if (end === null) return { since: new Date(since).toISOString() };
  if (Number.isNaN(end) || end <= since) return 'order_wrong';
  return { since: new Date(since).toISOString(), until: new Date(end).toISOString() };
}

/** A time as a field of the kind datetime-local takes it, in the viewer's zone. */
export function localText(ms: number): string {
  const at = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** How far a job is, from 0 to 1. A total that was counted only so far may be surpassed. */
export function progressOf(job: {
  total: { count: number };
  done: number;
  skipped: number;
  state: string;
}): number {
  if (job.state === 'done') return 1;
  const all = Math.max(1, job.total.count);
  return Math.min(job.state === 'running' ? 0.99 : 1, (job.done + job.skipped) / all);
}
