import type { LookupAddress, LookupOptions } from 'node:dns';
import { lookup as resolveName } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { RowhookError } from '../errors.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

/** Where the operator lets requests go besides public addresses. */
export interface AllowList {
  readonly networks: readonly Network[];
  /** Host names in lower case: whatever they resolve to is allowed. */
  readonly names: ReadonlySet<string>;
}

/**
 * Reads a list of addresses (`10.1.2.3`), networks (`127.0.0.0/8`, `fd00::/8`) and host names (`localhost`).
 * @throws RowhookError `config_invalid` for an entry that is none of these
 */
export function parseAllowList(entries: readonly string[]): AllowList {
  const networks: Network[] = [];
  const names = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    const where = `allow[${index}]`;
    if (isIP(entry)) networks.push([ipaddr.parse(entry), isIP(entry) === 4 ? 32 : 128]);
    else if (isIP(entry.split('/')[0] ?? '') && ipaddr.isValidCIDR(entry))
      networks.push(ipaddr.parseCIDR(entry));
    else if (/^[\w-]+(\.[\w-]+)*$/.test(entry) && !/^[\d.]+$/.test(entry)) names.add(entry.toLowerCase());
    else {
      throw new RowhookError('config_invalid', `"${entry}" is not an address, a network or a host name`, {
        where,
        fix: 'Write it like 10.1.2.3, 127.0.0.0/8, fd00::/8 or hooks.internal.example.',
      });
    }
  }
  return { networks, names };
}

const globalUnicast: Network = ipaddr.parseCIDR('2000::/3');
const nat64: Network = ipaddr.parseCIDR('64:ff9b::/96');
/** Azure's wire server: a public address that reaches, from each of its machines, what that machine alone may see. */
const azureHost: Network = ipaddr.parseCIDR('168.63.129.16/32');

/**
 * Whether a request may go to this address: public unicast, or in the allow-list (invariant 10). IPv6 forms that carry an
 * IPv4 address are judged by that one where the network delivers to it (mapped, NAT64), else refused (6to4, Teredo, …).
 */
export function addressAllowed(address: string, allow: AllowList): boolean {
  if (!isIP(address)) return false;
  const ip = ipaddr.parse(address);
  if (allow.networks.some((network) => matches(ip, network))) return true;
  const carried = carriedIpv4(ip);
  if (carried) return addressAllowed(carried, allow);
  if (matches(ip, azureHost)) return false;
  // Not "unicast" alone: ipaddr.js says so of all that no list names, such as the deprecated ::/96 with an IPv4 inside.
  return ip.range() === 'unicast' && (ip.kind() === 'ipv4' || matches(ip, globalUnicast));
}

function carriedIpv4(ip: Address): string | undefined {
  if (ip.kind() === 'ipv4') return undefined;
  const { parts } = ip as ipaddr.IPv6;
  const mapped = (ip as ipaddr.IPv6).isIPv4MappedAddress();
  return mapped || matches(ip, nat64)
    ? new ipaddr.IPv4(parts.slice(6).flatMap((part) => [part >> 8, part & 255])).toString()
    : undefined;
}

function matches(ip: Address, [network, bits]: Network): boolean {
  return ip.kind() === network.kind() && ip.match([network, bits]);
}

/** Why an address literal in a URL may not be called, or undefined. No lookup is ever made for a literal. */
export function literalProblem(url: URL, allow: AllowList): string | undefined {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(host) && !addressAllowed(host, allow)
    ? `${host} is not an address that may be called`
    : undefined;
}

/** What a refused lookup fails with, through the HTTP client. */
export class BlockedAddress extends Error {
  override readonly name = 'BlockedAddress';
}

/** Asks for all addresses of a name. */
export type Resolve = (name: string, options: LookupOptions & { all: true }) => Promise<LookupAddress[]>;

/**
 * A lookup for `net.connect`, which connects only to what it returns: a name is refused if any of its addresses is, and there
 * is no second resolution that could answer otherwise (DNS rebinding).
 * @param resolve default: the system's resolver
 */
export function createLookup(allow: AllowList, resolve: Resolve = resolveName): LookupFunction {
  // The system's resolver has few threads. A name whose servers are dead may hold one of them, not one for each of its
  // deliveries (invariant 7).
  const underWay = new Map<string, Promise<LookupAddress[]>>();

  const addressesOf = (name: string, options: LookupOptions): Promise<LookupAddress[]> => {
    const key = `${name} ${options.family ?? 0} ${options.hints ?? 0}`;
    const known = underWay.get(key);
    if (known) return known;
    const asked = resolve(name, { ...options, all: true }).finally(() => underWay.delete(key));
    underWay.set(key, asked);
    return asked;
  };

  return (name, options, callback) => {
    addressesOf(name, options)
      .then((addresses) => {
        const trusted = allow.names.has(name.toLowerCase().replace(/\.$/, ''));
        const refused = trusted
          ? undefined
          : addresses.find(({ address }) => !addressAllowed(address, allow));
        if (refused)
          throw new BlockedAddress(`${name} resolves to ${refused.address}, which may not be called`);
        return addresses;
      })
      .then(
        (addresses) => {
          const [first] = addresses;
          if (options.all) callback(null, addresses);
          else callback(null, first?.address ?? '', first?.family);
        },
        (error: NodeJS.ErrnoException) => callback(error, []),
      );
  };
}
