import { useEffect, useState } from 'preact/hooks';
import type { BulkCountView } from '../../../src/admin/shapes/bulk.ts';
import { ApiProblem, api } from '../../data/api.ts';
import type { Span } from './span.ts';

export interface Counted {
  data: BulkCountView | null;
  problem: ApiProblem | null;
}

/** While somebody still types a time, nothing is asked for. */
const settleMs = 250;

/** How many deliveries a job would be about; counted anew with each other span. */
export function useCount(endpointId: string, span: Span | string): Counted {
  const [counted, setCounted] = useState<Counted & { key: string }>({ key: '', data: null, problem: null });
  const key = JSON.stringify(span);
  useEffect(() => {
    const wanted: Span | string = JSON.parse(key);
    if (typeof wanted === 'string') return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      api
        .post<BulkCountView>('/bulk-jobs/count', { endpointId, ...wanted }, { signal: stop.signal })
        .then((data) => setCounted({ key, data, problem: null }))
        .catch((error: unknown) => {
          if (stop.signal.aborted) return;
          if (!(error instanceof ApiProblem)) throw error;
          setCounted({ key, data: null, problem: error });
        });
    }, settleMs);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [endpointId, key]);
  return counted.key === key ? counted : { data: null, problem: null };
}
