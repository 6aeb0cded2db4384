import type { Log } from './log.ts';
import { sealedStatus } from './resealing.ts';
import type { Sealer } from './sealer.ts';
import type { Queryable } from './sql.ts';

/**
 * Says at the start of a daemon what is not right with the secrets that it is to sign with: some cannot be opened with its keys, or some
 * lie plain though it has one. It stops nothing: all other endpoints get theirs.
 */
export async function tellOfSecrets(db: Queryable, sealer: Sealer, log: Log): Promise<void> {
  const { kept, stale } = await sealedStatus(db, sealer);
  const closed = kept.filter((each) => each.closed > 0);
  if (closed.length > 0) {
    const told = closed.map(({ key, closed: secrets }) => ({ key, secrets }));
    log.error(
      { closed: told },
      'secrets cannot be opened with the configured keys: deliveries of their endpoints are held back',
    );
  }
  if (stale > 0)
    log.warn({ secrets: stale }, 'secrets are not sealed with the first key: run `rowhook secrets seal`');
}
