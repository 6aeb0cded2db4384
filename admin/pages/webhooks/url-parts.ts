/** The host of a URL as one reads it, or the text itself where it is none. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** Of a URL's end so many characters are never cut; from its last slash on, where that is near. */
const endMost = 18;

/** A URL in the parts that a narrow list shows: the host stands out, the middle may be cut, the end tells apart those of one host. */
export function urlParts(url: string): {
  readonly scheme: string;
  readonly host: string;
  readonly middle: string;
  readonly end: string;
} {
  if (!URL.canParse(url)) return { scheme: '', host: url, middle: '', end: '' };
  const { protocol, host, pathname, search } = new URL(url);
  const rest = `${pathname === '/' && search === '' ? '' : pathname}${search}`;
  const slash = rest.lastIndexOf('/');
  const from =
    rest.length <= endMost ? 0 : rest.length - slash <= endMost ? slash : rest.length - (endMost - 4);
  return { scheme: `${protocol}//`, host, middle: rest.slice(0, from), end: rest.slice(from) };
}

/** What a person types to confirm, against what was asked for: white space around it and the case of letters do not count. */
export function confirms(typed: string, asked: string): boolean {
  return typed.trim().toLowerCase() === asked.toLowerCase();
}
