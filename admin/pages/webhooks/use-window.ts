import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { rowsInView } from '../deliveries/view-window.ts';

/** Lists that are shorter are drawn whole. */
const longFrom = 120;
/** Rows come and go in steps of so many: not with each row that is scrolled by. */
const step = 8;

export interface RowWindow {
  readonly from: number;
  readonly to: number;
  /** Pixels that the rows above and below would take. */
  readonly above: number;
  readonly below: number;
  readonly box: { current: HTMLDivElement | null };
}

/**
 * Which rows of a long list are drawn: those that the window shows, and some around. All rows have the height of the first one; the style sheet
 * sees to that.
 */
export function useWindow(total: number): RowWindow {
  const box = useRef<HTMLDivElement>(null);
  const height = useRef(53);
  const [seen, setSeen] = useState({ from: 0, to: longFrom });
  useLayoutEffect(() => {
    const row = box.current?.querySelector<HTMLElement>('tbody tr:not(.waiting)');
    if (row) height.current = row.offsetHeight;
  });
  useEffect(() => {
    const look = () => {
      const list = box.current?.getBoundingClientRect();
      if (!list) return;
      const exact = rowsInView({
        scrollTop: -list.top,
        height: innerHeight,
        rowHeight: height.current,
        total,
      });
      const next = { from: exact.from - (exact.from % step), to: Math.ceil(exact.to / step) * step };
      setSeen((now) => (now.from === next.from && now.to === next.to ? now : next));
    };
    look();
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look, { passive: true });
    return () => {
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  }, [total]);
  if (total <= longFrom) return { from: 0, to: total, above: 0, below: 0, box };
  const from = Math.min(seen.from, total);
  const to = Math.min(total, Math.max(seen.to, from));
  return { from, to, above: from * height.current, below: (total - to) * height.current, box };
}
