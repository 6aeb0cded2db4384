import { isIP } from 'node:net';
import { RowhookError } from '../../errors.ts';
import { contains, type Network, parseNetwork } from './addresses.ts';

/** Where the operator lets requests go besides public addresses over TLS. */
export interface AllowList {
  readonly networks: ReadonlyArray<{ readonly network: Network } & Ports>;
  /** Host names in lower case: whatever they resolve to is allowed. */
  readonly names: ReadonlyArray<{ readonly name: string } & Ports>;
  /** Whether plain http may go to public addresses too. What is listed may be called by http in any case. */
  readonly http: boolean;
}

interface Ports {
  /** The entry lets this port alone be called, whichever it is; undefined: all ports that are not refused. */
  readonly port: number | undefined;
}

/**
 * Reads a list of addresses (`10.1.2.3`), networks (`127.0.0.0/8`, `fd00::/8`) and host names (`localhost`), each perhaps with a port
 * (`10.1.2.3:81`, `[fd00::/8]:81`, `localhost:81`).
 * @throws RowhookError `config_invalid` for an entry that is none of these
 */
export function parseAllowList(
  entries: readonly string[],
  { http = false }: { readonly http?: boolean | undefined } = {},
): AllowList {
  const read = entries.map((entry, index) => {
    const found = parseEntry(entry);
    if (found) return found;
    throw new RowhookError('config_invalid', `"${entry}" is not an address, a network or a host name`, {
      where: `allow[${index}]`,
      fix: 'Write it like 10.1.2.3, 127.0.0.0/8, fd00::/8 or hooks.internal.example, with a port behind (10.1.2.3:81) to open that one alone.',
    });
  });
  return {
    networks: read.filter((each) => 'network' in each),
    names: read.filter((each) => 'name' in each),
    http,
  };
}

function parseEntry(entry: string): AllowList['networks'][number] | AllowList['names'][number] | undefined {
  // An IPv6 address has colons of its own, so that its port stands behind brackets, as in a URL.
  const whole = parseNetwork(entry);
  if (whole) return { network: whole, port: undefined };
  const [, bracketed, plain, digits] = /^(?:\[([^[\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(entry) ?? [];
  const place = bracketed ?? plain ?? '';
  const port = digits === undefined ? undefined : Number(digits);
  if (port === 0 || (port ?? 0) > 65_535) return undefined;
  const network = parseNetwork(place);
  if (network) return { network, port };
  // A name whose last part is a number would be read as an IPv4 address in a URL.
  const isName = /^[\w-]+(\.[\w-]+)*$/.test(place) && !/(^|\.)(\d+|0x[\da-f]*)$/i.test(place);
  return isName && bracketed === undefined ? { name: place.toLowerCase(), port } : undefined;
}

/** How an address that a host has is listed: by its own network, or by the host's name. */
export function listedPorts(
  allow: AllowList,
  { host, port }: { readonly host: string; readonly port: number },
  address: string,
): { readonly listed: boolean; readonly byPort: boolean } {
  const entries = [
    ...allow.networks.filter(({ network }) => contains(network, address)),
    ...(isIP(host) ? [] : allow.names.filter(({ name }) => name === nameOf(host))),
  ];
  const byPort = entries.some((entry) => entry.port === port);
  return { listed: byPort || entries.some((entry) => entry.port === undefined), byPort };
}

/** `Hooks.Example.` and `hooks.example` are one name. */
function nameOf(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}
