import type { CatalogView } from '../../../src/admin/shapes/session.ts';
import { api } from '../../data/api.ts';
import { type Loaded, useLoad } from '../../data/use-load.ts';

let known: Promise<CatalogView> | undefined;

/** What can be subscribed to: asked for once, as it changes only with the program. */
export function useCatalog(): Loaded<CatalogView> {
  return useLoad('catalog', async () => {
    known ??= api.get<CatalogView>('/catalog');
    try {
      return await known;
    } catch (error) {
      known = undefined;
      throw error;
    }
  });
}
