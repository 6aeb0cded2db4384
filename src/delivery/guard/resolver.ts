import type { LookupAddress } from 'node:dns';
import { Resolver, lookup as systemLookup } from 'node:dns/promises';
import { readFileSync, statSync } from 'node:fs';
import { platform } from 'node:os';
import type { Resolve } from './guard.ts';

export interface ResolverOptions {
  /** Addresses of name servers, `127.0.0.1:53`. Default: those of the system. */
  readonly servers?: readonly string[];
  /** Default: that of the system. */
  readonly hostsFile?: string;
  /** The system's own way, for names that the name servers do not know. */
  readonly system?: (name: string) => Promise<LookupAddress[]>;
}

const systemHostsFile = platform() === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts';
/** Of each question to a name server; the deadline of the request bounds the whole. */
const questionTimeoutMs = 2_000;
/** The name servers of the system may change while we run. */
const renewAfterMs = 60_000;
const hostsCheckAfterMs = 1_000;
/**
 * Node has four threads for lookups, files and cryptography together. Names of this network have a turn of their own, so that those
 * whose servers first deny them and then keep the system waiting do not hold these up (invariant 7).
 */
const lookupsMax = { ofThisNetwork: 1, ofOthers: 2 };
/** What the system may know although the name servers do not: search domains, mDNS, or there is no name server at all. */
const unknown: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'ECONNREFUSED', 'EREFUSED']);

/** A name without an address, or whose name servers do not answer. */
export class NameUnresolved extends Error {
  override readonly name = 'NameUnresolved';
}

/**
 * Finds all addresses of a name. It asks the name servers by itself, because the system's resolver (getaddrinfo) holds one of
 * Node's four threads for as long as a name server keeps it waiting: four names of a hostile zone would hold up the lookups of everybody
 * (invariant 7). The system is asked, for few names at a time, where it alone may know: names in the hosts file, without a dot or in
 * `.local`, and those that the name servers do not have (search domains).
 *
 * IPv4 comes first, as what is asked here does not know whether this machine has a way to IPv6.
 */
export function createResolver(options: ResolverOptions = {}): Resolve {
  const { servers, hostsFile = systemHostsFile } = options;
  const { system = (name) => systemLookup(name, { all: true, order: 'ipv4first' }) } = options;
  const inHostsFile = createHostsFile(hostsFile);
  const ofThisNetwork = inTurn(system, lookupsMax.ofThisNetwork);
  const ofOthers = inTurn(system, lookupsMax.ofOthers);
  let resolver: Resolver | undefined;
  let madeAt = 0;

  const servant = (): Resolver => {
    if (resolver && performance.now() - madeAt < renewAfterMs) return resolver;
    resolver = new Resolver({ timeout: questionTimeoutMs, tries: 2 });
    if (servers) resolver.setServers(servers);
    madeAt = performance.now();
    return resolver;
  };

  const ask = async (name: string): Promise<LookupAddress[]> => {
    const by = servant();
    const [four, six] = await Promise.allSettled([by.resolve4(name), by.resolve6(name)]);
    const found = [
      ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
      ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
    ];
    if (found.length > 0) return found;
    const codes = [four, six].map((one) => (one.status === 'rejected' ? codeOf(one.reason) : 'ENODATA'));
    if (codes.every((code) => unknown.has(code))) return ofOthers(name);
    throw new NameUnresolved(
      `no answer for ${name} from its name servers (${[...new Set(codes)].join(', ')})`,
    );
  };

  return async (name) => {
    const bare = name.toLowerCase().replace(/\.$/, '');
    const lookUp = (): Promise<LookupAddress[]> => {
      if (!bare.includes('.') || bare.endsWith('.localhost') || inHostsFile(bare)) return ofThisNetwork(name);
      // By mDNS, which waits for seconds for a name that nobody has.
      return bare.endsWith('.local') ? ofOthers(name) : ask(name);
    };
    try {
      const found = await lookUp();
      if (found.length > 0) return found;
    } catch (error) {
      if (error instanceof NameUnresolved) throw error;
      throw new NameUnresolved(`${name} has no address (${codeOf(error)})`, { cause: error });
    }
    throw new NameUnresolved(`${name} has no address`);
  };
}

/** Whether a name is in the hosts file, which is looked at once a second at most. */
function createHostsFile(file: string): (name: string) => boolean {
  let names = new Set<string>();
  let version = '';
  let checkedAt = Number.NEGATIVE_INFINITY;
  return (name) => {
    if (performance.now() - checkedAt >= hostsCheckAfterMs) {
      checkedAt = performance.now();
      // Without a promise: that would wait for a thread, of which there are few.
      const stat = statSync(file, { throwIfNoEntry: false });
      const found = stat ? `${stat.mtimeMs} ${stat.size} ${stat.ino}` : '';
      if (found !== version) {
        version = found;
        names = stat ? namesIn(file) : new Set();
      }
    }
    return names.has(name);
  };
}

function namesIn(file: string): Set<string> {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    return new Set(
      lines.flatMap((line) => line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/).slice(1)),
    );
  } catch {
    return new Set();
  }
}

/** At most so many at a time; the others wait for their turn. */
function inTurn<T>(task: (name: string) => Promise<T>, max: number): (name: string) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (name) => {
    if (running >= max) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await task(name);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
