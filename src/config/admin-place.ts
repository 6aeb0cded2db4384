/**
 * A path below which everything is, without a slash at its end: '' or `/webhooks-admin`. It gets into cookies and pages, so it is only of
 * letters, digits, `-`, `_`, `.` and `~`.
 * @returns undefined for what cannot be one
 */
export function normalBasePath(text: string): string | undefined {
  const path = text.replace(/\/+$/, '');
  const isPath = /^(\/[A-Za-z0-9_~.-]+)*$/.test(path) && !/\/\.{1,2}(\/|$)/.test(path);
  return isPath && path.length <= 200 ? path : undefined;
}

/** http or https, with a name, perhaps a port and a path: undefined for anything else. */
export function normalPublicUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isPlain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  const isWeb = url.protocol === 'http:' || url.protocol === 'https:';
  return isPlain && isWeb && normalBasePath(url.pathname) !== undefined ? url : undefined;
}
