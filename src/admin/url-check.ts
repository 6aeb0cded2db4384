import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { blockedFix } from '../delivery/guard/callable.ts';
import {
  type AllowList,
  type Blocked,
  BlockedAddress,
  destinationOf,
  type Guard,
  urlProblem,
} from '../delivery/guard/guard.ts';
import { dialectNamed } from '../wire/dialects.ts';
import { parseEndpointUrl } from '../wire/endpoint-url.ts';
import type { UrlCheckedView } from './shapes/endpoint.ts';

/** Whoever types does not wait for longer; a name server that is slow now may be quick later. */
const answerMs = 2_000;

/**
 * What is to be said of a URL while somebody types it: its form, then what the guard says of it, then of what its name resolves to now. Only
 * what the guard would refuse is a problem. A name that does not resolve is not: its DNS may be set up later.
 */
export async function checkUrl(
  text: string,
  dialectName: string,
  { allow, guard }: { readonly allow: AllowList; readonly guard: Guard },
): Promise<UrlCheckedView> {
  const parsed = parseEndpointUrl(text);
  if ('problem' in parsed) {
    const fix = 'Give an absolute URL like https://hooks.example.net/path.';
    return refused('endpoint_invalid', `The URL ${parsed.problem}.`, fix);
  }
  const { url } = parsed;
  const dialect = dialectNamed(dialectName);
  if (dialect.requiresTls && url.protocol !== 'https:') {
    return refused(
      'endpoint_invalid',
      `The dialect "${dialect.name}" sends by https only.`,
      'Give an https URL.',
    );
  }
  const problem = urlProblem(url, allow);
  if (problem) return blocked(problem);
  const destination = destinationOf(url);
  if (isIP(destination.host)) return { problem: null, warning: null, addresses: [destination.host] };
  try {
    const found = await Promise.race([guard.addresses(destination), tooLate()]);
    if (!found) return warned(`The name servers of ${destination.host} have not answered yet.`);
    return { problem: null, warning: null, addresses: found.map(({ address }) => address) };
  } catch (error) {
    if (error instanceof BlockedAddress) return blocked({ reason: error.code, detail: error.message });
    return warned(`${destination.host} does not resolve to an address now.`);
  }
}

const tooLate = (): Promise<undefined> => sleep(answerMs, undefined, { ref: false });

function blocked({ reason, detail }: Blocked): UrlCheckedView {
  return refused(reason, `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`, blockedFix[reason]);
}

function refused(code: string, message: string, fix: string): UrlCheckedView {
  return { problem: { code, message, fix }, warning: null, addresses: [] };
}

function warned(warning: string): UrlCheckedView {
  return { problem: null, warning, addresses: [] };
}
