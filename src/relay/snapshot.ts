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
