import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
/** An address and how many of its first bits count. */
export type Network = readonly [Address, number];

/** Reads an address (`10.1.2.3`) or a network (`127.0.0.0/8`, `fd00::/8`), in the usual notation alone; undefined: it is neither. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', bits] = text.split('/');
  const kind = isIP(address);
  if (kind === 0 || (bits !== undefined && !ipaddr.isValidCIDR(text))) return undefined;
  return [ipaddr.parse(address), bits === undefined ? (kind === 4 ? 32 : 128) : Number(bits)];
}

/** Whether an address, or the IPv4 address that it carries to where the network delivers to that one, is of a network. */
export function contains(network: Network, address: string): boolean {
  if (!isIP(address)) return false;
  const ip = ipaddr.parse(address);
  const carried = carriedIpv4(ip);
  return matches(ip, network) || (carried !== undefined && matches(carried, network));
}

const globalUnicast = networkOf('2000::/3');
const nat64 = networkOf('64:ff9b::/96');
/** Azure's wire server: a public address that reaches, from each of its machines, what that machine alone may see. */
const azureHost = networkOf('168.63.129.16');

/**
 * Whether an address is one of the public internet, and of one receiver: none that the IANA special-purpose registries name (loopback,
 * private, link-local, shared, multicast, reserved, documentation, …). IPv6 forms that carry an IPv4 address are judged by that one
 * where the network delivers to it (mapped, NAT64), else they are not public (6to4, Teredo, ISATAP, …). Takes the usual notation alone.
 */
export function isPublic(address: string): boolean {
  // A zone says on which link an address is: no public one has it.
  if (!isIP(address) || address.includes('%')) return false;
  const ip = ipaddr.parse(address);
  const judged = carriedIpv4(ip) ?? ip;
  if (judged.range() !== 'unicast' || matches(judged, azureHost)) return false;
  // Not "unicast" alone: ipaddr.js says so of all that no list names, such as the deprecated ::/96 with an IPv4 inside.
  return judged.kind() === 'ipv4' || (matches(judged, globalUnicast) && !isIsatap(judged as ipaddr.IPv6));
}

function carriedIpv4(ip: Address): ipaddr.IPv4 | undefined {
  if (ip.kind() === 'ipv4') return undefined;
  const carrier = ip as ipaddr.IPv6;
  return carrier.isIPv4MappedAddress() || matches(ip, nat64)
    ? new ipaddr.IPv4(carrier.parts.slice(6).flatMap((part) => [part >> 8, part & 255]))
    : undefined;
}

/** An interface identifier that holds an IPv4 address, private ones included (RFC 5214, 6.1). */
function isIsatap({ parts }: ipaddr.IPv6): boolean {
  return ((parts[4] ?? 0) & 0xfdff) === 0 && parts[5] === 0x5efe;
}

function matches(ip: Address, [network, bits]: Network): boolean {
  return ip.kind() === network.kind() && ip.match(network, bits);
}

function networkOf(text: string): Network {
  return parseNetwork(text) as Network;
}
