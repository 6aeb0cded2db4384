import { useRef, useState } from 'preact/hooks';
import { ApiProblem } from '../../data/api.ts';

export interface Task {
  readonly busy: boolean;
  readonly problem: ApiProblem | null;
  /** Does it, unless it is at work already. Resolves with whether it was done. */
  run(work: () => Promise<void>): Promise<boolean>;
}

/** Something that a press of a button asks the server for: once at a time, with what went wrong. */
export function useTask(): Task {
  const [state, setState] = useState<{ busy: boolean; problem: ApiProblem | null }>({
    busy: false,
    problem: null,
  });
  const working = useRef(false);
  return {
    ...state,
    async run(work) {
      if (working.current) return false;
      working.current = true;
      setState({ busy: true, problem: null });
      try {
        await work();
        setState({ busy: false, problem: null });
        return true;
      } catch (error) {
        if (!(error instanceof ApiProblem)) throw error;
        setState({ busy: false, problem: error });
        return false;
      } finally {
        working.current = false;
      }
    },
  };
}
