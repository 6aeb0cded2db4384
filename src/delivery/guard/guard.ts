import type { LookupAddress, LookupOptions } from 'node:dns';
import { lookup as resolveName } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { isPublic } from './addresses.ts';
import { type AllowList, listedPorts } from './allow-list.ts';

export { type AllowList, parseAllowList } from './allow-list.ts';

/** Where a request goes, as its URL says. */
export interface Destination {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  /** Over TLS. */
  readonly secure: boolean;
}

/**
 * Why the guard lets no request go somewhere:
 *
 * - `blocked_address`: the address is not public, and not listed
 * - `https_required`: it is http, to an address that is not listed
 * - `port_blocked`: the port is none of 80, 443 and 1024 to 65535, and no entry of the list names it
 */
export type BlockReason = 'blocked_address' | 'https_required' | 'port_blocked';

export interface Blocked {
  readonly reason: BlockReason;
  /** For people: `10.0.0.1 is not an address that may be called`. */
  readonly detail: string;
}

/** The destination of an http(s) URL. The WHATWG parser has by then turned every notation of an address into the usual one. */
export function destinationOf({ protocol, hostname, port }: URL): Destination {
  const secure = protocol === 'https:';
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    secure,
  };
}

/**
 * Why no request may go to an address that a host is, or resolves to; undefined: it may. The one rule of the guard (invariant 10):
 * all that connects asks it of the address that is connected to.
 */
export function addressProblem(
  address: string,
  destination: Destination,
  allow: AllowList,
): Blocked | undefined {
  const { host, port, secure } = destination;
  const { listed, byPort } = listedPorts(allow, destination, address);
  if (!listed && !isPublic(address)) {
    const detail =
      address === host
        ? `${host} is not an address that may be called`
        : `${host} resolves to ${address}, which may not be called`;
    return { reason: 'blocked_address', detail };
  }
  if (!secure && !listed && !allow.http) return httpsRequired;
  return isUsualPort(port) || byPort ? undefined : portBlocked(port);
}

/** The same of a URL that is to be called, as far as it can be told from the URL alone. */
export function urlProblem(url: URL, allow: AllowList): Blocked | undefined {
  return destinationProblem(destinationOf(url), allow);
}

/**
 * What can be told of a destination without a lookup: why it may not be called, whatever its name resolves to; of an address, all that
 * there is to say. Undefined: it may, or the lookup will show.
 */
export function destinationProblem(destination: Destination, allow: AllowList): Blocked | undefined {
  const { host, port, secure } = destination;
  if (isIP(host)) return addressProblem(host, destination, allow);
  // A network that is listed may be what the name resolves to.
  const { listed, byPort } = listedPorts(allow, destination, '');
  const mayBeListed = (ports: readonly (number | undefined)[]): boolean =>
    allow.networks.some((entry) => ports.includes(entry.port));
  if (!secure && !listed && !allow.http && !mayBeListed([undefined, port])) return httpsRequired;
  return isUsualPort(port) || byPort || mayBeListed([port]) ? undefined : portBlocked(port);
}

const httpsRequired: Blocked = {
  reason: 'https_required',
  detail: 'plain http may be used only to where the allow-list names the address or the host',
};

function portBlocked(port: number): Blocked {
  return { reason: 'port_blocked', detail: `port ${port} may not be called: 80, 443 and 1024 to 65535 may` };
}

/** Those below belong to services that are no receivers, and take what a request says for commands of theirs (SMTP, say). */
function isUsualPort(port: number): boolean {
  return port === 80 || port === 443 || (port >= 1_024 && port <= 65_535);
}

/** What a refused lookup fails with, through the HTTP client; its code is the reason. */
export class BlockedAddress extends Error {
  override readonly name = 'BlockedAddress';
  readonly code: BlockReason;

  constructor({ reason, detail }: Blocked) {
    super(detail);
    this.code = reason;
  }
}

/** Asks for all addresses of a name. */
export type Resolve = (name: string, options: LookupOptions & { all: true }) => Promise<LookupAddress[]>;

/** Resolves names, and gives only what may be connected to. */
export interface Guard {
  /**
   * All addresses of a destination's name, or the address that it is; each may be connected to.
   * @throws BlockedAddress if any of them may not; whatever the resolver fails with
   */
  addresses(destination: Destination, options?: LookupOptions): Promise<LookupAddress[]>;
  /**
   * A lookup for `net.connect`, which connects only to what it returns: there is no second resolution that could answer otherwise
   * (DNS rebinding). It is never asked for an address literal: ask `urlProblem` first.
   */
  lookup(destination: Destination): LookupFunction;
}

/** @param resolve default: the system's resolver */
export function createGuard(allow: AllowList, resolve: Resolve = resolveName): Guard {
  // The system's resolver has few threads. A name whose servers are dead may hold one of them, not one for each of its
  // deliveries (invariant 7).
  const underWay = new Map<string, Promise<LookupAddress[]>>();

  const resolved = (name: string, options: LookupOptions): Promise<LookupAddress[]> => {
    const key = `${name} ${options.family ?? 0} ${options.hints ?? 0}`;
    const known = underWay.get(key);
    if (known) return known;
    const asked = resolve(name, { ...options, all: true }).finally(() => underWay.delete(key));
    underWay.set(key, asked);
    return asked;
  };

  const addresses: Guard['addresses'] = async (destination, options = {}) => {
    const { host } = destination;
    const family = isIP(host);
    const found = family ? [{ address: host, family }] : await resolved(host, options);
    for (const { address } of found) {
      const problem = addressProblem(address, destination, allow);
      // One that is forbidden is enough: which of them is connected to is not ours to say.
      if (problem) throw new BlockedAddress(problem);
    }
    return found;
  };

  return {
    addresses,
    lookup: (destination) => (name, options, callback) => {
      addresses({ ...destination, host: name }, options).then(
        (found) => {
          const [first] = found;
          if (options.all) callback(null, found);
          else callback(null, first?.address ?? '', first?.family);
        },
        (error: NodeJS.ErrnoException) => callback(error, []),
      );
    },
  };
}
