/** How long ago, or in how long: `just now` · `12 s ago` · `3 min ago` · `in 5 h` · `2 d ago`; beyond 30 days the date. */
export function relativeTime(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1_000);
  const size = Math.abs(seconds);
  if (size < 3) return seconds > 0 ? 'now' : 'just now';
  const amount = amountOf(size);
  if (amount === null) return new Date(at).toISOString().slice(0, 10);
  return seconds > 0 ? `in ${amount}` : `${amount} ago`;
}

function amountOf(seconds: number): string | null {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  const days = Math.floor(seconds / 86_400);
  return days <= 30 ? `${days} d` : null;
}

/** Exactly, in a zone (default: the viewer's) and with its name: `2026-11-23 14:05:09.123 GMT+1`. */
export function exactTime(at: number, zone?: string): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    hourCycle: 'h23',
    timeZoneName: 'short',
  }).formatToParts(at);
  const part = (type: string) => parts.find((found) => found.type === type)?.value ?? '';
  const day = `${part('year')}-${part('month')}-${part('day')}`;
  return `${day} ${part('hour')}:${part('minute')}:${part('second')}.${part('fractionalSecond')} ${part('timeZoneName')}`;
}

/** `14:05:09` in the viewer's zone; of another day with its date: `11-23 14:05:09`. */
export function clockTime(at: number, now: number, zone?: string): string {
  const exact = exactTime(at, zone);
  const today = exactTime(now, zone).slice(0, 10);
  return exact.startsWith(today) ? exact.slice(11, 19) : exact.slice(5, 19);
}
