import type { ResolvedConfig } from '../config/resolve.ts';
import { refuseUncallable as refuse } from '../delivery/guard/callable.ts';
import { parseAllowList } from '../delivery/guard/guard.ts';

/**
 * Refuses URLs of an endpoint that a daemon with this config would never call, as far as the URLs alone tell. Not in the library: the
 * application does not know what the operator allows.
 * @throws RowhookError `endpoint_invalid`, with the words of the guard
 */
export function refuseUncallable(
  urls: Parameters<typeof refuse>[0],
  { allow = [], allowHttp }: ResolvedConfig['delivery'],
): void {
  refuse(urls, parseAllowList(allow, { http: allowHttp }));
}
