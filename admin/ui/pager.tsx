import { useEffect, useRef } from 'preact/hooks';
import { shell } from '../texts/shell.ts';
import { Button } from './button.tsx';
import type { Endless } from './endless.ts';
import { ErrorNote } from './error-note.tsx';
import { Time } from './time.tsx';

/**
 * The end of an endless list: loads on when it comes into view, and says how far it got. A search that found nothing on its way goes on only
 * when it is asked to.
 */
export function Pager<Row>({ list }: { list: Endless<Row> }) {
  const end = useRef<HTMLDivElement>(null);
  const { more, rows, ended, problem, loading, searchedUntil, first } = list;
  const searching = searchedUntil !== null;
  useEffect(() => {
    const element = end.current;
    if (!element || searching || problem || ended) return;
    const watch = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) more();
      },
      { rootMargin: '600px' },
    );
    watch.observe(element);
    return () => watch.disconnect();
    // Each page anew: an end that stays in view tells nothing by itself.
  }, [more, rows.length, searching, problem, ended]);
  if (problem) return <ErrorNote problem={problem} onRetry={first ? list.reload : more} />;
  return (
    <div ref={end} class="pager">
      {ended
        ? rows.length > 0 && <span class="dim">{shell.listEnd}</span>
        : !first && (
            <>
              {searching && (
                <span class="dim">
                  {shell.searchedUntil} <Time at={searchedUntil} form="clock" />
                </span>
              )}
              <Button busy={loading} onClick={more}>
                {searching ? shell.searchOlder : shell.loadMore}
              </Button>
            </>
          )}
    </div>
  );
}
