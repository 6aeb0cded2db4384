import { useEffect, useRef } from 'preact/hooks';
import { navigate } from '../../routes.tsx';

export interface Beside {
  /** Opens one, in the place of another that is open. */
  open(path: string): void;
  /** Goes back to the list, by the history where it lies right behind. */
  close(): void;
}

/** What opens beside a list has an address of its own, and the list is one step back from it, however many were looked at. */
export function useBeside(openId: string | null, listPath: string): Beside {
  const before = useRef(openId);
  const isBehind = useRef(false);
  useEffect(() => {
    if (openId === null) isBehind.current = false;
    else if (before.current === null) isBehind.current = true;
    before.current = openId;
  }, [openId]);
  const quietly = { keepFocus: true, keepScroll: true };
  return {
    open: (path) => navigate(path, { ...quietly, replace: openId !== null }),
    close() {
      if (isBehind.current) history.back();
      else navigate(listPath, quietly);
    },
  };
}
