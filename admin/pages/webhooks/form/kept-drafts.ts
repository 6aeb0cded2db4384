import { useEffect, useRef } from 'preact/hooks';
import { session } from '../../../data/session-state.ts';

/** Forms that were taken away without a question, since the session ended while they were filled in. Only in the memory of this tab. */
const kept = new Map<string, unknown>();

const keyFor = (form: string): string => `${session.peek()?.user.name ?? ''} ${form}`;

/** What the same person had entered when the form was taken away; then it is forgotten here. */
export function takeKept<T>(form: string): T | undefined {
  const key = keyFor(form);
  const found = kept.get(key) as T | undefined;
  kept.delete(key);
  return found;
}

/** Keeps what is entered (null: nothing worth it) where the form goes away because the session ended. */
export function useKeeping(form: string, entered: unknown): void {
  const latest = useRef(entered);
  latest.current = entered;
  const key = useRef(keyFor(form));
  useEffect(
    () => () => {
      if (session.peek() === null && latest.current !== null) kept.set(key.current, latest.current);
    },
    [],
  );
}
