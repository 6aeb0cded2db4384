import { RowhookError } from '../../errors.ts';

/** So many at a time. */
export interface Places {
  /**
   * @param name of whoever takes it
   * @returns how to give the place back; twice is once
   * @throws RowhookError `live_full` when all are taken, or this person has as many as one may
   */
  take(name: string): () => void;
  readonly taken: number;
}

/** @param most how many there are @param mostEach how many of them one person may have: no viewer is to keep the others out */
export function createPlaces(most: number, mostEach = most): Places {
  let taken = 0;
  const takenBy = new Map<string, number>();
  return {
    get taken() {
      return taken;
    },
    take(name) {
      const own = takenBy.get(name) ?? 0;
      if (taken >= most || own >= mostEach) {
        const whose = taken >= most ? `${most} live views` : `${own} live views of ${name}`;
        throw new RowhookError('live_full', `${whose} are open already`, {
          fix: 'Close some, or ask again later; everything else works meanwhile.',
        });
      }
      taken += 1;
      takenBy.set(name, own + 1);
      let given = false;
      return () => {
        if (given) return;
        given = true;
        taken -= 1;
        const left = (takenBy.get(name) ?? 1) - 1;
        if (left > 0) takenBy.set(name, left);
        else takenBy.delete(name);
      };
    },
  };
}
