/** The day in UTC that a moment lies in, as `20180404`. */
export function dayName(at: Date): string {
  return at.toISOString().slice(0, 10).replaceAll('-', '');
}

/** The start of a day named by `dayName`, or undefined for a text that names none. */
export function dayNamed(name: string): Date | undefined {
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)$/.exec(name) ?? [];
  const start = new Date(`${year}-${month}-${day}T00:00:00Z`);
  return Number.isNaN(start.getTime()) || dayName(start) !== name ? undefined : start;
}
