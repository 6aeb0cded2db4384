import type { RefObject } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { rowsInView } from './view-window.ts';

/** Narrower than this a row takes two lines. */
const narrowBelow = 760;
export const rowHeights = { wide: 37, narrow: 60 } as const;

export interface ListViewport {
  /** Rows that are drawn. */
  readonly from: number;
  readonly to: number;
  readonly isNarrow: boolean;
  readonly rowHeight: number;
  /** Where the window is over the list, in its pixels; null: the list cannot be seen at all. */
  measure(): { scrollTop: number; height: number } | null;
}

interface Measured {
  from: number;
  to: number;
  isNarrow: boolean;
}

/**
 * Which rows of a long list the window shows. The window scrolls, not the list: phones then put their bars away.
 * @param covered pixels at the window's top that something else covers
 */
export function useViewport(
  element: RefObject<HTMLElement | null>,
  total: number,
  covered: () => number,
  onScroll: () => void,
): ListViewport {
  const [measured, setMeasured] = useState<Measured>({ from: 0, to: Math.min(total, 40), isNarrow: false });
  const rowHeight = measured.isNarrow ? rowHeights.narrow : rowHeights.wide;
  const measure = useCallback(() => {
    const box = element.current?.getBoundingClientRect();
    if (!box || box.width === 0) return null;
    const top = covered();
    return { scrollTop: top - box.top, height: innerHeight - top, width: box.width };
  }, [element, covered]);
  const update = useCallback(() => {
    const seen = measure();
    if (!seen) return;
    const isNarrow = seen.width < narrowBelow;
    const height = isNarrow ? rowHeights.narrow : rowHeights.wide;
    const next = { ...rowsInView({ ...seen, rowHeight: height, total }), isNarrow };
    setMeasured((now) =>
      now.from === next.from && now.to === next.to && now.isNarrow === isNarrow ? now : next,
    );
  }, [measure, total]);
  useLayoutEffect(update, [update]);
  useEffect(() => {
    const scrolled = () => {
      update();
      onScroll();
    };
    addEventListener('scroll', scrolled, { passive: true });
    addEventListener('resize', scrolled, { passive: true });
    const sizes = new ResizeObserver(scrolled);
    if (element.current) sizes.observe(element.current);
    return () => {
      removeEventListener('scroll', scrolled);
      removeEventListener('resize', scrolled);
      sizes.disconnect();
    };
  }, [update, onScroll, element]);
  return { ...measured, rowHeight, measure };
}
