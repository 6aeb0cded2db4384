import type { ComponentChildren } from 'preact';
import type { Loaded } from '../data/use-load.ts';
import { EmptyState } from './empty-state.tsx';
import { ErrorNote } from './error-note.tsx';
import { SidePanel } from './side-panel.tsx';
import { Skeleton } from './skeleton.tsx';

export interface LoadedPanelProps<T> {
  id: string;
  loaded: Loaded<T>;
  title: ComponentChildren;
  actions?: ComponentChildren | undefined;
  /** What is said where there is no such thing any more. */
  gone: { title: string; text: string };
  /** For who cannot see that it loads. */
  loading: string;
  /** Of what stands there until it has loaded. */
  heights: readonly string[];
  show: (data: T) => ComponentChildren;
  onClose: () => void;
}

/** One thing beside its list, from when it is asked for until it is there, or is not. */
export function LoadedPanel<T>(props: LoadedPanelProps<T>) {
  const { id, title, actions, gone, loading, heights, show, onClose } = props;
  const { data, problem, reload } = props.loaded;
  const isGone = problem?.problem.status === 404 || problem?.problem.status === 400;
  return (
    <SidePanel of={id} onClose={onClose} title={title} actions={actions}>
      {problem && !isGone && <ErrorNote problem={problem} onRetry={reload} />}
      {isGone ? (
        <EmptyState title={gone.title} icon="search">
          {gone.text}
        </EmptyState>
      ) : data ? (
        show(data)
      ) : (
        !problem && (
          <div class="stack" role="status" aria-label={loading}>
            {heights.map((height, at) => (
              <Skeleton key={at} height={height} />
            ))}
          </div>
        )
      )}
    </SidePanel>
  );
}
