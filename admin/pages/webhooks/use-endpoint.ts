import { useEffect } from 'preact/hooks';
import type { EndpointView } from '../../../src/admin/shapes/endpoint.ts';
import { api } from '../../data/api.ts';
import { live } from '../../data/live.ts';
import { type Loaded, useLoad } from '../../data/use-load.ts';
import { whenLive } from './when-live.ts';

/** One webhook, and how it is after each change that anybody makes of it. */
export function useEndpoint(id: string): Loaded<EndpointView> {
  const loaded = useLoad(`endpoint ${id}`, (signal) =>
    api.get<EndpointView>(`/endpoints/${id}`, {}, { signal }),
  );
  const { reload } = loaded;
  useEffect(() => {
    const stops = [live.on('endpoints', id, () => reload()), whenLive(reload)];
    return () => {
      for (const end of stops) end();
    };
  }, [id, reload]);
  return loaded;
}
