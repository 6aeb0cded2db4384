import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { RowhookError } from '../errors.ts';
import { problemOf } from './http/problem.ts';
import { isRead } from './http/same-site.ts';

/** What the build of the page says of its files, whose names change with their content. */
interface Manifest {
  readonly index: string;
  readonly files: Readonly<Record<string, { readonly type: string }>>;
}

const codings = { br: '.br', gzip: '.gz' } as const;
type Coding = keyof typeof codings;

interface File {
  readonly type: string;
  readonly plain: Buffer;
  readonly coded: Readonly<Record<Coding, Buffer>>;
}

interface Built {
  readonly files: ReadonlyMap<string, File>;
  readonly index: Buffer;
  readonly indexTag: string;
}

/** The built page, as it is served below the base path. */
export interface Assets {
  /** It is a file of the build, not a page. */
  isFile(path: string): boolean;
  /** @param path below the base path */
  answer(request: Request, path: string): Response;
}

// The package's folder, two up from src/admin and from dist/admin alike.
const packaged = new URL('../../dist/admin/', import.meta.url);

/** Of a page no address ends so: those of records have a colon in their names. */
const fileName = /^[\w.-]+\.\w+$/;

/**
 * Serves what the build has made: the files that its manifest names, and for every path that names no file the page itself, which finds its
 * way by the address. The manifest is the list of what there is: no path of a request ever gets to the file system.
 * @param folder where the build is; default: the package's
 */
export function createAssets(basePath: string, folder: URL = packaged): Assets {
  let found: Built | undefined;
  // A build that comes while this runs is found; one that is there is kept whole, whatever becomes of the folder: an upgrade, say.
  const built = (): Built | undefined => {
    found ??= readBuild(folder, basePath);
    return found;
  };

  return {
    isFile: (path) => built()?.files.has(path.slice(1)) ?? false,
    answer(request, path) {
      if (!isRead(request)) return notAllowed();
      const present = built();
      if (!present) return notBuilt();
      const name = path.slice(1);
      const file = present.files.get(name);
      if (!file && fileName.test(name.slice(name.lastIndexOf('/') + 1))) return notHere();
      if (!file) {
        return unlessKnown(request, present.indexTag, present.index, {
          'content-type': 'text/html; charset=utf-8',
          'cache-control': 'no-cache',
        });
      }
      const coding = (Object.keys(codings) as Coding[]).find((each) => accepts(request, each));
      return unlessKnown(
        request,
        `"${name}${coding === undefined ? '' : codings[coding]}"`,
        coding === undefined ? file.plain : file.coded[coding],
        {
          'content-type': file.type,
          // Its name changes with its content.
          'cache-control': 'public, max-age=31536000, immutable',
          vary: 'accept-encoding',
          ...(coding === undefined ? {} : { 'content-encoding': coding }),
        },
      );
    },
  };
}

/** 304 where whoever asks has it already (RFC 9110, 13.1.2), else the content. */
function unlessKnown(
  request: Request,
  etag: string,
  content: Buffer,
  headers: Readonly<Record<string, string>>,
): Response {
  const known = (request.headers.get('if-none-match') ?? '')
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(etag)) return new Response(null, { status: 304, headers: { ...headers, etag } });
  return new Response(request.method === 'HEAD' ? null : new Uint8Array(content), {
    headers: { ...headers, etag, 'content-length': String(content.byteLength) },
  });
}

/** A file of another build, say. The page in its place would be taken for it. */
const notHere = (): Response =>
  new Response('There is no such file here.\n', {
    status: 404,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  });

const notAllowed = (): Response =>
  new Response('This is a page: it can be read.\n', {
    status: 405,
    headers: { allow: 'GET, HEAD', 'content-type': 'text/plain; charset=utf-8' },
  });

function accepts(request: Request, coding: string): boolean {
  return (request.headers.get('accept-encoding') ?? '').split(',').some((entry) => {
    const [name, ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
    return name === coding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

/** Undefined where there is no build. */
function readBuild(folder: URL, basePath: string): Built | undefined {
  const manifest = new URL('manifest.json', folder);
  if (!existsSync(manifest)) return undefined;
  const { index: name, files } = JSON.parse(readFileSync(manifest, 'utf8')) as Manifest;
  const read = (file: string): Buffer => readFileSync(new URL(file, folder));
  const index = Buffer.from(pageBelow(read(name).toString('utf8'), basePath));
  return {
    index,
    indexTag: `"${createHash('sha256').update(index).digest('base64url').slice(0, 22)}"`,
    files: new Map(
      Object.entries(files).map(([file, { type }]) => [
        file,
        {
          type,
          plain: read(file),
          coded: { br: read(file + codings.br), gzip: read(file + codings.gzip) },
        },
      ]),
    ),
  };
}

/**
 * The page as it is below a base path: it is built for the root, and reads from its `rowhook-base` where it is. A base path has no character
 * that means anything in HTML.
 */
export const pageBelow = (html: string, basePath: string): string =>
  html
    .replace(/(<meta name="rowhook-base" content=")"/, (_all, start: string) => `${start}${basePath}"`)
    .replace(/(\s(?:src|href)=")\/(?!\/)/g, (_all, start: string) => `${start}${basePath}/`);

function notBuilt(): Response {
  const {
    title,
    detail,
    fix = '',
  } = problemOf(
    new RowhookError('page_missing', 'there is no dist/admin/manifest.json in the package of rowhook', {
      fix: 'Run `npm run build` there. The API works without the page.',
    }),
  );
  return new Response(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>rowhook</title><h1>${title}</h1><p>${detail}</p><p>${fix}</p></html>\n`,
    { status: 503, headers: { 'content-type': 'text/html; charset=utf-8' } },
  );
}
