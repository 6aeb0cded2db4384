/** A moment as the API writes it: ISO 8601 in UTC. */
export const iso = (at: Date): string => at.toISOString();

export const isoOrNull = (at: Date | null): string | null => (at === null ? null : at.toISOString());
