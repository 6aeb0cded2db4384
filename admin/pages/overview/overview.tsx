import { Fragment } from 'preact';
import { navigate, pathTo, useRoute } from '../../routes.tsx';
import { overviewWords as words } from '../../texts/overview.ts';
import { Choice } from '../../ui/choice.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Page } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { Charts, QueueCharts } from './charts.tsx';
import { EndpointStates } from './endpoint-states.tsx';
import { FirstSteps } from './first-steps.tsx';
import { Tiles } from './tiles.tsx';
import { type Range, useOverview } from './use-overview.ts';
import { Warnings } from './warnings.tsx';

/** How it goes, at a glance: over an hour, a day or a week, and what waits at this moment. */
export function OverviewPage() {
  const { query } = useRoute();
  const range: Range = query.range === 'day' || query.range === 'week' ? query.range : 'hour';
  const { data, problem, reload } = useOverview(range);
  const fresh = data !== undefined && Object.values(data.endpoints).every((count) => count === 0);
  // Charts of nothing would only stand around what is to be done.
  const quiet =
    fresh && data.points.every((point) => point.succeeded + point.retried + point.exhausted === 0);
  return (
    <Page
      title={words.title}
      actions={
        <Choice
          label={words.range}
          value={range}
          options={words.ranges}
          onChange={(next) =>
            navigate(pathTo('overview', {}, { range: next === 'hour' ? null : next }), { replace: true })
          }
        />
      }
    >
      {problem && <ErrorNote problem={problem} onRetry={reload} />}
      {data ? (
        <Fragment key={quiet ? 'fresh' : 'running'}>
          <Warnings warnings={data.warnings} />
          {fresh && <FirstSteps />}
          {!quiet && <Tiles data={data} range={range} />}
          <EndpointStates data={data} />
          {!quiet && (
            <div class="chart-grid">
              <Charts data={data} />
              <QueueCharts />
            </div>
          )}
        </Fragment>
      ) : (
        !problem && <Waiting />
      )}
    </Page>
  );
}

/** Until it is there. What comes takes its place as a whole, so that nothing is pushed around. */
function Waiting() {
  return (
    <>
      <Skeleton height="98px" />
      <Skeleton height="52px" />
      <div class="chart-grid">
        {[1, 2, 3, 4].map((chart) => (
          <Skeleton key={chart} height="300px" />
        ))}
      </div>
    </>
  );
}
