import type { Problem } from '../../src/admin/shapes/common.ts';

/** What goes into a query string; what is undefined, null or empty is left out. */
export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface CallOptions {
  /** Breaks the request off. */
  signal?: AbortSignal | undefined;
  /** The version that a change is based on: said in If-Match. */
  version?: string | undefined;
}

/** What the server says when it does not do what was asked for, and what is said when no server answers. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly problem: Problem;
  /** For how long nothing should be tried again; null: the server does not say. */
  readonly retryAfterSeconds: number | null;

  constructor(problem: Problem, retryAfterSeconds: number | null = null) {
    super(problem.detail);
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export interface ApiParts {
  /** Where the page is mounted: '' or '/admin'. */
  base: string;
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Called at each 401, but for that of a sign-in. */
  signedOut: () => void;
}

export type Api = ReturnType<typeof createApi>;

/** The JSON API. Every call rejects with an ApiProblem (or with the AbortError of its own signal), and with nothing else. */
export function createApi(parts: ApiParts) {
  async function call<T>(method: string, path: string, body: unknown, options: CallOptions): Promise<T> {
    const headers: Record<string, string> = { accept: 'application/json', 'x-rowhook': '1' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (options.version !== undefined) headers['if-match'] = `"${options.version}"`;
    const init: RequestInit = { method, headers, credentials: 'same-origin' };
    if (body !== undefined) init.body = JSON.stringify(body);
    if (options.signal) init.signal = options.signal;
    let response: Response;
    let text: string;
    try {
      response = await parts.fetch(`${parts.base}/api/v1${path}`, init);
      text = await response.text();
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new ApiProblem(noAnswer);
    }
    if (response.ok) return parse(text, response.status) as T;
    if (response.status === 401 && !(method === 'POST' && path === '/session')) parts.signedOut();
    throw new ApiProblem(problemIn(text, response.status), secondsOf(response.headers.get('retry-after')));
  }
  return {
    get: <T>(path: string, query: Query = {}, options: CallOptions = {}) =>
      call<T>('GET', path + queryText(query), undefined, options),
    post: <T>(path: string, body: unknown = {}, options: CallOptions = {}) =>
      call<T>('POST', path, body, options),
    patch: <T>(path: string, body: unknown, options: CallOptions = {}) =>
      call<T>('PATCH', path, body, options),
    delete: <T>(path: string, options: CallOptions = {}) => call<T>('DELETE', path, undefined, options),
  };
}

/** `?a=1&b=2`, or nothing. */
export function queryText(query: Query): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') pairs.set(name, String(value));
  }
  const text = pairs.toString();
  return text === '' ? '' : `?${text}`;
}

const noAnswer: Problem = {
  type: 'about:blank',
  title: 'No answer',
  status: 0,
  code: 'no_answer',
  detail: 'The server does not answer.',
  fix: 'Check that rowhook is running and that this computer is connected, then try again.',
};

function parse(text: string, status: number): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiProblem(foreign(status));
  }
}

/** What a proxy in between answers is no problem document: it is shown as a status only, never with its text. */
function problemIn(text: string, status: number): Problem {
  try {
    const found: unknown = JSON.parse(text);
    if (isProblem(found)) return found;
  } catch {}
  return foreign(status);
}

function isProblem(value: unknown): value is Problem {
  if (typeof value !== 'object' || value === null) return false;
  const { code, detail } = value as Record<string, unknown>;
  return typeof code === 'string' && typeof detail === 'string';
}

function foreign(status: number): Problem {
  return {
    type: 'about:blank',
    title: 'Unexpected answer',
    status,
    code: 'unexpected_answer',
    detail: `The answer (status ${status}) is not one of rowhook's.`,
    fix: 'Look at what stands between this page and rowhook, a proxy for example, and into the log of rowhook.',
  };
}

/** Retry-After in seconds; its form as a date is not used by rowhook. */
function secondsOf(header: string | null): number | null {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) : null;
}
