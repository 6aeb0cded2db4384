import type { ResolvedConfig } from '../config/resolve.ts';
import {
  type Blocked,
  destinationOf,
  destinationProblem,
  parseAllowList,
  urlProblem,
} from '../delivery/guard/guard.ts';
import { RowhookError } from '../errors.ts';
import { parseEndpointUrl } from '../wire/endpoint-url.ts';
import { parseProxyUrl } from '../wire/proxy-url.ts';

/**
 * Refuses URLs of an endpoint that a daemon with this config would never call, as far as the URLs alone tell. Not in the library: the
 * application does not know what the operator allows.
 * @throws RowhookError `endpoint_invalid`, with the words of the guard
 */
export function refuseUncallable(
  { url, proxy }: { readonly url?: string | undefined; readonly proxy?: string | null | undefined },
  { allow = [], allowHttp }: ResolvedConfig['delivery'],
): void {
  const allowed = parseAllowList(allow, { http: allowHttp });
  // What is no URL is told when the endpoint is checked.
  const called = url ? parseEndpointUrl(url) : undefined;
  if (called && 'url' in called) refuse('url', urlProblem(called.url, allowed));
  const through = proxy ? parseProxyUrl(proxy) : undefined;
  if (through && 'url' in through) {
    // By http or not: what goes through is judged apart.
    refuse('proxy', destinationProblem({ ...destinationOf(new URL(through.url)), secure: true }, allowed));
  }
}

function refuse(where: 'url' | 'proxy', blocked: Blocked | undefined): void {
  if (!blocked) return;
  const { reason, detail } = blocked;
  throw new RowhookError('endpoint_invalid', `no request would go there (${reason}): ${detail}`, {
    where,
    fix: 'Give another URL, or let daemons call this one: delivery.allow in the config.',
  });
}
