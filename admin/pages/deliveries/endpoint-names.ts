import { type Signal, signal } from '@preact/signals';
import type { EndpointListView, EndpointView } from '../../../src/admin/shapes/endpoint.ts';
import { ApiProblem, api } from '../../data/api.ts';

export interface EndpointName {
  readonly url: string;
  readonly description: string;
}

/** What webhooks are called, by id; null: it is gone. Asked for once, the first many of them together. */
const names = new Map<string, Signal<EndpointName | null | undefined>>();
let many: Promise<void> | undefined;
/** Those of the first page, for choosing one. */
export const someEndpoints = signal<readonly (EndpointName & { id: string })[]>([]);

export function endpointName(id: string): Signal<EndpointName | null | undefined> {
  const known = names.get(id);
  if (known) return known;
  const name = signal<EndpointName | null | undefined>(undefined);
  names.set(id, name);
  void fill(id, name);
  return name;
}

/** Asks for the first many; again only where it failed. */
export async function loadEndpoints(): Promise<void> {
  many ??= api.get<EndpointListView>('/endpoints', { limit: 200 }).then(({ endpoints }) => {
    someEndpoints.value = endpoints;
    for (const { id, url, description } of endpoints) {
      const name = names.get(id) ?? signal<EndpointName | null | undefined>(undefined);
      name.value = { url, description };
      names.set(id, name);
    }
  });
  try {
    await many;
  } catch (error) {
    many = undefined;
    if (!(error instanceof ApiProblem)) throw error;
  }
}

async function fill(id: string, name: Signal<EndpointName | null | undefined>): Promise<void> {
  await loadEndpoints();
  if (name.peek() !== undefined) return;
  try {
    name.value = await api.get<EndpointView>(`/endpoints/${id}`);
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    if (error.problem.status === 404) name.value = null;
    else names.delete(id);
  }
}
