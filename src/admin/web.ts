import { createApi } from './api/api.ts';
import type { Assets } from './assets.ts';
import type { Asked, Gate } from './auth/gate.ts';
import { errorResponse } from './http/app.ts';
import type { AdminParts } from './http/parts.ts';
import { type Place, pathBelow } from './http/place.ts';
import { secured } from './http/secure-headers.ts';

export interface WebOptions {
  readonly parts: AdminParts;
  readonly gate: Gate;
  readonly assets: Assets;
  readonly place: Place;
}

/** Page and API as one handler of requests; undefined: the path is none of ours. It never rejects. */
export type Web = (asked: Asked) => Promise<Response | undefined>;

/** Everything that is served below the base path. */
export function createWeb({ parts, gate, assets, place }: WebOptions): Web {
  const api = createApi(parts, gate, place);

  async function answerTo(asked: Asked, path: string): Promise<Response> {
    if (path === '/api' || path.startsWith('/api/')) return api.answer(asked);
    // Whom the application does not know sees not even what this is.
    if (gate.by === 'application' && !assets.isFile(path) && !(await gate.identify(asked))) {
      return new Response('Sign in to the application first.\n', {
        status: 401,
        headers: { 'content-type': 'text/plain; charset=utf-8' },
      });
    }
    return assets.answer(asked.request, path);
  }

  return async (asked) => {
    const path = pathBelow(place.basePath, new URL(asked.request.url).pathname);
    if (path === undefined) return undefined;
    try {
      return secured(await answerTo(asked, path));
    } catch (error) {
      return secured(errorResponse(error, parts.log));
    }
  };
}
