/** The tables that have a partition for each day, by the time in their UUIDv7. */
export const dailyTables = ['event', 'attempt', 'delivery_stat'] as const;
export type DailyTable = (typeof dailyTables)[number];
