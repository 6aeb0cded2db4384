import type { Claimed } from './claimed.ts';
import { sameDelivery, sameKey } from './same-row.ts';
import type { Session } from './session.ts';

// The probe of an open breaker that was not sent lets another one go at once.
const giveBackText = `
with given as materialized (
  select *
    from unnest($1::smallint[], $2::bigint[], $3::uuid[], $4::smallint[], $5::uuid[], $6::boolean[], $7::boolean[])
      as given (lane, endpoint_id, id, slot, lease, counted, probe)
), held as materialized (
  select delivery.lane, delivery.endpoint_id, delivery.id, delivery.slot, given.counted, given.probe
    from given
    join rowhook.delivery
      on ${sameDelivery('delivery', 'given')}
     and delivery.slot + 0 = given.slot and delivery.lease = given.lease
     for no key update of delivery skip locked
), open as materialized (
  select endpoint_id
    from rowhook.endpoint_health
   where endpoint_id = any (array(select endpoint_id from held where probe)) and open_until is not null
     for no key update skip locked
), opened as (
  update rowhook.endpoint_health as health
     set open_until = now()
    from open
   where ${sameKey('health', 'open', ['endpoint_id'])}
)
update rowhook.delivery
   set lease = null, leased_until = null, starts = delivery.starts - held.counted::int
  from held
 where ${sameDelivery('delivery', 'held')} and delivery.slot + 0 = held.slot`;

/** Ends leases of deliveries that were not sent, so that others need not wait for the leases to expire. */
export async function giveBack(
  session: Session,
  deliveries: ReadonlyArray<
    Pick<Claimed, 'lane' | 'slot' | 'endpointId' | 'id' | 'lease' | 'counted' | 'probe'>
  >,
): Promise<void> {
  if (deliveries.length === 0) return;
  await session.query({ name: 'rowhook give back', text: giveBackText }, [
    deliveries.map((delivery) => delivery.lane),
    deliveries.map((delivery) => delivery.endpointId),
    deliveries.map((delivery) => delivery.id),
    deliveries.map((delivery) => delivery.slot),
    deliveries.map((delivery) => delivery.lease),
    deliveries.map((delivery) => delivery.counted),
    deliveries.map((delivery) => delivery.probe),
  ]);
}
