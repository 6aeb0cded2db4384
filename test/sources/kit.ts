import { defineCatalog, type ResourceInput } from '../../src/catalog/define.ts';
import type { RecordKey, Source } from '../../src/catalog/source.ts';
import type { RowhookError } from '../../src/errors.ts';
import type { Unshown } from '../../src/sources/failure.ts';
import type { Room } from '../../src/sources/room.ts';
import { createSources, type Sources } from '../../src/sources/sources.ts';

export const never = new AbortController().signal;

/** The sources of a catalog with the resource `person`, and others. */
export function sourcesWith(
  source: Source,
  {
    functionTimeoutMs,
    others = {},
    ...person
  }: Partial<ResourceInput> & {
    functionTimeoutMs?: number;
    others?: Record<string, ResourceInput>;
  } = {},
): Sources {
  const catalog = defineCatalog({
    name: 'test',
    resources: { person: { table: 'people', ...person, source }, ...others },
    events: { person_create: { resource: 'person', on: 'insert' } },
  });
  return createSources({ catalog, ...(functionTimeoutMs === undefined ? {} : { functionTimeoutMs }) });
}

export const fetchPeople = (
  { sources }: Sources,
  keys: readonly RecordKey[],
  signal: AbortSignal = never,
  room: Room = { takes: () => true },
): Promise<ReadonlyArray<string | Unshown | undefined>> => sources.get('person')!.fetch(keys, signal, room);

export const ids = (...values: Array<string | number>): RecordKey[] =>
  values.map((id) => ({ id: String(id) }));

/** What a promise rejects with, which must be one of our errors. */
export async function failureOf(work: Promise<unknown>): Promise<RowhookError> {
  const outcome = await work.then(
    (value) => ({ value }),
    (error: RowhookError) => ({ error }),
  );
  if ('error' in outcome && outcome.error.name === 'RowhookError') return outcome.error;
  throw new Error('expected a RowhookError', { cause: outcome });
}
