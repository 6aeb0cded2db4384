/** How often something may be tried: so many at once, then one each so many milliseconds. */
export interface Allowance {
  readonly burst: number;
  readonly everyMs: number;
}

export interface Tries {
  /** 0: it may be tried now, and that is counted; else in so many milliseconds. */
  take(address: string): number;
  /** It was no guess: what was counted is given back. */
  giveBack(address: string): void;
  /** Addresses that are kept in mind. */
  readonly addresses: number;
}

const perAddress: Allowance = { burst: 5, everyMs: 10_000 };
/** Of all addresses together: who has many of them gets no further than this. */
const inAll: Allowance = { burst: 100, everyMs: 100 };
const mostAddresses = 10_000;

/**
 * Bounds guesses of tokens, by address and in all. An address in vain keeps nobody else out; many together slow all down, and stop nobody:
 * whoever is signed in is not asked.
 * @param now milliseconds of a clock that only goes forward
 */
export function createTries(
  now: () => number,
  {
    each = perAddress,
    all = inAll,
    most = mostAddresses,
  }: Partial<Record<'each' | 'all', Allowance> & { most: number }> = {},
): Tries {
  // When each will have had its last try paid back: the one figure that a bucket needs.
  const paidAt = new Map<string, number>();
  const whole = { paidAt: 0 };

  const waitOf = (paid: number, { burst, everyMs }: Allowance, at: number): number =>
    Math.max(0, Math.max(paid, at) + everyMs - at - burst * everyMs);
  const put = (address: string, paid: number): void => {
    // The one that was used last goes to the end, so that the first is the one to forget.
    paidAt.delete(address);
    if (paid <= now()) return;
    paidAt.set(address, paid);
    if (paidAt.size > most) paidAt.delete(paidAt.keys().next().value as string);
  };

  return {
    get addresses() {
      return paidAt.size;
    },
    take(address) {
      const key = networkOf(address);
      const at = now();
      const own = paidAt.get(key) ?? 0;
      const wait = Math.max(waitOf(own, each, at), waitOf(whole.paidAt, all, at));
      if (wait > 0) return wait;
      put(key, Math.max(own, at) + each.everyMs);
      whole.paidAt = Math.max(whole.paidAt, at) + all.everyMs;
      return 0;
    },
    giveBack(address) {
      const key = networkOf(address);
      put(key, (paidAt.get(key) ?? 0) - each.everyMs);
      whole.paidAt -= all.everyMs;
    },
  };
}

/** One customer of a provider has a /64 of IPv6: it counts as one address. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address;
  const [head = '', tail] = address.toLowerCase().split('%')[0]!.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = Math.max(0, 8 - left.length - right.length);
  const groups = tail === undefined ? left : [...left, ...Array<string>(missing).fill('0'), ...right];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
