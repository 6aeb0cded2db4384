import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { OverviewView } from '../../../src/admin/shapes/overview.ts';
import { api } from '../../data/api.ts';
import { live } from '../../data/live.ts';
import { type QueueSample, sampleOf, withSample } from '../../data/queue-course.ts';
import { useLoad } from '../../data/use-load.ts';

export type Range = 'hour' | 'day' | 'week';

/** How often the charts are loaded anew: about as often as they can look different. */
const refreshMs: Record<Range, number> = { hour: 15_000, day: 60_000, week: 300_000 };
/** After a webhook changed its state: not for each of many, one after the other. */
const settleMs = 1_500;
const sampleMs = 2_000;

/** The course of the queue since the page was opened; it outlives the way to another page and back. */
export const course = signal<readonly QueueSample[]>([]);

/** The overview, loaded anew by and by while somebody looks, with the queue as it is at the moment. */
export function useOverview(range: Range) {
  const loaded = useLoad(range, (signal) => api.get<OverviewView>('/overview', { range }, { signal }));
  const { reload, set, data } = loaded;
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') reload();
    }, refreshMs[range]);
    return () => clearInterval(timer);
  }, [range, reload]);
  useEffect(
    () =>
      live.on('queue', null, (queue) => {
        set((now) => now && { ...now, queue });
      }),
    [set],
  );
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = live.on('endpoints', null, () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        reload();
      }, settleMs);
    });
    return () => {
      clearTimeout(timer);
      end();
    };
  }, [reload]);
  const queue = data?.queue;
  useEffect(() => {
    if (!queue) return;
    // The server tells of changes only: what stays as it is is a line, too. While the stream is broken nobody knows.
    const keep = () => {
      course.value = withSample(course.peek(), sampleOf(queue, Date.now()));
    };
    keep();
    const timer = setInterval(() => {
      if (live.state.peek() === 'open') keep();
    }, sampleMs);
    return () => clearInterval(timer);
  }, [queue]);
  return loaded;
}
