import { normalBasePath, normalPublicUrl } from '../../config/admin-place.ts';
import { RowhookError } from '../../errors.ts';

/** Where the page is, as its paths and cookies need it. */
export interface Place {
  /** '' or `/webhooks-admin`: everything is below it. */
  readonly basePath: string;
  /** How people reach it, where that is not by the name of a request. */
  readonly publicUrl: URL | undefined;
}

/**
 * Both as they are used; a public URL with a path says the base path too.
 * @throws RowhookError `config_invalid`
 */
export function placeOf({
  basePath,
  publicUrl,
}: {
  readonly basePath?: string | undefined;
  readonly publicUrl?: string | undefined;
}): Place {
  const url = publicUrl === undefined ? undefined : normalPublicUrl(publicUrl);
  if (publicUrl !== undefined && !url) throw wrongPublicUrl();
  const path = normalBasePath(basePath ?? url?.pathname ?? '');
  if (path === undefined) throw wrongBasePath();
  return { basePath: path, publicUrl: url };
}

/** The path of a URL below the base; undefined: it is none of ours. */
export function pathBelow(basePath: string, pathname: string): string | undefined {
  if (pathname === basePath) return '/';
  return pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : undefined;
}

const wrongBasePath = (): RowhookError =>
  new RowhookError('config_invalid', 'basePath is no path such as /webhooks-admin', {
    where: 'basePath',
    fix: 'Use letters, digits, -, _, . and ~ between slashes.',
  });

const wrongPublicUrl = (): RowhookError =>
  new RowhookError('config_invalid', 'publicUrl is no URL such as https://hooks.example/webhooks-admin', {
    where: 'publicUrl',
    fix: 'Give http or https, a name, perhaps a port and a path, and nothing else.',
  });
