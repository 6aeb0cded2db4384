/** A row of rowhook.outbox as pg returns it. */
export interface OutboxRow {
  readonly seq: string;
  readonly xid: string;
  readonly changed_at: Date;
  readonly capture_id: number;
  readonly op: 'i' | 'u' | 'd' | 't' | 'x';
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

/** Unpacks outbox rows into changes, in their order. Truncates and marks of changed keys have no row to speak of. */
export function unpack(rows: readonly OutboxRow[]): Change[] {
  return rows.flatMap((row) => (row.op === 't' || row.op === 'x' ? [] : unpackRow(row, row.op)));
}

const names = { i: 'insert', u: 'update', d: 'delete' } as const;

function unpackRow(row: OutboxRow, op: 'i' | 'u' | 'd'): Change[] {
  const shared = {
    seq: Number(row.seq),
    xid: row.xid,
    changedAt: row.changed_at,
    captureId: row.capture_id,
    op: names[op],
    requestId: row.request_id,
  };
  return (row.keys ?? []).map((key, i) => {
    const val = row.vals?.[i] ?? null;
    // A delete holds its last row alone, or as the first of an array.
    const values: Array<string | null> = val?.startsWith('[') ? JSON.parse(val) : [];
    const half = values.length / 2;
    return {
      ...shared,
      key,
      mask: op === 'u' ? Number(row.masks?.[i] ?? 0) : 0,
      before: op === 'u' ? values.slice(0, half) : op === 'd' ? values.slice(1) : undefined,
      after: op === 'u' ? values.slice(half) : op === 'i' ? values : undefined,
      image: op !== 'd' ? undefined : val?.startsWith('[') ? (values[0] ?? null) : val,
    };
  });
}
