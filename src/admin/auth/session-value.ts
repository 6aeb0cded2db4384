import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { AdminToken } from '../../config/admin-tokens.ts';

/** For how long a session lasts that is not used. */
export const idleMs = 12 * 60 * 60_000;
/** And one that is used all the time: a value that was stolen is not good for ever. */
export const longestMs = 7 * 24 * 60 * 60_000;
/** A session that is used is renewed when it is so old. */
const renewMs = 10 * 60_000;

/** What a cookie holds of a session: who, since when, until when. */
export interface Session {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly expiresAt: number;
}

export const newSession = (name: string, now: number): Session => ({
  id: randomBytes(12).toString('base64url'),
  name,
  startedAt: now,
  expiresAt: now + idleMs,
});

/** The session with its end moved on, where it is time for that. */
export function renewed(session: Session, now: number): Session | undefined {
  if (session.expiresAt - now > idleMs - renewMs) return undefined;
  const expiresAt = Math.min(now + idleMs, session.startedAt + longestMs);
  return expiresAt > session.expiresAt ? { ...session, expiresAt } : undefined;
}

/** The signed value: `<id>.<name>.<startedAt>.<expiresAt>.<signature>`, each of them in base64url or digits. */
export function sealSession(session: Session, token: AdminToken): string {
  const content = contentOf(session);
  return `${content}.${signature(content, token).toString('base64url')}`;
}

/**
 * Opens a value that one of these tokens was signed in with: a token that is gone, or was replaced, takes its sessions along.
 * Undefined: it is none of ours, or is over.
 */
export function openSession(
  value: string,
  tokens: readonly AdminToken[],
  now: number,
): { readonly session: Session; readonly token: AdminToken } | undefined {
  const [, content = '', id = '', nameText = '', startedAt = '', expiresAt = '', given = ''] =
    /^(([\w-]{16})\.([\w-]{1,240})\.(\d{1,15})\.(\d{1,15}))\.([\w-]{43})$/.exec(value) ?? [];
  if (content === '') return undefined;
  const name = Buffer.from(nameText, 'base64url').toString('utf8');
  const session = { id, name, startedAt: Number(startedAt), expiresAt: Number(expiresAt) };
  const bytes = Buffer.from(given, 'base64url');
  const token = tokens.find((each) => each.name === name && timingSafeEqual(bytes, signature(content, each)));
  if (!token || session.expiresAt <= now) return undefined;
  return { session, token };
}

const contentOf = ({ id, name, startedAt, expiresAt }: Session): string =>
  `${id}.${Buffer.from(name).toString('base64url')}.${startedAt}.${expiresAt}`;

/** The key is made of the token by HKDF (RFC 5869): whoever has seen a cookie cannot tell the token, but by guessing all of it. */
function signature(content: string, { token }: AdminToken): Buffer {
  const key = Buffer.from(hkdfSync('sha256', token, '', 'rowhook admin session', 32));
  return createHmac('sha256', key).update(content).digest();
}
