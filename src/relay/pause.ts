/** A wait that can be cut short. */
export interface Pause {
  /**
   * Resolves after this many ms, or when `end` is called; at once when it was called since the last wait.
   * @returns whether it was called
   */
  forMs(ms: number): Promise<boolean>;
  end(): void;
}

export function createPause(): Pause {
  let ended = false;
  let resolveNow: (() => void) | undefined;
  return {
    forMs(ms) {
      return new Promise<boolean>((resolve) => {
        const finish = () => {
          clearTimeout(timer);
          if (resolveNow === finish) resolveNow = undefined;
          const wasEnded = ended;
          ended = false;
          resolve(wasEnded);
        };
        const timer = setTimeout(finish, ms);
        resolveNow = finish;
        if (ended) finish();
      });
    },
    end() {
      ended = true;
      resolveNow?.();
    },
  };
}
