/** The parts of a pg_snapshot's text, `xmin:xmax:xip,xip`. */
export interface Snapshot {
  readonly xmin: bigint;
  /** Ids from here on had not ended. */
  readonly xmax: bigint;
  /** Ids below xmax that had not ended. */
  readonly xip: readonly string[];
}

export function parseSnapshot(text: string): Snapshot {
  const [xmin = '0', xmax = '0', xip = ''] = text.split(':');
  return { xmin: BigInt(xmin), xmax: BigInt(xmax), xip: xip === '' ? [] : xip.split(',') };
}

/**
 * Ids that no cluster ever reaches, for changes whose own ids another cluster gave out (rebase.ts). The first is no round number: no
 * snapshot of Postgres has an id whose lower half is below 3.
 */
export const rebasedIds = {
  first: 2n ** 62n + 3n,
  /** The highest that a snapshot can have. */
  end: 2n ** 63n - 1n,
} as const;

/** The text of a snapshot in which everything below an id is visible, and nothing else. */
export const snapshotAt = (xid: bigint): string => `${xid}:${xid}:`;
