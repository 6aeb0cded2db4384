import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { EndpointListView } from '../../../src/admin/shapes/endpoint.ts';
import { ApiProblem, api } from '../../data/api.ts';
import { live } from '../../data/live.ts';
import { appended, begun, type ListRows, noRows, partToAsk, refreshed } from './list-rows.ts';
import { whenLive } from './when-live.ts';

export interface ListFilter {
  readonly search: string;
  readonly status: string;
}

export interface WebhookList extends ListRows {
  /** Nothing is known yet for this filter. */
  readonly first: boolean;
  readonly loading: boolean;
  readonly problem: ApiProblem | null;
  readonly ended: boolean;
  readonly searchedUntil: null;
  readonly more: () => void;
  readonly reload: () => void;
  readonly merge: () => void;
}

interface State {
  readonly key: string;
  readonly list: ListRows;
  readonly first: boolean;
  readonly loading: boolean;
  readonly problem: ApiProblem | null;
}

const pageSize = 50;
/** Figures of what is seen are as old as this at most. */
const refreshMs = 10_000;
/** Changes that come together are asked for once. */
const gatherMs = 400;

const empty = (key: string): State => ({ key, list: noRows, first: true, loading: true, problem: null });

/**
 * The webhooks that match a filter, page by page, and how those in view are now: after changes at once, else every ten seconds.
 * @param inView which rows are seen
 */
export function useWebhookList(filter: ListFilter, inView: () => { from: number; to: number }): WebhookList {
  const key = JSON.stringify(filter);
  const [state, setState] = useState<State>(() => empty(key));
  const [round, setRound] = useState(0);
  const latest = useRef({ state, filter, key, inView });
  latest.current = { state, filter, key, inView };
  const stop = useRef(new AbortController());

  /** Asks for a page and puts it in; what another filter has overtaken is dropped. */
  const ask = useCallback(
    async (
      query: { after?: string | undefined; limit: number },
      put: (list: ListRows, page: EndpointListView) => ListRows,
    ) => {
      const { filter: asked, key: own } = latest.current;
      const { signal } = stop.current;
      try {
        const page = await api.get<EndpointListView>('/endpoints', { ...asked, ...query }, { signal });
        if (signal.aborted) return;
        setState((now) => ({
          key: own,
          list: put(now.key === own ? now.list : noRows, page),
          first: false,
          loading: false,
          problem: null,
        }));
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ApiProblem)) throw error;
        setState((now) => ({ ...now, key: own, loading: false, problem: error }));
      }
    },
    [],
  );

  useEffect(() => {
    stop.current = new AbortController();
    setState((now) => (now.key === key ? { ...now, loading: true } : empty(key)));
    void ask({ limit: pageSize }, (_, page) => begun(page));
    return () => stop.current.abort();
  }, [key, round]);

  const refresh = useCallback(() => {
    const { state: now, inView: seen, key: own } = latest.current;
    if (now.first || now.loading || now.key !== own || document.visibilityState === 'hidden') return;
    const { from, to } = seen();
    const part = partToAsk(now.list, Math.min(from, now.list.rows.length), to);
    if (part) void ask(part, (list, page) => refreshed(list, part.after, page));
  }, [ask]);

  useEffect(() => {
    const every = setInterval(refresh, refreshMs);
    let soon: ReturnType<typeof setTimeout> | undefined;
    const changed = () => {
      soon ??= setTimeout(() => {
        soon = undefined;
        refresh();
      }, gatherMs);
    };
    const stops = [live.on('endpoints', null, changed), live.onGap(refresh), whenLive(refresh)];
    return () => {
      clearInterval(every);
      clearTimeout(soon);
      for (const end of stops) end();
    };
  }, [refresh]);

  const more = useCallback(() => {
    const { state: now, key: own } = latest.current;
    if (now.loading || now.first || now.key !== own || now.list.next === null) return;
    setState((before) => ({ ...before, loading: true, problem: null }));
    void ask({ after: now.list.next, limit: pageSize }, appended);
  }, [ask]);
  const reload = useCallback(() => setRound((now) => now + 1), []);

  const { list, first, loading, problem } = state.key === key ? state : empty(key);
  return {
    ...list,
    first,
    loading,
    problem,
    ended: !first && list.next === null,
    searchedUntil: null,
    more,
    reload,
    merge: refresh,
  };
}
