import type { RecordChange } from '../events/net-effect.ts';
import { type RecordName, recordId } from '../events/record-id.ts';
import type { Emptied } from '../events/truncations.ts';

/** The end of a record, or of a row that nobody saw any more. */
export type RecordEnd = RecordChange & { readonly op: 'delete' | 'vanish' };

const isEnd = (change: RecordChange): change is RecordEnd => change.op === 'delete' || change.op === 'vanish';

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
  /** Whether a TRUNCATE ended all records of the resource, in the transaction of a change, or after it. */
  truncatedWith(
    record: Pick<RecordName, 'resourceName'>,
    change: { readonly seq: number; readonly xid: string },
  ): boolean;
  /** The ends themselves, and the truncations that left nothing of a resource's own table. */
  readonly ends: readonly RecordEnd[];
  readonly emptied: readonly Emptied[];
  /** Records that ended, or were marked. */
  readonly records: readonly RecordName[];
  /** Resources all records of which were ended by a TRUNCATE. */
  readonly truncated: readonly string[];
}

interface Place extends RecordName {
  readonly seq: number;
}

/** The ends of records among a page's changes, and by its truncations, which keep no last rows. Pure. */
export function goneRows(changes: readonly RecordChange[], truncations: readonly Emptied[] = []): GoneRows {
  const emptied = truncations.filter(({ own }) => own);
  const nextTruncation = ({ resourceName, seq }: Place) =>
    emptied.find((each) => each.resourceName === resourceName && each.seq > seq)?.seq;
  const ends = new Map<string, RecordEnd[]>();
  for (const change of changes) {
    if (!isEnd(change)) continue;
    const id = recordId(change);
    const list = ends.get(id);
    if (list) list.push(change);
    else ends.set(id, [change]);
  }
  const endsOf = (record: RecordName) => ends.get(recordId(record)) ?? [];
  const endsAfter = (event: Place) => endsOf(event).filter(({ seq }) => seq > event.seq);
  return {
    after(event) {
      const end = endsAfter(event).find(({ image }) => image !== undefined);
      const truncatedAt = nextTruncation(event);
      // What ended behind it was made anew.
      return truncatedAt !== undefined && !(end && end.seq < truncatedAt) ? null : end?.image;
    },
    markedAfter: (event) => endsAfter(event).some(({ image }) => image === undefined),
    endedWith: (record, { seq, xid }) =>
      endsOf(record).find((end) => end.image != null && (end.xid === xid || end.seq > seq))?.image ??
      undefined,
    latest: (record) => endsOf(record).findLast(({ image }) => image != null)?.image ?? undefined,
    truncatedWith: ({ resourceName }, { seq, xid }) =>
      emptied.some((each) => each.resourceName === resourceName && (each.xid === xid || each.seq > seq)),
    ends: [...ends.values()].flat(),
    emptied,
    records: [...ends.values()].map((list) => list[0]!),
    truncated: [...new Set(emptied.map(({ resourceName }) => resourceName))],
  };
}
