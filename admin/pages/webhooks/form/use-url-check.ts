import { useEffect, useState } from 'preact/hooks';
import type { UrlCheckedView } from '../../../../src/admin/shapes/endpoint.ts';
import { api } from '../../../data/api.ts';
import { canChange } from '../../../data/session-state.ts';
import { createUrlCheck, type UrlState } from './url-check.ts';

/** What is known of the URL in the field, while it is typed. */
export function useUrlCheck(url: string, dialect: string): UrlState {
  const [state, setState] = useState<UrlState>({ kind: 'empty' });
  const [check] = useState(() =>
    createUrlCheck({
      ask: (asked, name, signal) =>
        api.post<UrlCheckedView>('/check-url', { url: asked, dialect: name }, { signal }),
      after: (ms, call) => {
        const timer = setTimeout(call, ms);
        return () => clearTimeout(timer);
      },
      show: setState,
    }),
  );
  useEffect(() => {
    if (canChange.value) check.typed(url, dialect === '' ? null : dialect);
  }, [url, dialect, check]);
  useEffect(() => () => check.close(), [check]);
  return state;
}
