/**
 * Milliseconds of each part of a request, as far as it got; the part in which it ended counts up to then. The first three only where it
 * made a new connection: the lookup of the name, the connection (with a proxy: until the way is open), TLS. Then from the sending
 * to the headers of the answer, and to its end.
 */
export interface Phases {
  dns?: number;
  connect?: number;
  tls?: number;
  wait?: number;
  body?: number;
}

/** Milliseconds with one digit behind the point: more would be noise. */
export function toTenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
