/** Why a text cannot be the URL of an endpoint, as a clause: `has a password in it`. */
export type UrlProblem = string;

/**
 * Reads an absolute http(s) URL without credentials. The WHATWG parser has by then turned every notation of an address
 * (`0x7f.1`, `2130706433`) into the usual one, so that the guard sees what will be connected to.
 */
export function parseEndpointUrl(text: string): { url: URL } | { problem: UrlProblem } {
  // The parser would leave tabs and line ends out: what is stored and shown would not be what is called.
  if (/\p{Cc}/u.test(text)) return { problem: 'has a control character in it' };
  if (!URL.canParse(text)) return { problem: 'is not an absolute URL' };
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return { problem: `has the scheme "${url.protocol.slice(0, -1)}", not https or http` };
  }
  // They would be shown wherever the URL is, and are not sent, so that the receiver never saw them.
  if (url.username || url.password) return { problem: 'has a user name or password in it' };
  if (url.port === '0') return { problem: 'has port 0' };
  return { url };
}

/** Whether two URLs lead to the same place, however they are written. */
export function sameUrl(a: string, b: string): boolean {
  return a === b || (URL.canParse(a) && URL.canParse(b) && new URL(a).href === new URL(b).href);
}

/**
 * A URL as logs and attempts keep it: without what may be a credential, which are the values of its query (`?token=[hidden]`), and a
 * user name and password, though none is registered with these. The path is kept: support tells receivers apart by it.
 */
export function shownUrl(text: string): string {
  // Most have none of these, and each attempt asks.
  if (!/[?#@]/.test(text)) return text;
  if (!URL.canParse(text)) return '';
  const { protocol, host, pathname, search } = new URL(text);
  const query = search
    .slice(1)
    .split('&')
    .map((pair) => {
      const name = pair.slice(0, pair.indexOf('=') + 1);
      return pair === name ? pair : `${name}[hidden]`;
    })
    .join('&');
  return `${protocol}//${host}${pathname}${query && `?${query}`}`;
}
