import { RowhookError } from '../../errors.ts';
import { parseEndpointUrl } from '../../wire/endpoint-url.ts';
import { parseProxyUrl } from '../../wire/proxy-url.ts';
import {
  type AllowList,
  type Blocked,
  type BlockReason,
  destinationOf,
  destinationProblem,
  urlProblem,
} from './guard.ts';

/**
 * Refuses URLs of an endpoint that a daemon with this allow-list would never call, as far as the URLs alone tell.
 * @throws RowhookError `endpoint_invalid`, with the words of the guard
 */
export function refuseUncallable(
  { url, proxy }: { readonly url?: string | undefined; readonly proxy?: string | null | undefined },
  allow: AllowList,
): void {
  // What is no URL is told when the endpoint is checked.
  const called = url ? parseEndpointUrl(url) : undefined;
  if (called && 'url' in called) refuse('url', urlProblem(called.url, allow));
  const through = proxy ? parseProxyUrl(proxy) : undefined;
  if (through && 'url' in through) {
    // By http or not: what goes through is judged apart.
    refuse('proxy', destinationProblem({ ...destinationOf(new URL(through.url)), secure: true }, allow));
  }
}

/** What helps where the guard lets no request go somewhere. */
export const blockedFix: Readonly<Record<BlockReason, string>> = {
  blocked_address: 'Give another URL, or let daemons call this one: delivery.allow in the config.',
  https_required: 'Give an https URL, or let daemons call this one: delivery.allow in the config.',
  port_blocked: 'Give another port, or let daemons call this one: delivery.allow in the config.',
};

function refuse(where: 'url' | 'proxy', blocked: Blocked | undefined): void {
  if (!blocked) return;
  const { reason, detail } = blocked;
  throw new RowhookError('endpoint_invalid', `no request would go there (${reason}): ${detail}`, {
    where,
    fix: blockedFix[reason],
  });
}
