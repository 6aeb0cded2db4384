import { useEffect } from 'preact/hooks';
import { askBeforeLeaving } from '../../routes.tsx';
import { confirm } from '../../ui/confirm.tsx';

/** Asks before the page is left while something on it would be lost: by a link, the browser's buttons, or closing the window. */
export function useLeaveGuard(loses: boolean, words: { title: string; words: string; action: string }): void {
  const { title, words: body, action } = words;
  useEffect(() => {
    if (!loses) return;
    const closing = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', closing);
    const end = askBeforeLeaving(() => confirm({ title, body, action, danger: true }));
    return () => {
      removeEventListener('beforeunload', closing);
      end();
    };
  }, [loses, title, body, action]);
}
