import { type Admin, adminWith, createAdmin, type SharedOptions } from '../../src/admin/admin.ts';
import type { Gate } from '../../src/admin/auth/gate.ts';
import { createTokenGate } from '../../src/admin/auth/token-gate.ts';
import { createTries } from '../../src/admin/auth/tries.ts';
import { placeOf } from '../../src/admin/http/place.ts';
import type { Role } from '../../src/admin/shapes/session.ts';
import type { CatalogInput } from '../../src/catalog/define.ts';
import type { AdminToken } from '../../src/config/admin-tokens.ts';
import type { TestDatabase } from '../support/database.ts';

/** An answer, with its body as what it is. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it asked for
  readonly body: any;
}

export type Ask = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answer>;

export interface Asking {
  readonly admin: Admin;
  /** Asks the API: `ask('GET', '/endpoints')`, as the page would. A text is sent as it is. */
  readonly ask: Ask;
}

/** The API for a database, as an application mounts it whose user has this role. */
export function adminOf(
  db: Pick<TestDatabase, 'pool'>,
  catalog: CatalogInput,
  {
    role = 'operator',
    name = 'anna',
    ...options
  }: { role?: Role; name?: string } & Partial<Parameters<typeof createAdmin>[0]> = {},
): Asking {
  const admin = createAdmin({ db: db.pool, catalog, authorize: () => ({ name, role }), ...options });
  return { admin, ask: askOf(admin) };
}

export const anna: AdminToken = { name: 'anna', role: 'operator', token: 'anna-token-0123456789' };
export const bob: AdminToken = { name: 'bob', role: 'viewer', token: 'bob-token-0123456789' };

/** The same where people sign in by these tokens. */
export function tokenAdmin(
  db: Pick<TestDatabase, 'pool'>,
  catalog: CatalogInput,
  {
    tokens = [anna, bob],
    now = () => new Date(),
    tries = createTries(() => performance.now()),
    ...options
  }: {
    tokens?: readonly AdminToken[];
    now?: () => Date;
    tries?: ReturnType<typeof createTries>;
  } & Partial<SharedOptions> = {},
): Asking & { readonly gate: Gate } {
  const shared = { db: db.pool, catalog, ...options };
  const place = placeOf(shared);
  const secure = place.publicUrl?.protocol === 'https:';
  const gate = createTokenGate({ tokens, tries, basePath: place.basePath, secure, now });
  const admin = adminWith(shared, place, gate);
  return { admin, gate, ask: askOf(admin) };
}

export const askOf =
  (admin: Pick<Admin, 'fetch'>, at = 'http://app.test'): Ask =>
  async (method, path, body, headers = {}) => {
    const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const response = await admin.fetch(
      new Request(`${at}/api/v1${path}`, {
        method,
        headers: {
          'x-rowhook': '1',
          ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(sent === undefined ? {} : { body: sent }),
      }),
    );
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text !== '' ? JSON.parse(text) : text,
    };
  };

/** The name and value of a cookie that an answer sets, to be sent back; undefined: it sets none. */
export const cookieOf = ({ headers }: Pick<Answer, 'headers'>): string | undefined =>
  headers.getSetCookie()[0]?.split(';')[0];

/** Signs in; returns the headers that a request of the page has from then on. */
export async function signedIn(ask: Ask, { token }: Pick<AdminToken, 'token'>): Promise<{ cookie: string }> {
  const answer = await ask('POST', '/session', { token });
  const cookie = cookieOf(answer);
  if (cookie === undefined) throw new Error(`not signed in: ${JSON.stringify(answer.body)}`);
  return { cookie };
}
