import type { RecordChange } from './net-effect.ts';
import { type LastRows, recordId } from './tenants.ts';

/** What a page says of records that ended on it. */
export interface GoneRows {
  /** The last row of a record after an event: undefined when no end of it follows, null when its last row was not kept. */
  after(event: Place): string | null | undefined;
  /** Whether the record was marked as deleted after an event. */
  markedAfter(event: Place): boolean;
  /** The latest last row of each record that has one. */
  readonly latest: LastRows;
  /** Records that ended, or were marked. */
  readonly records: ReadonlyArray<{ readonly resourceName: string; readonly key: string }>;
}

interface Place {
  readonly resourceName: string;
  readonly key: string;
  readonly seq: number;
}

/** The ends of records among a page's changes. Pure. */
export function goneRows(changes: readonly RecordChange[]): GoneRows {
  const ends = new Map<string, RecordChange[]>();
  const latest = new Map<string, string>();
  for (const change of changes) {
    if (change.op !== 'delete' && change.op !== 'vanish') continue;
    const id = recordId(change);
    const list = ends.get(id);
    if (list) list.push(change);
    else ends.set(id, [change]);
    if (typeof change.image === 'string') latest.set(id, change.image);
  }
  const endsAfter = (event: Place) => (ends.get(recordId(event)) ?? []).filter(({ seq }) => seq > event.seq);
  return {
    after: (event) => endsAfter(event).find(({ image }) => image !== undefined)?.image,
    markedAfter: (event) => endsAfter(event).some(({ image }) => image === undefined),
    latest,
    records: [...ends.values()].map((list) => list[0]!),
  };
}
