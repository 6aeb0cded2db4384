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
