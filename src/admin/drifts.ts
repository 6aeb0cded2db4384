import type { Catalog } from '../catalog/types.ts';
import type { Drift } from '../drift/kinds.ts';
import { createLook } from '../drift/look.ts';
import type { Log } from '../store/log.ts';
import type { Queryable } from '../store/sql.ts';

const keptMs = 10_000;
const answerMs = 5_000;

/**
 * Looks for drift where no daemon of this process does: when somebody asks, at most every ten seconds, one look for all who ask at once.
 * Where it cannot be told in five seconds, what was last known is told.
 */
export function createDriftReader(
  db: Queryable,
  catalog: Catalog,
  log: Pick<Log, 'warn'>,
): () => Promise<readonly Drift[]> {
  const look = createLook(catalog);
  let known: readonly Drift[] = [];
  let knownUntil = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  async function lookNow(): Promise<void> {
    try {
      known = await look(db);
    } catch (error) {
      log.warn({ err: error }, 'drift cannot be looked for');
    }
    knownUntil = performance.now() + keptMs;
  }

  return async () => {
    if (performance.now() < knownUntil) return known;
    looking ??= lookNow().finally(() => {
      looking = undefined;
    });
    await within(answerMs, looking);
    return known;
  };
}

/** Waits no longer than this, and leaves no timer behind. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
    timer.unref();
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
