/** A wait that can be cut short. */
export interface Pause {
  /** Resolves after this many ms, or when `end` is called; at once when it was called since the last wait. */
  forMs(ms: number): Promise<void>;
  end(): void;
}

export function createPause(): Pause {
  let ended = false;
  let resolveNow: (() => void) | undefined;
  return {
    forMs(ms) {
      return new Promise<void>((resolve) => {
        const finish = () => {
          clearTimeout(timer);
          if (resolveNow === finish) resolveNow = undefined;
          ended = false;
          resolve();
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
