import { RowhookError } from '../../errors.ts';

/**
 * Refuses what another site may have had a browser send. A browser that says where a request comes from (`Sec-Fetch-Site`, Fetch Metadata)
 * is believed; one that does not, over plain http say, by `Origin`. Scripts send neither.
 * @param publicUrl where people reach this, when it is not by the request's own name
 * @throws RowhookError `request_forged`
 */
export function checkSameSite(request: Request, publicUrl: URL | undefined): void {
  const site = request.headers.get('sec-fetch-site');
  if (site !== null) {
    // none: typed in by hand, or from a bookmark. That is no way to change anything.
    if (site === 'same-origin' || (site === 'none' && isRead(request))) return;
    throw forged('another site asks for it');
  }
  const origin = request.headers.get('origin');
  if (origin === null || isOwn(origin, request, publicUrl)) return;
  throw forged('its Origin is another one');
}

/**
 * A change by what a browser sends of itself needs a header that no form and no link can send: a script of another site would have
 * to ask first, and is told no.
 * @throws RowhookError `request_forged`
 */
export function checkOwnHeader(request: Request): void {
  if (isRead(request) || request.headers.get('x-rowhook') === '1') return;
  throw forged('it has no x-rowhook: 1');
}

export const isRead = ({ method }: Request): boolean => method === 'GET' || method === 'HEAD';

function isOwn(origin: string, request: Request, publicUrl: URL | undefined): boolean {
  if (!URL.canParse(origin)) return false;
  const { host, protocol } = new URL(origin);
  if (protocol !== 'http:' && protocol !== 'https:') return false;
  // TLS may end at a proxy: only the name is compared.
  return host === new URL(request.url).host || origin === publicUrl?.origin;
}

const forged = (why: string): RowhookError =>
  new RowhookError('request_forged', `the request is refused: ${why}`, {
    fix: 'Use the page itself; a script sends x-rowhook: 1, or a token as Authorization: Bearer.',
  });
