import type { AdminToken } from '../../config/admin-tokens.ts';
import { RowhookError } from '../../errors.ts';
import { TriesExceeded } from '../http/problem.ts';
import { type CookieScope, cookieBaseName, cookieValues, setCookie } from './cookies.ts';
import { createEnded } from './ended.ts';
import type { Asked, Gate, Identity } from './gate.ts';
import { ownerOf } from './owner.ts';
import { newSession, openSession, renewed, type Session, sealSession } from './session-value.ts';
import type { Tries } from './tries.ts';

export interface TokenGateOptions {
  readonly tokens: readonly AdminToken[];
  readonly tries: Tries;
  /** Below which everything of ours is: '' or `/webhooks-admin`. */
  readonly basePath: string;
  /** Where people reach it over TLS, whatever this request says. */
  readonly secure: boolean;
  now(): Date;
}

/** Signs in by tokens of ours: a browser gets a cookie, scripts send `Authorization: Bearer <token>` each time. */
export function createTokenGate({ tokens, tries, basePath, secure, now }: TokenGateOptions): Gate {
  const ended = createEnded();
  const at = (): number => now().getTime();

  const scopeOf = ({ request }: Asked): CookieScope => ({
    name: cookieName(request),
    path: basePath === '' ? '/' : basePath,
    secure: secure || isOverTls(request),
  });
  const cookieFor = (asked: Asked, session: Session, token: AdminToken): string =>
    setCookie(scopeOf(asked), sealSession(session, token), Math.ceil((session.expiresAt - at()) / 1_000));

  /** Counted before it is compared: else a guess would be told from the token by what it is answered. */
  const owner = ({ address }: Asked, given: string): AdminToken | undefined => {
    const waitMs = tries.take(address);
    if (waitMs > 0) throw new TriesExceeded(waitMs);
    const found = ownerOf(given, tokens);
    if (found) tries.giveBack(address);
    return found;
  };

  const valuesOf = ({ request }: Asked) => cookieValues(request.headers.get('cookie'), cookieName(request));
  const sessionsOf = (asked: Asked) =>
    valuesOf(asked)
      .slice(0, mostCookies)
      .flatMap((value) => openSession(value, tokens, at()) ?? [])
      .filter(({ session }) => !ended.has(session.id));

  const byCookie = (asked: Asked): Identity | null => {
    // Among so many those that say something else could be the ones that are not looked at.
    if (valuesOf(asked).length > mostCookies) return null;
    const found = sessionsOf(asked);
    const [first] = found;
    // Another name of our domain can set a cookie for us too: of two that say different things neither is believed.
    if (!first || found.some(({ token }) => token.name !== first.token.name)) return null;
    const { token, session } = first;
    const next = renewed(session, at());
    return {
      user: { name: token.name, role: token.role },
      by: 'ambient',
      renewal: next && cookieFor(asked, next, token),
    };
  };

  return {
    by: 'token',
    async identify(asked) {
      const authorization = asked.request.headers.get('authorization');
      // Another scheme is of a proxy in front, whose password the browser sends along.
      if (authorization === null || !/^bearer\b/i.test(authorization)) return byCookie(asked);
      const [, given] = /^bearer +(\S+)$/i.exec(authorization) ?? [];
      const found = given === undefined ? undefined : owner(asked, given);
      return found ? { user: { name: found.name, role: found.role }, by: 'bearer' } : null;
    },
    signing: {
      signIn(asked, given) {
        const token = owner(asked, given);
        if (!token) {
          throw new RowhookError('not_signed_in', 'this token is nobody’s', {
            where: 'token',
            fix: 'Give a token of ROWHOOK_ADMIN_TOKENS, or the one that `rowhook start` has printed.',
          });
        }
        // Always a new one: a session that was there before, whoever put it there, is not taken over.
        for (const { session } of sessionsOf(asked)) ended.add(session.id, session.startedAt, at());
        const session = newSession(token.name, at());
        return { user: { name: token.name, role: token.role }, cookie: cookieFor(asked, session, token) };
      },
      signOut(asked) {
        for (const { session } of sessionsOf(asked)) ended.add(session.id, session.startedAt, at());
        return setCookie(scopeOf(asked), '', 0);
      },
    },
  };
}

/** More of them come from nobody but who means ill. */
const mostCookies = 8;

/** Cookies know no ports: two daemons on one machine would take each other's session away. */
export function cookieName(request: Request): string {
  const { port } = new URL(request.url);
  return port === '' ? cookieBaseName : `${cookieBaseName}_${port}`;
}

/** Also as a proxy says it, or the browser: whoever lies has the cookie of nobody but himself marked. */
function isOverTls({ url, headers }: Request): boolean {
  return (
    url.startsWith('https:') ||
    headers.get('x-forwarded-proto')?.split(',')[0]?.trim() === 'https' ||
    headers.get('origin')?.startsWith('https:') === true
  );
}
