import type { RecordChange } from './net-effect.ts';
import { type RecordName, recordId } from './record-id.ts';

/** What a page says of records that ended on it. */
export interface GoneRows {
  /** The last row of a record after an event: undefined when no end of it follows, null when its last row was not kept. */
  after(event: Place): string | null | undefined;
  /** Whether the record was marked as deleted after an event. */
  markedAfter(event: Place): boolean;
  /** The last row of a record that ended in the transaction of a change, or after it; undefined where none was kept. */
  endedWith(record: RecordName, change: { readonly seq: number; readonly xid: string }): string | undefined;
  /** The latest last row of a record; undefined where it has none on this page. */
  latest(record: RecordName): string | undefined;
  /** Records that ended, or were marked. */
  readonly records: readonly RecordName[];
}

interface Place extends RecordName {
  readonly seq: number;
}

/** The ends of records among a page's changes. Pure. */
export function goneRows(changes: readonly RecordChange[]): GoneRows {
  const ends = new Map<string, RecordChange[]>();
  for (const change of changes) {
    if (change.op !== 'delete' && change.op !== 'vanish') continue;
    const id = recordId(change);
    const list = ends.get(id);
    if (list) list.push(change);
    else ends.set(id, [change]);
  }
  const endsOf = (record: RecordName) => ends.get(recordId(record)) ?? [];
  const endsAfter = (event: Place) => endsOf(event).filter(({ seq }) => seq > event.seq);
  return {
    after: (event) => endsAfter(event).find(({ image }) => image !== undefined)?.image,
    markedAfter: (event) => endsAfter(event).some(({ image }) => image === undefined),
    endedWith: (record, { seq, xid }) =>
      endsOf(record).find((end) => end.image != null && (end.xid === xid || end.seq > seq))?.image ??
      undefined,
    latest: (record) => endsOf(record).findLast(({ image }) => image != null)?.image ?? undefined,
    records: [...ends.values()].map((list) => list[0]!),
  };
}
