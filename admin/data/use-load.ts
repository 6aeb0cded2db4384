import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiProblem } from './api-client.ts';
import { live } from './live.ts';

export interface Loaded<T> {
  /** What was loaded last; undefined at first. It stays while it is loaded anew, so nothing jumps. */
  data: T | undefined;
  /** Why the last load failed. */
  problem: ApiProblem | null;
  loading: boolean;
  /** Loads anew; what is there stays meanwhile. */
  reload: () => void;
  /** Puts something in its place at once, without asking the server: after a change that returned it, or by the live stream. */
  set: (change: T | ((before: T | undefined) => T | undefined)) => void;
}

interface Kept<T> {
  key: string;
  data: T | undefined;
  problem: ApiProblem | null;
  loading: boolean;
}

/**
 * Loads something by a key (null: nothing). A new key drops what was there; a load that is overtaken by another one is broken off. After a
 * break of the live stream it is loaded anew.
 */
export function useLoad<T>(key: string | null, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [kept, setKept] = useState<Kept<T>>({ key: '', data: undefined, problem: null, loading: true });
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    if (key === null) return;
    const stop = new AbortController();
    setKept((now) =>
      now.key === key ? { ...now, loading: true } : { key, data: undefined, problem: null, loading: true },
    );
    latest.current(stop.signal).then(
      (data) => {
        if (!stop.signal.aborted) setKept({ key, data, problem: null, loading: false });
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        if (!(error instanceof ApiProblem)) throw error;
        setKept((now) => ({ ...now, key, problem: error, loading: false }));
      },
    );
    return () => stop.abort();
  }, [key, round]);
  const reload = useCallback(() => setRound((now) => now + 1), []);
  useEffect(() => live.onGap(reload), [reload]);
  const set = useCallback((change: T | ((before: T | undefined) => T | undefined)) => {
    setKept((now) => ({
      ...now,
      data: change instanceof Function ? change(now.data) : change,
    }));
  }, []);
  const current = kept.key === key;
  return {
    data: current ? kept.data : undefined,
    problem: current ? kept.problem : null,
    loading: key !== null && (!current || kept.loading),
    reload,
    set,
  };
}
