import type { Claimed } from './claimed.ts';
import type { Session } from './session.ts';

// By the lease's end too: whoever claims it next may be sending it by now.
const text = `
update rowhook.delivery
   set starts = delivery.starts + 1
 where lane = $1 and endpoint_id = $2 and id = $3 and slot = $4 and lease = $5 and leased_until > now()
returning starts`;

/**
 * Counts a start of a suspicious delivery, just before its request: should the process die of it, the next one knows. Claims count
 * the starts of all others, before they know whether those will be sent at all.
 * @returns its starts with this one; undefined: the lease is over or lost, it must not be sent
 */
export async function begin(
  session: Session,
  { lane, slot, endpointId, id, lease }: Pick<Claimed, 'lane' | 'slot' | 'endpointId' | 'id' | 'lease'>,
): Promise<number | undefined> {
  const { rows } = await session.query<{ starts: number }>({ name: 'rowhook begin', text }, [
    lane,
    endpointId,
    id,
    slot,
    lease,
  ]);
  return rows[0]?.starts;
}
