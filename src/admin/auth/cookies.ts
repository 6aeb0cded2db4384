/** All values of the cookie of this name, in their order: a browser sends several where they were set for several paths or domains. Pure. */
export function cookieValues(header: string | null, name: string): readonly string[] {
  if (header === null) return [];
  return header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
}

export interface CookieScope {
  readonly name: string;
  /** Where it is sent to; checked when the base path was. */
  readonly path: string;
  /** Over TLS only. */
  readonly secure: boolean;
}

/** A Set-Cookie header for nobody but our own pages. @param seconds how long it is kept; 0 takes it away */
export const setCookie = ({ name, path, secure }: CookieScope, value: string, seconds: number): string =>
  `${name}=${value}; Path=${path}; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;

export const cookieBaseName = 'rowhook_session';
