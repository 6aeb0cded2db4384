import { formatCount, plural } from '../../data/format.ts';
import { bulkWords as words } from '../../texts/bulk.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Time } from '../../ui/time.tsx';
import type { Counted } from './use-count.ts';

/** What a job would be about, before it is started. Read out when it changes; it keeps its place meanwhile. */
export function CountLine({ counted, valid }: { counted: Counted; valid: boolean }) {
  const { data, problem } = counted;
  if (problem) return <ErrorNote problem={problem} />;
  return (
    <div class="count-line" role="status">
      {valid && !data && <p class="dim">{words.counting}</p>}
      {data && (
        <p>
          <b>
            {formatCount(data.deliveries) === '0'
              ? words.countNone
              : words.count(plural(data.deliveries, ...words.deliveries))}
          </b>
        </p>
      )}
      {data?.keptFrom && (
        <p class="dim">
          {words.keptFrom} <Time at={data.keptFrom} form="exact" />
        </p>
      )}
    </div>
  );
}
