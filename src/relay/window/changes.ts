/** A row of rowhook.outbox as pg returns it. */
export interface OutboxRow {
  readonly seq: string;
  readonly xid: string;
  readonly changed_at: Date;
  readonly capture_id: number;
  readonly op: 'i' | 'u' | 'd' | 't' | 'x' | 'b';
  readonly n: number;
  readonly request_id: string | null;
  readonly keys: string[] | null;
  readonly masks: string[] | null;
  readonly vals: Array<string | null> | null;
}

/** What a trigger wrote of one row, unpacked. */
export interface Change {
  readonly seq: number;
  /** Top-level transaction id. */
  readonly xid: string;
  readonly changedAt: Date;
  readonly captureId: number;
  readonly op: 'insert' | 'update' | 'delete';
  readonly key: string;
  /** Updates: a bit for each class of columns that changed. */
  readonly mask: number;
  /** Values of the plan's value columns before and after, as text; undefined where the operation has no such side. */
  readonly before: ReadonlyArray<string | null> | undefined;
  readonly after: ReadonlyArray<string | null> | undefined;
  /** Deletes: the whole last row as JSON text, null when it was too large to keep. */
  readonly image: string | null | undefined;
  readonly requestId: string | null;
}

/** Unpacks outbox rows into changes, in their order. Truncates, bypasses and marks of changed keys have no row to speak of. */
export function unpack(rows: readonly OutboxRow[]): Change[] {
  const changes: Change[] = [];
  for (const row of rows) {
    if (row.op !== 't' && row.op !== 'x' && row.op !== 'b') unpackRow(row, row.op, changes);
  }
  return changes;
}

const names = { i: 'insert', u: 'update', d: 'delete' } as const;
const none: readonly string[] = [];

/** Written out, and with no copies: it is done for every change. */
function unpackRow(row: OutboxRow, op: 'i' | 'u' | 'd', changes: Change[]): void {
  const { keys, masks, vals } = row;
  const seq = Number(row.seq);
  for (let i = 0; i < (keys?.length ?? 0); i++) {
    const val = vals?.[i] ?? null;
    // A delete holds its last row alone, or as the first of an array.
    const isList = val?.startsWith('[') ?? false;
    const values: ReadonlyArray<string | null> = isList ? JSON.parse(val!) : none;
    const half = values.length / 2;
    changes.push({
      seq,
      xid: row.xid,
      changedAt: row.changed_at,
      captureId: row.capture_id,
      op: names[op],
      key: keys![i]!,
      mask: op === 'u' ? Number(masks?.[i] ?? 0) : 0,
      before: op === 'u' ? part(values, 0, half) : op === 'd' ? part(values, 1, values.length) : undefined,
      after: op === 'u' ? part(values, half, values.length) : op === 'i' ? values : undefined,
      image: op !== 'd' ? undefined : isList ? (values[0] ?? null) : val,
      requestId: row.request_id,
    });
  }
}

function part(values: ReadonlyArray<string | null>, from: number, to: number): ReadonlyArray<string | null> {
  return values.length === 0 ? none : values.slice(from, to);
}
