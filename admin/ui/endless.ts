import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiProblem } from '../data/api-client.ts';
import { live } from '../data/live.ts';
import { mergeRows } from '../data/merge-rows.ts';

export interface EndlessPage<Row> {
  rows: readonly Row[];
  /** Where the next page begins; null: this was the last one. */
  next: string | null;
  /** How far back a search has looked. */
  searchedUntil?: string | null | undefined;
}

export interface EndlessParts<Row> {
  /** What the list is of, its filter for example: another key begins anew. */
  key: string;
  load: (before: string | null, signal: AbortSignal) => Promise<EndlessPage<Row>>;
  id: (row: Row) => string;
}

export interface Endless<Row> {
  rows: readonly Row[];
  /** Nothing was loaded yet. */
  first: boolean;
  loading: boolean;
  problem: ApiProblem | null;
  /** There is nothing older. */
  ended: boolean;
  searchedUntil: string | null;
  /** Loads the next page, if there is one and none is being loaded. */
  more: () => void;
  reload: () => void;
  /** Puts rows that changed in their places, and new ones in front; `keep` says whether a row belongs into the list (filter). */
  merge: (rows: readonly Row[], keep?: (row: Row) => boolean) => void;
}

interface State<Row> {
  key: string;
  rows: readonly Row[];
  next: string | null;
  searchedUntil: string | null;
  first: boolean;
  ended: boolean;
  loading: boolean;
  problem: ApiProblem | null;
}

/** A list that grows at its end, page by page, and changes in front by the live stream. After a break of that one it begins anew. */
export function useEndless<Row>(parts: EndlessParts<Row>): Endless<Row> {
  const [state, setState] = useState<State<Row>>(() => empty(parts.key));
  const [round, setRound] = useState(0);
  const latest = useRef({ parts, state });
  latest.current = { parts, state };
  const stop = useRef<AbortController | null>(null);

  const fetchPage = useCallback(async (before: string | null) => {
    stop.current?.abort();
    const mine = new AbortController();
    stop.current = mine;
    const { key, load, id } = latest.current.parts;
    try {
      const page = await load(before, mine.signal);
      if (mine.signal.aborted) return;
      setState((now) => {
        const old = before === null ? [] : now.rows;
        const known = new Set(old.map(id));
        return {
          key,
          rows: [...old, ...page.rows.filter((row) => !known.has(id(row)))],
          next: page.next,
          searchedUntil: page.searchedUntil ?? null,
          first: false,
          ended: page.next === null,
          loading: false,
          problem: null,
        };
      });
    } catch (error) {
      if (mine.signal.aborted) return;
      if (!(error instanceof ApiProblem)) throw error;
      setState((now) => ({ ...now, key, loading: false, problem: error }));
    }
  }, []);

  useEffect(() => {
    setState((now) => (now.key === parts.key ? { ...now, loading: true } : empty(parts.key)));
    void fetchPage(null);
    return () => stop.current?.abort();
  }, [parts.key, round]);

  const reload = useCallback(() => setRound((now) => now + 1), []);
  useEffect(() => live.onGap(reload), [reload]);
  const more = useCallback(() => {
    const { state: now, parts: current } = latest.current;
    if (now.loading || now.ended || now.first || now.key !== current.key) return;
    setState((before) => ({ ...before, loading: true, problem: null }));
    void fetchPage(now.next);
  }, [fetchPage]);
  const merge = useCallback((rows: readonly Row[], keep: (row: Row) => boolean = () => true) => {
    setState((now) => ({ ...now, rows: mergeRows(now.rows, rows, latest.current.parts.id, keep) }));
  }, []);

  const current = state.key === parts.key ? state : empty<Row>(parts.key);
  return { ...current, more, reload, merge };
}

function empty<Row>(key: string): State<Row> {
  return {
    key,
    rows: [],
    next: null,
    searchedUntil: null,
    first: true,
    ended: false,
    loading: true,
    problem: null,
  };
}
