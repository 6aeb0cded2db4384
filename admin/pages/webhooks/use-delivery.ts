import { useEffect, useState } from 'preact/hooks';
import type { DeliveryDetailView } from '../../../src/admin/shapes/delivery.ts';
import { api } from '../../data/api.ts';
import { live } from '../../data/live.ts';
import { type Loaded, useLoad } from '../../data/use-load.ts';

/** The live stream tells of it at once; this is for when that one is broken. */
const pollMs = 2_000;
const slowMs = 4_000;

/** A delivery while it happens. Null: there is none yet. */
export function useDelivery(
  endpointId: string,
  deliveryId: string | null,
): Loaded<DeliveryDetailView> & { readonly slow: boolean } {
  const loaded = useLoad(deliveryId === null ? null : `delivery ${deliveryId}`, (signal) =>
    api.get<DeliveryDetailView>(`/deliveries/${deliveryId}`, {}, { signal }),
  );
  const [slow, setSlow] = useState(false);
  const { reload, data } = loaded;
  const ended = data !== undefined && ['succeeded', 'exhausted', 'dropped'].includes(data.state);
  useEffect(() => {
    if (deliveryId === null || ended) return;
    const poll = setInterval(reload, pollMs);
    const stop = live.on('deliveries', endpointId, ({ deliveries }) => {
      if (deliveries.some(({ id }) => id === deliveryId)) reload();
    });
    return () => {
      clearInterval(poll);
      stop();
    };
  }, [endpointId, deliveryId, ended, reload]);
  useEffect(() => {
    setSlow(false);
    const timer = setTimeout(() => setSlow(true), slowMs);
    return () => clearTimeout(timer);
  }, [deliveryId]);
  return { ...loaded, slow };
}
