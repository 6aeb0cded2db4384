import { ApiProblem } from '../../data/api.ts';
import { deliveries } from '../../texts/deliveries.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Time } from '../../ui/time.tsx';
import type { ListStore } from './list-store.ts';

interface Item {
  readonly id: string;
}

/** The end of a live list: that it looks further back, how far it got, whether to go on, what failed. Always as high, so that nothing jumps. */
export function GridEnd<T extends Item>({ store, isSearch }: { store: ListStore<T>; isSearch: boolean }) {
  const list = store.list.value;
  const failure = store.failure.value;
  if (failure instanceof ApiProblem) {
    return <ErrorNote problem={failure} onRetry={() => (list ? store.older(true) : store.reload())} />;
  }
  if (!list) return null;
  const searched = list.searchedUntil;
  if (store.asksToGoOn.value && searched !== null) {
    return (
      <p class="live-end">
        <span>
          {deliveries.searchedBack} <Time at={searched} form="clock" />
        </span>
        <Button small icon="search" onClick={() => store.older(true)}>
          {deliveries.goOn}
        </Button>
      </p>
    );
  }
  const isBusy = store.busy.value !== null && list.next !== null;
  if (isBusy && isSearch && searched !== null) {
    return (
      <p class="live-end dim">
        <span>
          {deliveries.searching} <Time at={searched} form="clock" />
        </span>
      </p>
    );
  }
  const isEnd = list.next === null && list.rows.length > 0;
  return <p class="live-end dim">{isBusy ? deliveries.loadingOlder : isEnd ? deliveries.end : ''}</p>;
}
