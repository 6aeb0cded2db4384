import type { HeldView } from '../../../src/admin/shapes/endpoint.ts';
import { api } from '../../data/api.ts';
import { type Loaded, useLoad } from '../../data/use-load.ts';

/** What waits for a webhook at this moment. */
export function useHeld(id: string): Loaded<HeldView> {
  return useLoad(`held ${id}`, (signal) => api.get<HeldView>(`/endpoints/${id}/held`, {}, { signal }));
}
