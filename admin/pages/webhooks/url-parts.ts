/** The host of a URL as one reads it, or the text itself where it is none. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** A URL in the parts that a narrow list shows: the host stands out, the rest may be cut. */
export function urlParts(url: string): {
  readonly scheme: string;
  readonly host: string;
  readonly rest: string;
} {
  if (!URL.canParse(url)) return { scheme: '', host: url, rest: '' };
  const { protocol, host, pathname, search } = new URL(url);
  return {
    scheme: `${protocol}//`,
    host,
    rest: `${pathname === '/' && search === '' ? '' : pathname}${search}`,
  };
}

/** What a person types to confirm, against what was asked for: white space around it and the case of letters do not count. */
export function confirms(typed: string, asked: string): boolean {
  return typed.trim().toLowerCase() === asked.toLowerCase();
}
