import { hiddenValue } from './custom-headers.ts';

/**
 * Reads the URL of an outgoing proxy: `http://user:password@proxy.example.net:3128`.
 * @returns it as it is kept, or why it is none, as a clause that does not repeat it: `has a path`
 */
export function parseProxyUrl(text: string): { readonly url: string } | { readonly problem: string } {
  if (/\p{Cc}/u.test(text)) return { problem: 'has a control character in it' };
  if (!URL.canParse(text)) return { problem: 'is not an absolute URL' };
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return { problem: `has the scheme "${url.protocol.slice(0, -1)}", not http or https` };
  }
  if (url.port === '0') return { problem: 'has port 0' };
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    return { problem: 'has something behind the host and port' };
  }
  if (!isDecodable(url.username) || !isDecodable(url.password)) {
    return {
      problem: 'has a user name or password with a "%" that stands for no character (write it as %25)',
    };
  }
  return { url: url.href };
}

/** As people may see it: that there is a password, and not which. */
export function shownProxy(text: string): string {
  if (!URL.canParse(text)) return hiddenValue;
  const { protocol, username, password, host } = new URL(text);
  // A user name alone may be a token.
  return `${protocol}//${username || password ? `${hiddenValue}@` : ''}${host}`;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
