import { RowhookError } from '../../errors.ts';

/** So many at a time. */
export interface Places {
  /**
   * @returns how to give the place back; twice is once
   * @throws RowhookError `live_full` when all are taken
   */
  take(): () => void;
  readonly taken: number;
}

/** @param most how many there are */
export function createPlaces(most: number): Places {
  let taken = 0;
  return {
    get taken() {
      return taken;
    },
    take() {
      if (taken >= most) {
        throw new RowhookError('live_full', `${most} live views are open already`, {
          fix: 'Close some, or ask again later; everything else works meanwhile.',
        });
      }
      taken += 1;
      let given = false;
      return () => {
        if (!given) taken -= 1;
        given = true;
      };
    },
  };
}
