/** Milliseconds of a day; in UTC all days are alike. */
export const dayMs = 86_400_000;

/** When a UUIDv7 was made, to the millisecond: its first 48 bits are milliseconds since 1970 (RFC 9562, 5.7). */
export function uuidTime(id: string): Date {
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}

/** The lowest UUID that a UUIDv7 made at or after this moment can have. Its version bits are zero: below all of that millisecond. */
export function lowestUuid(at: Date): string {
  const hex = Math.max(0, at.getTime()).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** None is higher. */
export const highestUuid = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/**
 * A condition that leaves partitions by id out while a statement is planned, whatever plan it gets: values that it only gets when it
 * runs would have all of a month's opened and locked.
 * @param ids UUIDs from the database, at least one
 */
export function idsWithin(ids: readonly string[]): string {
  const sorted = [...ids].sort();
  return `id between ${literal(sorted[0])} and ${literal(sorted.at(-1))}`;
}

/** @throws Error for what is no UUID: it becomes part of a statement */
export function literal(id: string | undefined): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id ?? '')) throw new Error('not a UUID');
  return `'${id}'::uuid`;
}

/** The bounds of the UUIDv7s of the day in UTC that a moment lies in: from included, to not. */
export function uuidDay(at: Date): { from: string; to: string } {
  const start = Math.floor(at.getTime() / dayMs) * dayMs;
  return { from: lowestUuid(new Date(start)), to: lowestUuid(new Date(start + dayMs)) };
}

/**
 * An id below those of all attempts of these deliveries, which leaves out the partitions of the days before. Attempts come
 * after their delivery, but by the clock of another machine: an hour is allowed for.
 */
export function attemptsFrom(deliveryIds: readonly string[]): string {
  const oldest = Math.min(...deliveryIds.map((id) => uuidTime(id).getTime()));
  return lowestUuid(new Date(deliveryIds.length === 0 ? 0 : oldest - 3_600_000));
}
